"""Geometry of boxes, against Shapely and plain searches."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Polygon

from hubocr.detection.polygon import (
    min_area_box,
    order_clockwise,
    polygon_area,
    polygon_perimeter,
    unclip,
)

COORDINATES = st.integers(0, 2000)


@st.composite
def hulls(draw: st.DrawFn) -> NDArray[np.int32]:
    """Corners of a convex polygon that is at least four pixels wide everywhere."""
    points = draw(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=12))
    hull = MultiPoint(points).convex_hull
    assume(isinstance(hull, Polygon) and not hull.buffer(-2).is_empty)
    return np.asarray(hull.exterior.coords[:-1], np.int32)


@st.composite
def rectangles(draw: st.DrawFn) -> NDArray[np.float64]:
    """Corners of a turned rectangle, clockwise on the screen from its own top left one."""
    # At 45 degrees it isn't told which corner is the first, so the angles stay below.
    angle = math.radians(draw(st.floats(-40, 40)))
    width, height = draw(st.floats(20, 800)), draw(st.floats(20, 800))
    left, top = draw(st.floats(0, 3000)), draw(st.floats(0, 3000))
    along = np.asarray([math.cos(angle), math.sin(angle)])
    down = np.asarray([-math.sin(angle), math.cos(angle)])
    start = np.asarray([left, top])
    corners = [start, start + width * along, start + width * along + height * down]
    return np.stack([*corners, start + height * down])


@given(hulls())
def test_area_and_perimeter(points: NDArray[np.int32]) -> None:
    shape = Polygon(points)
    assert polygon_area(points) == pytest.approx(shape.area)
    assert polygon_area(points[::-1]) == pytest.approx(shape.area)
    assert polygon_perimeter(points) == pytest.approx(shape.length)


def smallest_rectangle_area(hull: NDArray[np.int32]) -> float:
    """The smallest rectangle has a side along an edge of the hull: try every edge."""
    areas = []
    for start, end in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        sides = np.stack([hull @ along, hull @ np.asarray([-along[1], along[0]])])
        areas.append(float(np.prod(np.ptp(sides, axis=1))))
    return min(areas)


@given(hulls())
def test_the_smallest_rectangle(points: NDArray[np.int32]) -> None:
    box, side = min_area_box(points)
    rectangle = Polygon(box)
    assert box.dtype == np.float32
    assert box.shape == (4, 2)
    assert rectangle.buffer(0.5).covers(Polygon(points))
    assert rectangle.area == pytest.approx(smallest_rectangle_area(points), rel=1e-3, abs=1)
    edges = np.linalg.norm(box - np.roll(box, -1, axis=0), axis=1)
    assert side == pytest.approx(edges.min(), abs=0.1)
    assert side * edges.max() == pytest.approx(rectangle.area, rel=1e-2)
    assert rectangle.exterior.is_ccw  # y goes down: what Shapely calls so is clockwise on screen


@given(rectangles())
def test_the_smallest_rectangle_of_a_rectangle_starts_at_its_top_left_corner(
    corners: NDArray[np.float64],
) -> None:
    box, _ = min_area_box(corners.astype(np.float32)[[2, 0, 3, 1]])
    left = sorted(corners.tolist())[:2]
    assert np.allclose(box[0], min(left, key=lambda point: point[1]), atol=0.1)


@given(points=hulls(), ratio=st.floats(0.3, 3))
def test_growing(points: NDArray[np.int32], ratio: float) -> None:
    shape = Polygon(points)
    distance = shape.area * ratio / shape.length
    grown = unclip(points, ratio)
    assert grown is not None
    found = Polygon(grown)
    assert found.is_valid
    # The clipper keeps whole pixels and cuts its arcs by a quarter of one.
    assert found.buffer(1.5).covers(shape)
    assert shape.buffer(distance, quad_segs=64).buffer(1.5).covers(found)
    rounded = shape.area + shape.length * distance + math.pi * distance**2
    assert found.area == pytest.approx(rounded, abs=found.length + 1)


@given(corners=rectangles(), ratio=st.sampled_from([1.5, 1.6, 2.0]))
def test_a_grown_rectangle_is_larger_by_the_distance_on_each_side(
    corners: NDArray[np.float64], ratio: float
) -> None:
    width, height = (float(np.linalg.norm(corners[place] - corners[0])) for place in (1, 3))
    distance = width * height * ratio / (2 * (width + height))
    grown = unclip(corners, ratio)
    assert grown is not None
    assert Polygon(grown).hausdorff_distance(Polygon(corners).buffer(distance)) < 3
    box, _ = min_area_box(grown.astype(np.int32))
    edges = sorted(np.linalg.norm(box - np.roll(box, -1, axis=0), axis=1))
    smaller, larger = sorted((width + 2 * distance, height + 2 * distance))
    # The arcs stop a little short of the tangent, and the smallest rectangle may lean.
    assert edges[0] == pytest.approx(smaller, abs=4, rel=0.02)
    assert edges[3] == pytest.approx(larger, abs=4, rel=0.02)


def test_what_has_no_extent_is_not_grown() -> None:
    assert unclip(np.full((4, 2), 7, np.int32), 1.5) is None


def test_what_grows_into_several_polygons_is_dropped() -> None:
    # Two squares that hang together by a line only.
    first = [[0, 0], [40, 0], [40, 40], [0, 40], [0, 0]]
    second = [[100, 100], [140, 100], [140, 140], [100, 140], [100, 100]]
    points = np.asarray(first + second, np.int32)
    assert unclip(points, 0.01) is None
    assert unclip(points, 0.5) is not None


@given(rectangles())
def test_corners_come_clockwise_from_the_top_left_one(corners: NDArray[np.float64]) -> None:
    whole = np.round(corners)
    for order in itertools.permutations(range(4)):
        ordered = order_clockwise(whole[list(order)])
        assert np.array_equal(ordered, whole)
    assert Polygon(whole).exterior.is_ccw  # clockwise where y goes down


@given(
    angle=st.floats(-90, 90),
    width=st.integers(20, 400),
    height=st.integers(8, 60),
    order=st.permutations(range(4)),
)
def test_a_box_at_any_angle_stays_whole(
    angle: float, width: int, height: int, order: list[int]
) -> None:
    corners = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    turn = np.radians(angle)
    turned = corners @ np.asarray(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float64
    )
    whole = np.round(turned + 500)
    ordered = order_clockwise(whole[order])
    assert {tuple(corner) for corner in ordered} == {tuple(corner) for corner in whole}
    assert Polygon(ordered).is_valid
    assert Polygon(ordered).exterior.is_ccw  # clockwise where y goes down


@pytest.mark.parametrize(
    "corners",
    [
        [[75, 114], [113, 75], [126, 87], [87, 126]],
        [[132, 19], [153, 25], [144, 34], [123, 28]],
    ],
)
def test_a_box_that_the_sums_and_differences_can_not_tell(corners: list[list[int]]) -> None:
    ordered = order_clockwise(np.asarray(corners, np.float64))
    assert Polygon(ordered).is_valid
    assert Polygon(ordered).area == Polygon(corners).area
