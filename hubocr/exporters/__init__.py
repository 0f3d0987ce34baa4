"""Results as files: a format is a module with a function ``write``, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from hubocr.errors import RequestError
from hubocr.exporters.document import Document, Format, document_of

_TEXT = "text/plain; charset=utf-8"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format("json", "application/json", ".json", "all that is known of the pages"),
        Format("jsonl", "application/jsonl", ".jsonl", "the same, a page a line"),
        Format("text", _TEXT, ".txt", "the texts, a line each", aliases=("txt",)),
        Format("layout", _TEXT, ".txt", "the texts as they stand on the page"),
        Format(
            "markdown",
            "text/markdown; charset=utf-8",
            ".md",
            "paragraphs and headings",
            aliases=("md",),
        ),
        Format("csv", "text/csv; charset=utf-8", ".csv", "a table of the lines"),
        Format(
            "pdf",
            "application/pdf",
            ".pdf",
            "searchable PDF: the images, and invisible text over them",
            needs_images=True,
            wants_words=True,
        ),
        Format("docx", _DOCX, ".docx", "Word, paragraphs and headings"),
        Format("hocr", "application/xhtml+xml", ".hocr", "hOCR 1.2", wants_words=True),
        Format("alto", "application/xml", ".alto.xml", "ALTO 4.4", wants_words=True),
        Format(
            "page",
            "application/xml",
            ".page.xml",
            "PAGE XML 2019-07-15",
            is_paged=False,
            aliases=("pagexml",),
            wants_words=True,
        ),
        Format("hubserving", "application/json", ".json", "the results of ocr_system"),
        Format("paddlex", "application/json", ".json", "the results of PaddleX 3.7's OCR"),
        Format(
            "image",
            "image/png",
            ".png",
            "a drawing",
            needs_images=True,
            is_paged=False,
            aliases=("png",),
        ),
    )
}
"""Every format by its name."""


def find_format(name: str) -> Format:
    """Return a format by its name or an alias.

    Raises:
        RequestError: There is none of that name.
    """
    for known in FORMATS.values():
        if name == known.name or name in known.aliases:
            return known
    raise RequestError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")


__all__ = ["FORMATS", "Document", "Format", "document_of", "find_format"]
