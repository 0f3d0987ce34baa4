"""All that is known of the pages, as `Page.from_dict` reads it."""

from __future__ import annotations

import json

from hubocr.exporters.document import Document


def write(document: Document) -> str:
    """Return ``{"pages": [...]}``."""
    pages = [page.to_dict() for page in document.pages]
    return json.dumps({"pages": pages}, ensure_ascii=False, allow_nan=False) + "\n"
