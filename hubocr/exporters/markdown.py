"""Markdown (CommonMark): paragraphs, headings, and rows of tables and forms line by line."""

from __future__ import annotations

import re

from hubocr.exporters.document import Document
from hubocr.pipeline.blocks import Block, blocks_of

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")

# What begins headings, lists, quotes, rules and code where a line begins with it.
_BEGINNING = re.compile(r"^(\s*)(?:(\d{1,9})([.)])|([-+#=]))")


def write(document: Document) -> str:
    """Return the pages; a rule stands between them."""
    pages = []
    for page in document.pages:
        blocks = [written for block in blocks_of(page) if (written := block_text(block))]
        pages.append("\n\n".join(blocks))
    return "\n\n---\n\n".join(pages).strip("\n") + "\n"


def block_text(block: Block) -> str:
    """Return one paragraph or heading."""
    lines = [escaped(line) for line in block.text.split("\n") if line.strip()]
    if block.level:
        return f"{'#' * block.level} {lines[0]}" if lines else ""
    return "\\\n".join(lines)


def escaped(text: str) -> str:
    """Return one line of text so that Markdown shows it as it is."""
    text = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _BEGINNING.sub(
        lambda found: (
            f"{found[1]}{found[2]}\\{found[3]}" if found[2] else f"{found[1]}\\{found[4]}"
        ),
        text,
    )
