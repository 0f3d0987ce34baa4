"""Results as files: a format is a module with a function ``write``, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from hubocr.errors import RequestError
from hubocr.exporters.document import Document, Format, document_of

FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format("json", "application/json", ".json", "all that is known of the pages"),
        Format("text", "text/plain; charset=utf-8", ".txt", "the texts, a line each"),
        Format("hubserving", "application/json", ".json", "the results of ocr_system"),
        Format("paddlex", "application/json", ".json", "the results of PaddleX 3.7's OCR"),
        Format("image", "image/png", ".png", "a drawing", needs_images=True, is_paged=False),
    )
}
"""Every format by its name."""


def find_format(name: str) -> Format:
    """Return a format by its name.

    Raises:
        RequestError: There is none of that name.
    """
    if name not in FORMATS:
        raise RequestError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


__all__ = ["FORMATS", "Document", "Format", "document_of", "find_format"]
