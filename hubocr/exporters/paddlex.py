"""The keys of PaddleX 3.7's OCR pipeline (``paddlex/inference/pipelines/ocr/result.py``)."""

from __future__ import annotations

import json
from typing import Any

from hubocr.exporters.document import Document
from hubocr.pipeline.results import Page
from hubocr.pipeline.turning import as_it_stands
from hubocr.settings import OcrOptions


def pruned_result(page: Page, options: OcrOptions) -> dict[str, Any]:
    """Return a page as PaddleX's ``prunedResult``, which has no path and no page number.

    Polygons are in pixels of the page turned back by its angle, as PaddleX's are: its detector sees
    ``doc_preprocessor_res["output_img"]``.
    """
    angle, page = page.angle, as_it_stands(page)
    detection = options.detection
    turns_pages = options.page_direction == "auto"
    return {
        "model_settings": {
            "use_doc_preprocessor": turns_pages,
            "use_textline_orientation": options.use_angle_cls,
        },
        **({"doc_preprocessor_res": _preprocessing(angle)} if turns_pages else {}),
        "dt_polys": [_corners(box.polygon) for box in page.boxes],
        "text_det_params": {
            "limit_side_len": detection.limit_side_len,
            "limit_type": detection.limit_type,
            "thresh": detection.thresh,
            "max_side_limit": detection.max_side_limit,
            "box_thresh": detection.box_thresh,
            "unclip_ratio": detection.unclip_ratio,
        },
        "text_type": "general",
        # PaddleX numbers the classes: 0 upright, 1 turned by 180 degrees, -1 not looked at.
        "textline_orientation_angles": [
            -1 if box.angle is None else int(box.angle == 180) for box in page.boxes
        ],
        "text_rec_score_thresh": options.drop_score,
        "return_word_box": options.recognition.word_boxes,
        "rec_texts": [line.text for line in page.lines],
        "rec_scores": [line.score for line in page.lines],
        "rec_polys": [_corners(line.polygon) for line in page.lines],
        "rec_boxes": [list(line.box.bounds) for line in page.lines],
        **(_words(page) if options.recognition.word_boxes else {}),
    }


def _preprocessing(angle: int) -> dict[str, Any]:
    # PaddleX's angle is the class of its model, degrees clockwise from upright, as ours is.
    settings = {"use_doc_orientation_classify": True, "use_doc_unwarping": False}
    return {"model_settings": settings, "angle": angle}


def _words(page: Page) -> dict[str, Any]:
    lines = [line.reading.words or () for line in page.lines]
    regions = [
        [[[round(x), round(y)] for x, y in word.polygon] for word in words] for words in lines
    ]
    return {
        "text_word": [[word.text for word in words] for words in lines],
        "text_word_region": regions,
        "text_word_boxes": [[_bounds(region) for region in line] for line in regions],
    }


def _bounds(corners: list[list[int]]) -> list[int]:
    xs, ys = zip(*corners, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def write(document: Document) -> str:
    """Return the ``prunedResult`` of every page, as a list."""
    results = [pruned_result(page, document.options) for page in document.pages]
    return json.dumps(results, ensure_ascii=False, allow_nan=False) + "\n"


def _corners(polygon: tuple[tuple[int, int], ...]) -> list[list[int]]:
    return [list(point) for point in polygon]
