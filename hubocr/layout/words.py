"""Boxes of words and characters, from the steps at which a CTC recogniser saw them.

A CTC network says roughly where a character is, not how wide it is. The edges are found in the
ink of the crop: between two neighbours where there is least of it.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.layout.ink import Ink, find_ink
from hubocr.recognition import Character, Recognition, Word

Matrix = NDArray[np.float64]
"""A projective map of points (x, y, 1), shape (3, 3)."""

Map = Matrix | Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""A projective map, or what gives points (N, 2) their places."""

_SINGLE = (
    (0x2E80, 0x303F),
    (0x3040, 0x30FF),
    (0x3100, 0x312F),
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFF),
)
"""Blocks of characters that are written without spaces between words: Han, kana, bopomofo, their
punctuation and full-width forms (The Unicode Standard, Blocks.txt)."""

_MARGIN = 0.1
"""Background around the ink of a word, as a share of the height of the line's ink. People who draw
boxes leave a little more (0.08 to 0.2 in FUNSD), those of photographs less."""

_REACH = 1.2
"""The first and the last character of a line end at most so far from where they were seen, in
line heights."""


def with_words(
    reading: Recognition, crop: BgrImage, to_page: Map, page_size: tuple[int, int]
) -> Recognition:
    """Return a reading with words in place of the places of its characters, where it has those.

    Args:
        reading: What was read in the crop.
        crop: The image that was read, (H, W, 3), uint8, BGR.
        to_page: Map from pixels of the crop to pixels of the page.
        page_size: Height and width of the page in pixels.
    """
    if reading.characters is None:
        return reading
    words = find_words(crop, reading.characters, to_page, page_size)
    return replace(reading, words=words, characters=None)


def words_of_line(reading: Recognition, image: BgrImage) -> Recognition:
    """Return a reading of an image that is a line, with the words' places in the image."""
    return with_words(reading, image, np.eye(3), (image.shape[0], image.shape[1]))


def find_words(
    crop: BgrImage,
    seen: Sequence[Character],
    to_page: Map,
    page_size: tuple[int, int],
    *,
    characters: bool = False,
) -> tuple[Word, ...]:
    """Return the words of a line with their places on the page.

    Args:
        crop: The image that was read, (H, W, 3), uint8, BGR.
        seen: The characters in the order of the text, with places as shares of the crop's width.
        to_page: Map from pixels of the crop to pixels of the page.
        page_size: Height and width of the page in pixels.
        characters: Return every character by itself.
    """
    groups = list(_groups([one.text for one in seen], characters=characters))
    if not groups:
        return ()
    ink = find_ink(crop)
    edges = find_edges(ink, seen)
    spans = np.array([[edges[group, 0].min(), edges[group, 1].max()] for group in groups])
    top, bottom = ink.rows(0, ink.width) or (0, ink.height)
    margin = _MARGIN * (bottom - top)
    words = []
    for group, (start, end), (first, last) in zip(
        groups, spans, _widened(spans, margin, ink.width), strict=True
    ):
        upper, lower = ink.rows(int(start), max(int(start) + 1, round(end))) or (top, bottom)
        upper_edge, lower_edge = max(0.0, upper - margin), min(float(ink.height), lower + margin)
        corners = np.array(
            [[first, upper_edge], [last, upper_edge], [last, lower_edge], [first, lower_edge]]
        )
        words.append(
            Word(
                "".join(seen[index].text for index in group),
                float(np.mean([seen[index].score for index in group])),
                _on_page(corners, to_page, page_size),
            )
        )
    return tuple(words)


def _widened(spans: NDArray[np.float64], margin: float, width: int) -> NDArray[np.float64]:
    """Return words with a margin at both sides, which ends half-way to the next word."""
    order = np.argsort(spans[:, 0], kind="stable")
    starts, ends = spans[order, 0], spans[order, 1]
    half = np.maximum(starts[1:] - ends[:-1], 0) / 2
    wide = np.empty_like(spans)
    wide[order, 0] = starts - np.minimum(margin, np.concatenate([starts[:1], half]))
    wide[order, 1] = ends + np.minimum(margin, np.concatenate([half, width - ends[-1:]]))
    return wide


def is_single(character: str) -> bool:
    """Say whether a character is written without spaces, and so is a word of its own."""
    return any(first <= ord(character) <= last for first, last in _SINGLE)


