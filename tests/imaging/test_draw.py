from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hubocr.imaging import fonts
from hubocr.imaging.draw import Mark, draw_boxes, draw_lines, draw_list
from hubocr.imaging.fonts import Lettering
from tests.imaging import Pixels, noise

RED = (0, 0, 220)
BOX = [(20, 10), (99, 10), (99, 39), (20, 39)]


@pytest.fixture(autouse=True)
def any_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The font of Pillow, so that the tests need none on the system."""
    monkeypatch.setattr(fonts, "find_cjk_font", lambda: None)
    yield


def blank(height: int = 60, width: int = 120) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)


def ink(page: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not white."""
    rows, columns = np.nonzero((page < 255).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_without_lines_there_is_the_image_and_a_white_page() -> None:
    image = noise(30, 50)
    drawn = draw_lines(image, [])
    assert drawn.shape == (30, 100, 3)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn[:, :50], image)
    assert (drawn[:, 50:] == 255).all()


def test_a_box_is_outlined_in_red_and_the_rest_is_left_alone() -> None:
    image = noise(60, 120)
    before = image.copy()
    drawn = draw_lines(image, [(BOX, "")])[:, :120]
    assert np.array_equal(image, before)
    red = (drawn == RED).all(axis=2)
    assert red[10, 20:100].all() and red[39, 20:100].all()
    assert red[10:40, 20].all() and red[10:40, 99].all()
    assert np.array_equal(drawn[~red], image[~red])
    assert not red[13:37, 23:97].any()
    assert not red[:8].any() and not red[:, :18].any()


def test_the_text_is_written_in_black_at_the_place_of_its_box() -> None:
    page = draw_lines(blank(), [(BOX, "Order")])[:, 120:]
    left, top, right, bottom = ink(page)
    assert 20 <= left < 30 and 10 <= top < 30
    assert right <= 99 and bottom <= 42
    assert page.min() < 60
    assert np.ptp(page.astype(int), axis=2).max() == 0


def test_a_long_text_is_made_smaller_to_fit_its_box() -> None:
    box = [(5, 5), (394, 5), (394, 44), (5, 44)]
    text = "Received with many thanks, order number 20480"
    left, _, right, _ = ink(draw_lines(blank(60, 700), [(box, text)])[:, 700:])
    # Hinting makes the widths of two sizes differ a little from their ratio.
    assert right <= 394 + 8
    assert right - left > 0.7 * 390


def test_each_line_has_its_own_place() -> None:
    lower = [(x, y + 50) for x, y in BOX]
    both = draw_lines(blank(120), [(BOX, "One"), (lower, "Two")])[:, 120:]
    assert np.array_equal(both[:45], draw_lines(blank(120), [(BOX, "One")])[:45, 120:])
    assert np.array_equal(both[55:], draw_lines(blank(120), [(lower, "Two")])[55:, 120:])


@pytest.mark.parametrize("scale", [1, 4, 8])
def test_lines_and_letters_grow_with_the_image(scale: int) -> None:
    height, width = 500 * scale, 2_000 * scale
    box = [(x * 10 * scale, y * 5 * scale) for x, y in BOX]
    drawn = draw_boxes(blank(height, width), [Mark(box, number=7)])
    red = (drawn == RED).all(axis=2)
    middle = 60 * 10 * scale
    upper_edge = red[: 25 * 5 * scale, middle].sum()
    assert upper_edge == pytest.approx(2 * scale, abs=1)
    tag = red[box[0][1] + 2 * scale :, : box[0][0] - 2 * scale]
    assert tag.any(axis=1).sum() >= 10 * scale  # the height of the number beside the box


def test_boxes_are_numbered_and_the_number_leaves_the_text_alone() -> None:
    one, two = (draw_boxes(blank(200, 200), [Mark(BOX, number=number)]) for number in (1, 2))
    different = (one != two).any(axis=2)
    assert different.any()
    rows, columns = np.nonzero(different)
    assert columns.max() < BOX[0][0] or rows.max() < BOX[0][1]


def test_a_number_has_its_place_where_the_box_fills_the_image() -> None:
    whole = [(0, 0), (119, 0), (119, 59), (0, 59)]
    assert ((draw_boxes(blank(), [Mark(whole, number=3)])[:20, :20] == RED).all(axis=2)).sum() > 100


def test_the_list_names_what_the_numbers_stand_for() -> None:
    marks = [Mark(BOX, f"Line {number}", 0.9, number) for number in range(1, 4)]
    page = draw_list(blank(400, 300), marks, Lettering(None))
    assert page.shape == (400, 900, 3)
    assert np.array_equal(page[:, :300], draw_boxes(blank(400, 300), marks))
    inked = (page[:, 300:].min(axis=2) < 128).any(axis=1).astype(int)
    assert (np.diff(inked, prepend=0) == 1).sum() == 3


def test_the_list_grows_where_it_has_more_than_the_image_has_room_for() -> None:
    marks = [Mark(BOX, "x", 0.9, number) for number in range(300)]
    page = draw_list(blank(), marks, Lettering(None))
    assert page.shape[0] > 60
    assert page.shape[1] == 120 + 3 * 600


def test_what_no_font_has_is_a_question_mark() -> None:
    assert Lettering(None).shown("订单 Order é") == "?? Order ?"


@pytest.mark.parametrize(
    "corners",
    [
        [(30, 20)] * 4,
        [(-50, -50), (500, -50), (500, 500), (-50, 500)],
        [(300, 300), (310, 300), (310, 310), (300, 310)],
        [(10, 10), (40, 12), (60, 30), (50, 40), (20, 30), (8, 18)],
    ],
    ids=["a point", "larger than the image", "outside", "a polygon"],
)
def test_any_box_can_be_drawn(corners: list[tuple[int, int]]) -> None:
    assert draw_lines(blank(), [(corners, "订单 Order")]).shape == (60, 240, 3)
