from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hubocr.imaging import fonts
from hubocr.imaging.draw import draw_lines
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
    both = draw_lines(blank(120), [(BOX, "One"), (lower, "Two")])
    assert np.array_equal(both[:45], draw_lines(blank(120), [(BOX, "One")])[:45])
    assert np.array_equal(both[55:], draw_lines(blank(120), [(lower, "Two")])[55:])


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
