"""Results as JSON and as an image."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hubocr.pipeline import Box, OcrPipeline, OcrResult, TextLine
from hubocr.pipeline.exporters import to_dict, to_image, to_paddlex
from hubocr.settings import DetectionSettings, OcrOptions
from tests.conftest import fixture_image

FIRST = ((10, 20), (60, 24), (58, 44), (8, 40))
SECOND = ((10, 60), (90, 60), (90, 80), (10, 80))
UNREAD = ((100, 5), (140, 5), (140, 25), (100, 25))
RESULT = OcrResult(
    200,
    100,
    (TextLine(FIRST, "合计", 0.75, 0.9, 180), TextLine(SECOND, 'say "a\\b"', 0.5, 0.6, 0)),
    (Box(UNREAD, 0), Box(FIRST, 180), Box(SECOND, 0)),
)


def plain(value: Any) -> bool:
    """Whether a value is made of Python's own types; json refuses some others, but not all."""
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    if type(value) is list:
        return all(plain(item) for item in value)
    return type(value) in {str, int, float, bool, type(None)}


def test_json_of_a_result() -> None:
    exported = to_dict(RESULT)
    assert plain(exported)
    assert json.loads(json.dumps(exported, allow_nan=False)) == {
        "width": 200,
        "height": 100,
        "lines": [
            {
                "text": "合计",
                "confidence": 0.75,
                "text_region": [[10, 20], [60, 24], [58, 44], [8, 40]],
                "angle": 180,
            },
            {
                "text": 'say "a\\b"',
                "confidence": 0.5,
                "text_region": [[10, 60], [90, 60], [90, 80], [10, 80]],
                "angle": 0,
            },
        ],
    }


def test_json_with_the_keys_of_paddlex() -> None:
    options = OcrOptions(
        detection=DetectionSettings(limit_side_len=736, limit_type="min", box_thresh=0.55),
        drop_score=0.25,
    )
    exported = to_paddlex(RESULT, options)
    assert plain(exported)
    # The keys of paddlex/inference/pipelines/ocr/result.py, without path and page number.
    assert json.loads(json.dumps(exported, allow_nan=False)) == {
        "model_settings": {"use_doc_preprocessor": False, "use_textline_orientation": True},
        "dt_polys": [[list(point) for point in polygon] for polygon in (UNREAD, FIRST, SECOND)],
        "text_det_params": {
            "limit_side_len": 736,
            "limit_type": "min",
            "thresh": 0.3,
            "max_side_limit": 4000,
            "box_thresh": 0.55,
            "unclip_ratio": 1.5,
        },
        "text_type": "general",
        "textline_orientation_angles": [0, 1, 0],
        "text_rec_score_thresh": 0.25,
        "return_word_box": False,
        "rec_texts": ["合计", 'say "a\\b"'],
        "rec_scores": [0.75, 0.5],
        "rec_polys": [[list(point) for point in polygon] for polygon in (FIRST, SECOND)],
        "rec_boxes": [[8, 20, 60, 44], [10, 60, 90, 80]],
    }


def test_paddlex_where_no_directions_were_looked_at() -> None:
    result = OcrResult(200, 100, (TextLine(FIRST, "a", 0.75, 0.9),), (Box(FIRST), Box(SECOND)))
    exported = to_paddlex(result, OcrOptions(use_angle_cls=False))
    assert exported["textline_orientation_angles"] == [-1, -1]
    assert exported["model_settings"]["use_textline_orientation"] is False


def test_results_of_the_pipeline_are_plain(pipeline: OcrPipeline) -> None:
    for name in ("pages/poster.png", "odd/blank.png"):
        result = pipeline.run(fixture_image(name))
        exported = [to_dict(result), to_paddlex(result, pipeline.options)]
        assert plain(exported)
        assert json.loads(json.dumps(exported, allow_nan=False)) == exported


def test_the_image_has_the_boxes_at_the_left_and_the_texts_at_the_right() -> None:
    image = np.full((100, 200, 3), 255, np.uint8)
    before = image.copy()
    drawn = to_image(RESULT, image)
    assert drawn.shape == (100, 400, 3)
    assert np.array_equal(image, before)
    blue, green, red = drawn[60, 40].tolist()  # on the upper edge of the second box
    assert red > 150
    assert max(blue, green) < 50
    assert (drawn[70, 20:80] == 255).all()  # within it
    assert (drawn[60:80, 210:290] < 128).any()  # its text
    assert (drawn[5:25, 300:340] == 255).all()  # what wasn't read isn't drawn
