"""Which lines are read to find out which way up a page is, and what is made of the readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hubocr.imaging import BgrImage
from hubocr.layout import decide_direction
from hubocr.pipeline.page_direction import Evidence, read_direction
from hubocr.recognition import Recognition, Recognizer
from hubocr.runtime import Call
from hubocr.settings import RecognitionSettings

_AROUND = 100
"""What the mark of a crop's other end is more than that of its beginning."""


class FakeReader:
    """Gives each crop, by the mark in its top left corner, a score, and remembers its mark."""

    def __init__(self, scores: Sequence[tuple[float, float]]) -> None:
        self.scores = scores
        self.marks: list[int] = []

    @property
    def quick(self) -> FakeReader:
        return self

    def recognize(
        self, images: Sequence[BgrImage], settings: RecognitionSettings, call: Call
    ) -> list[Recognition]:
        marks = [int(image[0, 0, 0]) for image in images]
        self.marks += marks
        return [Recognition(str(mark), self.scores[mark % _AROUND][mark // 100]) for mark in marks]


def crop(place: int) -> BgrImage:
    """The longer, the earlier."""
    image = np.zeros((24, 800 - 20 * place, 3), np.uint8)
    image[0, 0], image[-1, -1] = place, _AROUND + place
    return image


def polygon(place: int, *, tall: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    width, height = (24, 200) if tall else (200, 24)
    x, y = (60 * place, 0) if tall else (0, 60 * place)
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return np.array(corners, np.int32)


score = st.floats(0, 1)


@given(
    readings=st.lists(st.tuples(score, score), min_size=1, max_size=8),
    opinion=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    tall=st.booleans(),
)
def test_the_answer_is_that_of_all_readings(
    readings: list[tuple[float, float]], opinion: list[float], tall: bool
) -> None:
    reader = FakeReader(readings)
    polygons = [polygon(place, tall=tall) for place in range(len(readings))]
    page = np.asarray(np.array(opinion) / sum(opinion), np.float32)
    evidence = Evidence(polygons, [], page)
    crops = [crop(place) for place in range(len(readings))]
    found = read_direction(evidence, crops, cast(Recognizer, reader), RecognitionSettings(), Call())
    probes = readings[: 2 if len(readings) <= 4 else 4]
    expected = decide_direction(polygons, [], page)
    if not expected.is_clear:
        expected = decide_direction(polygons, [], page, probes)
    assert found.direction.angle == expected.angle
    assert all(text.text == str(place) for place, text in found.known.items())
    assert set(map(str, found.known)) <= {str(mark) for mark in reader.marks}


def test_lines_that_are_surely_right_are_not_read_upside_down() -> None:
    evidence = Evidence([polygon(place, tall=False) for place in range(2)], [], None)
    settings = RecognitionSettings(trim_spaces=True)
    for readings, marks in (([(0.99, 0.6)] * 2, [0, 1]), ([(0.4, 0.9)] * 2, [0, 1, 100])):
        reader = cast(Recognizer, fake := FakeReader(readings))
        found = read_direction(evidence, [crop(0), crop(1)], reader, settings, Call())
        assert fake.marks == marks
        assert found.direction.angle == (0 if len(marks) == 2 else 180)
        assert [found.known[place].text for place in (0, 1)] == ["0", "1"]


def test_what_is_searched_for_is_not_searched_for_upside_down() -> None:
    reader = cast(Recognizer, FakeReader([(0.99, 0.6)] * 2))
    evidence = Evidence([polygon(place, tall=False) for place in range(2)], [], None)
    settings = RecognitionSettings(charset="0123456789")
    found = read_direction(evidence, [crop(0), crop(1)], reader, settings, Call())
    assert not found.known
