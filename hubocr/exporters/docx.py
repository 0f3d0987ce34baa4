"""Word documents: paragraphs and headings, a page of the document on each page."""

from __future__ import annotations

import io

from hubocr.exporters.document import Document
from hubocr.exporters.markup import allowed
from hubocr.optional import require
from hubocr.pipeline.blocks import blocks_of


def write(document: Document) -> bytes:
    """Return a .docx file.

    Raises:
        MissingPackageError: The package python-docx is not installed.
    """
    docx = require("docx", "docx", "writing Word documents")
    written = docx.Document()
    written.core_properties.title = allowed(document.name)[:255]
    for place, page in enumerate(document.pages):
        if place:
            written.add_page_break()
        for block in blocks_of(page):
            text = allowed(block.text)
            if block.level:
                written.add_heading(text, block.level)
            else:
                written.add_paragraph(text)
    file = io.BytesIO()
    written.save(file)
    return file.getvalue()
