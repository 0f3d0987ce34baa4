"""Results as JSON and as an image."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hubocr.imaging import BgrImage
from hubocr.imaging.draw import draw_lines
from hubocr.pipeline.results import OcrResult, TextLine
from hubocr.recognition import Recognition
from hubocr.settings import OcrOptions


def to_dict(result: OcrResult) -> dict[str, Any]:
    """Return a result as JSON values; a line has the keys of ``ocr_system`` and its angle."""
    return {
        "width": result.width,
        "height": result.height,
        "lines": [
            {
                **text_dict(line),
                "text_region": [list(point) for point in line.polygon],
                "angle": line.angle,
            }
            for line in result.lines
        ],
    }


def text_dict(read: Recognition | TextLine) -> dict[str, Any]:
    """Return a text as JSON values, with the details that were asked for."""
    values: dict[str, Any] = {"text": read.text, "confidence": read.score}
    if read.char_scores:
        values["char_scores"] = list(read.char_scores)
    if read.alternatives:
        values["alternatives"] = [asdict(other) for other in read.alternatives]
    return values


def to_paddlex(result: OcrResult, options: OcrOptions) -> dict[str, Any]:
    """Return a result with the keys of PaddleX 3.7's OCR pipeline (``prunedResult``)."""
    detection = options.detection
    polygons = [[list(point) for point in line.polygon] for line in result.lines]
    return {
        "model_settings": {
            "use_doc_preprocessor": False,
            "use_textline_orientation": options.use_angle_cls,
        },
        "dt_polys": [[list(point) for point in box.polygon] for box in result.boxes],
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
            -1 if box.angle is None else int(box.angle == 180) for box in result.boxes
        ],
        "text_rec_score_thresh": options.drop_score,
        "return_word_box": False,
        "rec_texts": [line.text for line in result.lines],
        "rec_scores": [line.score for line in result.lines],
        "rec_polys": polygons,
        "rec_boxes": [
            [
                min(x for x, _ in polygon),
                min(y for _, y in polygon),
                max(x for x, _ in polygon),
                max(y for _, y in polygon),
            ]
            for polygon in polygons
        ],
    }


def to_image(result: OcrResult, image: BgrImage) -> BgrImage:
    """Return the image with the boxes drawn, and the texts beside it."""
    return draw_lines(image, [(line.polygon, line.text) for line in result.lines])
