"""The pages of a gateway's reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubocr.exporters import document_of, markdown
from hubocr.pipeline.blocks import Block, blocks_of
from hubocr.pipeline.results import Line, Page
from hubocr.pipeline.turning import as_it_stands
from hubocr.server.dialects.gateway.requests import GatewayRequest

_DPI = 72
"""Resolution of an image that has none of its own: a pixel is a point."""


def page_of(page: Page, dpi: float | None, request: GatewayRequest) -> dict[str, Any]:
    """Return one of ``pages``; boxes are in pixels of the upright page, as ``dimensions`` are.

    Args:
        page: What was read.
        dpi: Pixels per inch of its image, where they are known.
        request: What the reply is to hold.
    """
    stands = as_it_stands(page)
    reply: dict[str, Any] = {
        "index": page.index,
        "markdown": markdown.write(document_of(stands)),
        "images": [],
        "dimensions": {
            "dpi": round(dpi or _DPI),
            "height": stands.height,
            "width": stands.width,
        },
    }
    granularity = request.confidence_scores_granularity
    if request.include_blocks:
        with_scores = granularity == "block"
        reply["blocks"] = [_block(block, with_scores=with_scores) for block in blocks_of(stands)]
    if granularity is not None:
        average, lowest = _scores(stands.lines)
        reply["confidence_scores"] = {
            "average_page_confidence_score": average,
            "minimum_page_confidence_score": lowest,
        }
    return reply


def _block(block: Block, *, with_scores: bool) -> dict[str, Any]:
    corners = [corner for line in block.lines for corner in line.polygon]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    reply: dict[str, Any] = {
        "type": "title" if block.level else "text",
        "top_left_x": round(min(xs)),
        "top_left_y": round(min(ys)),
        "bottom_right_x": round(max(xs)),
        "bottom_right_y": round(max(ys)),
        "content": markdown.block_text(block),
    }
    if with_scores:
        average, lowest = _scores(block.lines)
        reply["confidence_scores"] = {
            "average_content_confidence_score": average,
            "minimum_content_confidence_score": lowest,
        }
    return reply


def _scores(lines: Sequence[Line]) -> tuple[float, float]:
    """Return the mean of the lines' scores, each as often as it has characters, and the lowest."""
    size = sum(len(line.text) for line in lines)
    if not size:
        return 0.0, 0.0
    whole = sum(line.score * len(line.text) for line in lines)
    return whole / size, min(line.score for line in lines)
