"""The result tree."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.pipeline import Box, Line, OcrPipeline, Page
from hubocr.recognition import Alternative, Recognition
from hubocr.settings import OcrOptions, RecognitionSettings
from tests.conftest import fixture_image

POLYGON = ((1, 2), (30, 2), (30, 12), (1, 12))
LINE = Line(Box(POLYGON, 0.8), Recognition("合计", 0.99))
PAGE = Page(100, 50, (LINE, Box(POLYGON, 0.5), Line(LINE.box, Recognition("82.75", 0.9))))

chances = st.floats(0, 1)
coordinates = st.integers(-(2**31), 2**31 - 1)
alternatives = st.builds(Alternative, st.text(), chances)
recognitions = st.builds(
    Recognition,
    st.text(),
    chances,
    st.none() | st.lists(chances).map(tuple),
    st.none() | st.lists(alternatives).map(tuple),
)
boxes = st.builds(
    Box,
    st.lists(st.tuples(coordinates, coordinates), min_size=3).map(tuple),
    chances,
    st.sampled_from((None, 0, 180)),
)
lines = st.builds(Line, boxes, recognitions)
sizes = st.integers(1, 10**6)
pages = st.builds(
    Page, sizes, sizes, st.lists(lines | boxes).map(tuple), st.integers(0), st.integers(0)
)


@given(pages)
def test_a_page_comes_back_from_its_json(page: Page) -> None:
    written = json.dumps(page.to_dict(), allow_nan=False)
    assert Page.from_dict(json.loads(written)) == page


def test_what_the_pipeline_reads_comes_back_from_its_json(pipeline: OcrPipeline) -> None:
    asked = RecognitionSettings(char_scores=True, alternatives=2)
    page = pipeline.run(
        fixture_image("pages/receipt.png"), OcrOptions(recognition=asked, drop_score=0.99)
    )
    assert page.lines
    assert len(page.lines) < len(page.boxes)
    assert Page.from_dict(json.loads(json.dumps(page.to_dict(), allow_nan=False))) == page


def test_lines_and_boxes_share_the_reading_order() -> None:
    assert [line.text for line in PAGE.lines] == ["合计", "82.75"]
    assert PAGE.boxes == (LINE.box, Box(POLYGON, 0.5), LINE.box)


def test_the_text_has_one_line_a_line() -> None:
    assert PAGE.text == "合计\n82.75"
    assert Page(100, 50).text == ""


def test_the_bounds_of_a_box() -> None:
    assert Box(((5, 9), (7, 1), (2, 4)), 1.0).bounds == (2, 1, 7, 9)


@pytest.mark.parametrize(
    "asked", [RecognitionSettings(), RecognitionSettings(char_scores=True, alternatives=1)]
)
def test_an_empty_reading_has_what_was_asked_for(asked: RecognitionSettings) -> None:
    extra: dict[str, list[object]] = (
        {"char_scores": [], "alternatives": []} if asked.char_scores else {}
    )
    assert Recognition.nothing(asked).to_dict() == {"text": "", "confidence": 0.0, **extra}


def test_results_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        PAGE.width = 7  # type: ignore[misc]
    assert len({PAGE, replace(PAGE)}) == 1