def _groups(texts: Sequence[str], *, characters: bool) -> Iterator[list[int]]:
    """Yield the indices of the characters of each word."""
    group: list[int] = []
    for index, text in enumerate(texts):
        if group and unicodedata.combining(text[0]):
            group.append(index)  # a mark belongs to the letter before it
            continue
        is_alone = characters or is_single(text[0])
        if group and (is_alone or text.isspace() or is_single(texts[group[-1]][0]) or characters):
            yield group
            group = []
        if not text.isspace():
            group.append(index)
    if group:
        yield group


def find_edges(ink: Ink, seen: Sequence[Character]) -> NDArray[np.float64]:
    """Return where each character begins and ends, (characters, 2) float64, in pixels of the crop.

    From left to right the edges ascend; those of a space lie between its neighbours.
    """
    shares = np.clip(np.array([one.position for one in seen], np.float64), 0, 1)
    places = shares * ink.width
    edges = np.zeros((len(seen), 2))
    order = np.argsort(places, kind="stable").tolist()
    letters = [rank for rank, place in enumerate(order) if not seen[place].text.isspace()]
    first, last = order[letters[0]], order[letters[-1]]
    pitch = _pitch(places[[order[rank] for rank in letters]], ink.height)
    reach = max(pitch, _REACH * ink.height)
    edges[first, 0] = _first_ink(ink, places[first] - reach, places[first])
    for rank, next_rank in itertools.pairwise(letters):
        left, right, spaces = order[rank], order[next_rank], order[rank + 1 : next_rank]
        end, start = _between(ink, places[left], places[right], is_spaced=bool(spaces))
        edges[left, 1], edges[right, 0] = end, start
        edges[spaces] = end, start
    edges[last, 1] = _last_ink(ink, places[last], places[last] + reach)
    return edges


def _pitch(places: NDArray[np.float64], height: int) -> float:
    return float(np.median(np.diff(places))) if len(places) > 1 else float(height)


def _between(ink: Ink, left: float, right: float, *, is_spaced: bool) -> tuple[float, float]:
    """Return where the left one of two characters ends and the right one begins, in pixels."""
    middle = (left + right) / 2
    low, high = int(left), min(ink.width, int(np.ceil(right)) + 1)
    counts = ink.columns[low:high]
    if not len(counts) or not ink.columns.any():
        return middle, middle
    gaps = _runs(counts == 0)
    if is_spaced and gaps:
        start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        return float(low + start), float(low + end)
    # The column with least ink, the nearer to the middle the better.
    away = np.abs(np.arange(low, high) + 0.5 - middle) / max(right - left, 1.0)
    best = int(np.argmin(counts / ink.height + 0.5 * away**2))
    for start, end in gaps:
        if start <= best < end:
            return float(low + start), float(low + end)
    return low + best + 0.5, low + best + 0.5


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where flags are set, as pairs of a first index and the one behind the last."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    changes = np.flatnonzero(np.diff(padded))
    return [(int(a), int(b)) for a, b in zip(changes[::2], changes[1::2], strict=True)]


def _first_ink(ink: Ink, low: float, high: float) -> float:
    start = max(0, int(low))
    found = np.flatnonzero(ink.columns[start : max(start + 1, int(np.ceil(high)))])
    return float(start + found[0]) if len(found) else float(start)


def _last_ink(ink: Ink, low: float, high: float) -> float:
    start, end = max(0, int(low)), min(ink.width, int(np.ceil(high)))
    found = np.flatnonzero(ink.columns[start:end])
    return float(start + found[-1] + 1) if len(found) else float(max(end, start + 1))


def _on_page(
    corners: NDArray[np.float64], to_page: Map, page_size: tuple[int, int]
) -> tuple[tuple[float, float], ...]:
    """Return corners of the crop on the page, clockwise from the top left one there."""
    if isinstance(to_page, np.ndarray):
        points = cv2.perspectiveTransform(corners[None], to_page)[0]
    else:
        points = to_page(corners)
    height, width = page_size
    points = np.clip(points, 0, [width, height]).round(1)
    points = np.roll(points, -int(points.sum(axis=1).argmin()), axis=0)
    return tuple((float(x), float(y)) for x, y in points)
