"""Which pages of a document are read."""

from __future__ import annotations

from hubocr.documents.options import DocumentOptions
from hubocr.documents.page_range import PageRange
from hubocr.errors import DocumentTooLargeError, PageRangeError


def chosen_pages(page_count: int, source: str, options: DocumentOptions) -> list[int]:
    """Return the indices of the pages that the options ask for, rising.

    Raises:
        PageRangeError: The document doesn't have one of them.
        DocumentTooLargeError: They are more than ``options.max_pages``.
    """
    indices = list(range(page_count))
    if options.page_range is not None:
        try:
            indices = PageRange.parse(options.page_range).indices(page_count)
        except PageRangeError as error:
            raise PageRangeError(f"{source}: {error.message}") from error
    if len(indices) > options.max_pages:
        raise DocumentTooLargeError(
            f"{source}: {len(indices)} of {page_count} pages are asked for, the limit is "
            f"{options.max_pages}"
        )
    return indices
