"""The result types."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from hubocr.pipeline import Box, OcrResult, StageTimes, TextLine

POLYGON = ((1, 2), (30, 2), (30, 12), (1, 12))
LINE = TextLine(POLYGON, "合计", 0.99, 0.8)
RESULT = OcrResult(100, 50, (LINE, replace(LINE, text="82.75")), (Box(POLYGON), Box(POLYGON)))


def test_the_text_has_one_line_a_line() -> None:
    assert RESULT.text == "合计\n82.75"
    assert OcrResult(100, 50, ()).text == ""


def test_times_play_no_part_in_comparisons() -> None:
    assert replace(RESULT, times=StageTimes(detection=1)) == RESULT
    assert replace(RESULT, lines=()) != RESULT
    assert replace(RESULT, lines=(replace(LINE, angle=180), RESULT.lines[1])) != RESULT


def test_results_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        RESULT.width = 7  # type: ignore[misc]
    assert len({RESULT, replace(RESULT)}) == 1
