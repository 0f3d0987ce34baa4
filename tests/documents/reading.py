"""Short ways to read documents in tests."""

from __future__ import annotations

from typing import Any

from hubocr.documents import DocumentOptions, Page, PageError, open_documents
from hubocr.errors import HubocrError


def read(source: Any, **options: Any) -> list[Page | PageError]:
    """Return all pages and errors of a source."""
    return list(open_documents(source, options=DocumentOptions(**options)))


def pages(source: Any, **options: Any) -> list[Page]:
    """Return the pages of a source that has no errors."""
    found = []
    for item in read(source, **options):
        assert isinstance(item, Page), item.error
        found.append(item)
    return found


def page(source: Any, **options: Any) -> Page:
    """Return the only page of a source."""
    (found,) = pages(source, **options)
    return found


def error(source: Any, **options: Any) -> HubocrError:
    """Return the error that stands in the place of a source."""
    (found,) = read(source, **options)
    assert isinstance(found, PageError)
    return found.error
