"""Lines longer than a recogniser reads are cut between words."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.detection import Detections
from hubocr.imaging import BgrImage
from hubocr.pipeline.long_lines import cuts, split_long

BLACK, WHITE = 0, 255


def rectangle(left: int, top: int, right: int, bottom: int) -> NDArray[np.int32]:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32)


def words(width: int, every: int) -> BgrImage:
    """A strip with a bar for every word."""
    image = np.full((60, width, 3), WHITE, np.uint8)
    for left in range(10, width - every, every):
        image[20:40, left : left + every - 20] = BLACK
    return image


def test_a_long_line_is_cut_in_the_gaps() -> None:
    image = words(8000, 150)
    found = split_long(image, Detections((rectangle(0, 15, 7999, 45),), (0.9,)))
    assert len(found.polygons) > 6
    assert set(found.scores) == {0.9}
    edges = [int(polygon[:, 0].max()) for polygon in found.polygons[:-1]]
    for edge in edges:
        assert (image[:, edge] == WHITE).all()
    assert found.polygons[0][:, 0].min() == 0
    assert found.polygons[-1][:, 0].max() == 7999
    assert all(np.ptp(polygon[:, 0]) <= 40 * 30 + 2 for polygon in found.polygons)


def test_a_long_column_is_cut_as_well() -> None:
    image = np.ascontiguousarray(np.rot90(words(8000, 150)))
    found = split_long(image, Detections((rectangle(15, 0, 45, 7999),), (0.9,)))
    for polygon in found.polygons[:-1]:
        assert (image[int(polygon[:, 1].max())] == WHITE).all()
    # Corners still go clockwise from the top left one.
    for polygon in found.polygons:
        assert polygon[0].tolist() == polygon.min(axis=0).tolist()
        assert polygon[2].tolist() == polygon.max(axis=0).tolist()


def test_other_boxes_stay() -> None:
    outline = np.array([[0, 0], [5000, 0], [5000, 20], [2500, 30], [0, 20]], np.int32)
    found = Detections((rectangle(0, 0, 1500, 30), outline), (0.9, 0.8))
    after = split_long(words(6000, 100), found)
    assert [polygon.tolist() for polygon in after.polygons] == [
        polygon.tolist() for polygon in found.polygons
    ]


@given(st.lists(st.floats(0, 255), min_size=1, max_size=3000), st.integers(2, 700))
def test_no_piece_is_too_long(contrast: list[float], longest: int) -> None:
    places = cuts(np.array(contrast), longest)
    ends = [0, *places, len(contrast)]
    lengths = np.diff(ends)
    assert (lengths > 0).all()
    assert lengths.max() <= max(longest, 1)
