"""JSON lines: a page in each, as `Page.from_dict` reads it."""

from __future__ import annotations

import json

from hubocr.exporters.document import Document


def write(document: Document) -> str:
    """Return an object a page, each in a line of its own."""
    return "".join(
        json.dumps({"document": document.name, **page.to_dict()}, ensure_ascii=False) + "\n"
        for page in document.pages
    )
