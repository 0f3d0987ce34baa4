"""The texts alone."""

from __future__ import annotations

from hubocr.exporters.document import Document


def write(document: Document) -> str:
    """Return the texts, a line each; a form feed stands between pages, as in pdftotext."""
    return "\f".join(f"{page.text}\n" if page.lines else "" for page in document.pages)
