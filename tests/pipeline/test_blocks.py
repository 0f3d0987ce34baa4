"""Paragraphs, headings and rows of pages that the test set itself."""

from __future__ import annotations

import pytest

from hubocr.pipeline import Line, Page, blocks_of
from hubocr.pipeline.turning import as_it_came
from tests.exporters.pages import line, page_of


def paragraph(x: int, y: int, words: list[str], indent: int = 0) -> list[Line]:
    """Lines of 500 pixels, 30 apart, the first of them indented, the last one short."""
    last = len(words) - 1
    return [
        line(
            text,
            x + (indent if place == 0 else 0),
            y + 30 * place,
            (200 if place == last else 500) - (indent if place == 0 else 0),
        )
        for place, text in enumerate(words)
    ]


def letter() -> tuple[Page, list[str]]:
    """A title, an indented paragraph right above another, one apart, and rows of a table."""
    first = ["It was long ago that", "we met in the mar-", "ket hall."]
    second = ["Nobody knew us", "and so we left."]
    third = ["今天天气很好，我们去", "公园散步。"]
    cells = [line(text, x, y, 60) for y in (560, 590) for text, x in (("Tea", 40), ("4.00", 400))]
    lines = [
        line("A Letter", 200, 20, 200, height=44),
        *paragraph(40, 120, first, indent=40),
        *paragraph(40, 210, second, indent=40),
        *paragraph(40, 400, third),
        *cells,
    ]
    texts = [
        "A Letter",
        "It was long ago that we met in the mar-ket hall.",
        "Nobody knew us and so we left.",
        "今天天气很好，我们去公园散步。",
        "Tea 4.00\nTea 4.00",
    ]
    return page_of(lines, 600, 700), texts


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_paragraphs_headings_and_rows(angle: int) -> None:
    page, texts = letter()
    came = as_it_came(page, angle) if angle else page
    blocks = blocks_of(came)
    assert [block.text for block in blocks] == texts
    assert [block.level for block in blocks] == [1, 0, 0, 0, 0]
    assert [block.is_prose for block in blocks] == [True] * 4 + [False]
    assert [one for block in blocks for one in block.lines] == list(came.lines)


def test_a_page_without_text_has_no_blocks() -> None:
    assert blocks_of(page_of([])) == []
