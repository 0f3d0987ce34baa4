"""Results in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hubocr.errors import ImageError, RequestError
from hubocr.exporters import FORMATS, Document, document_of, find_format
from hubocr.exporters.hubserving import BOXES, DIRECTIONS, LINES, READINGS
from hubocr.exporters.image import draw
from hubocr.exporters.paddlex import pruned_result
from hubocr.pipeline import Box, Line, OcrPipeline, Page
from hubocr.recognition import Alternative, Recognition, Word
from hubocr.settings import DetectionSettings, OcrOptions, RecognitionSettings
from tests.conftest import fixture_image

FIRST = ((10, 20), (60, 24), (58, 44), (8, 40))
SECOND = ((10, 60), (90, 60), (90, 80), (10, 80))
UNREAD = ((100, 5), (140, 5), (140, 25), (100, 25))
PAGE = Page(
    200,
    100,
    (
        Box(UNREAD, 0.5, 0),
        Line(Box(FIRST, 0.9, 180), Recognition("合计", 0.75)),
        Line(Box(SECOND, 0.6, 0), Recognition('say "a\\b"', 0.5)),
    ),
)
WHITE = np.full((100, 200, 3), 255, np.uint8)


def plain(value: Any) -> bool:
    """Whether a value is made of Python's own types; json refuses some others, but not all."""
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    if type(value) is list:
        return all(plain(item) for item in value)
    return type(value) in {str, int, float, bool, type(None)}


def test_json_is_what_pages_are_read_from() -> None:
    exported = FORMATS["json"].export(Document((PAGE, PAGE)))
    assert [Page.from_dict(page) for page in json.loads(exported)["pages"]] == [PAGE, PAGE]


def test_text_has_a_line_a_line_and_a_form_feed_between_pages() -> None:
    exported = FORMATS["text"].export(Document((PAGE, Page(5, 5), PAGE)))
    text = '合计\nsay "a\\b"\n'
    assert exported.decode() == f"{text}\f\f{text}"


def test_hubserving_s_results_of_pages() -> None:
    expected = [
        {"text": "合计", "confidence": 0.75, "text_region": [list(point) for point in FIRST]},
        {
            "text": 'say "a\\b"',
            "confidence": 0.5,
            "text_region": [list(point) for point in SECOND],
        },
    ]
    assert json.loads(FORMATS["hubserving"].export(document_of(PAGE))) == [expected]
    assert BOXES.results([PAGE], OcrOptions()) == [
        [{"text_region": [list(point) for point in box]} for box in (UNREAD, FIRST, SECOND)]
    ]


def test_hubserving_s_items_of_images_that_can_t_be_read() -> None:
    error = ImageError("images[1]: why")
    asked = OcrOptions(recognition=RecognitionSettings(char_scores=True, alternatives=2))
    region = [[0, 0]] * 4
    assert LINES.results([PAGE, error], OcrOptions())[1] == [
        {"text": "", "confidence": 0.0, "text_region": region, "error": "images[1]: why"}
    ]
    assert BOXES.results([error], OcrOptions()) == [
        [{"text_region": region, "error": "images[1]: why"}]
    ]
    assert DIRECTIONS.results([error], OcrOptions()) == [
        [{"angle": "", "confidence": 0.0, "error": "images[1]: why"}]
    ]
    read = Recognition("a", 0.5, (0.5,), (Alternative("a", 0.75),))
    assert READINGS.results([read, error], asked) == [
        [
            {
                "text": "a",
                "confidence": 0.5,
                "char_scores": [0.5],
                "alternatives": [{"text": "a", "probability": 0.75}],
            },
            {
                "text": "",
                "confidence": 0.0,
                "char_scores": [],
                "alternatives": [],
                "error": "images[1]: why",
            },
        ]
    ]


def test_json_with_the_keys_of_paddlex() -> None:
    options = OcrOptions(
        detection=DetectionSettings(limit_side_len=736, limit_type="min", box_thresh=0.55),
        drop_score=0.25,
    )
    (exported,) = json.loads(FORMATS["paddlex"].export(document_of(PAGE, options=options)))
    # The keys of paddlex/inference/pipelines/ocr/result.py, without path and page number.
    assert exported == {
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


def test_paddlex_with_words() -> None:
    word = Word("合", 0.8, ((8.2, 20.4), (30.0, 20.4), (30.0, 44.0), (8.2, 44.0)))
    page = Page(200, 100, (Line(Box(FIRST, 0.9), Recognition("合", 0.8, words=(word,))),))
    options = OcrOptions(recognition=RecognitionSettings(word_boxes=True))
    exported = pruned_result(page, options)
    assert exported["return_word_box"] is True
    assert exported["text_word"] == [["合"]]
    assert exported["text_word_region"] == [[[[8, 20], [30, 20], [30, 44], [8, 44]]]]
    assert exported["text_word_boxes"] == [[[8, 20, 30, 44]]]
    assert Page.from_dict(page.to_dict()) == page


def test_paddlex_where_no_directions_were_looked_at() -> None:
    page = Page(200, 100, (Line(Box(FIRST, 0.9), Recognition("a", 0.75)), Box(SECOND, 0.9)))
    exported = pruned_result(page, OcrOptions(use_angle_cls=False))
    assert exported["textline_orientation_angles"] == [-1, -1]
    assert exported["model_settings"]["use_textline_orientation"] is False


def test_results_of_the_pipeline_are_plain(pipeline: OcrPipeline) -> None:
    for name in ("pages/poster.png", "odd/blank.png"):
        page = pipeline.run(fixture_image(name))
        exported = [
            page.to_dict(),
            pruned_result(page, pipeline.options),
            LINES.results([page], pipeline.options),
        ]
        assert plain(exported)
        assert json.loads(json.dumps(exported, allow_nan=False)) == exported


def test_the_image_has_the_boxes_at_the_left_and_the_texts_at_the_right() -> None:
    before = WHITE.copy()
    drawn = draw(PAGE, WHITE)
    assert drawn.shape == (100, 400, 3)
    assert np.array_equal(WHITE, before)
    blue, green, red = drawn[60, 40].tolist()  # on the upper edge of the second box
    assert red > 150
    assert max(blue, green) < 50
    assert (drawn[70, 20:80] == 255).all()  # within it
    assert (drawn[60:80, 210:290] < 128).any()  # its text
    assert (drawn[5:25, 300:340] == 255).all()  # what wasn't read isn't drawn
    written = FORMATS["image"].export(document_of(PAGE, WHITE))
    read = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read, drawn)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_documents_of_any_number_of_pages(name: str, tmp_path: Path) -> None:
    known = FORMATS[name]
    assert known.name == name
    assert known.suffix.startswith(".")
    assert "/" in known.media_type
    asked: list[int] = []

    def image(place: int) -> np.ndarray[Any, Any]:
        asked.append(place)
        return WHITE

    for count in (1, 12):
        asked.clear()
        files = dict(known.files(Document((PAGE,) * count, image, "scan")))
        assert all(files.values())
        wanted = 1 if known.is_paged else count
        assert len(files) == wanted
        assert list(files)[-1] == f"scan{'' if wanted == 1 else '-12'}{known.suffix}"
        assert asked == (list(range(count)) if known.needs_images else [])


def test_a_format_that_needs_images_says_so() -> None:
    with pytest.raises(RequestError, match="needs the image of page 1"):
        FORMATS["image"].export(document_of(PAGE))
    with pytest.raises(RequestError, match="holds one page, not 2"):
        FORMATS["image"].export(Document((PAGE, PAGE), lambda _: WHITE))


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(RequestError, match="no format 'xls'; there are json, jsonl, text"):
        find_format("xls")
