"""``det_limit_type: auto``: an input that adapts to the image.

The first pass is the reference's, with a margin where its text may touch the edge,
another is coarser, where letters too large for the network's receptive field show.
Where the text turns out to be small, or there is none, there is a pass at a finer scale, in
overlapping tiles if need be. Polygons are in pixels of the image, whatever the scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.db import clipped, find_polygons, is_thin
from hubocr.detection.families.base import ScoredPolygon
from hubocr.detection.margin import margin_width, with_margin
from hubocr.detection.polygon import polygon_area
from hubocr.detection.preprocess import BYTES_PER_PIXEL, image_tensor, to_stride
from hubocr.detection.scale import (
    DetectionPass,
    coarse_scale,
    finer_scale,
    first_scale,
    shorter_side,
)
from hubocr.detection.tiles import OVERLAP, Tile, plan_tiles, put_core, tile_image
from hubocr.imaging import BgrImage
from hubocr.runtime import Call, Network
from hubocr.settings import DetectionSettings

MapReader = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From the model's output to the map, (H, W) float32, as large as the input."""

_MOST_PASSES = 3
"""Passes over a page at most."""

_FLAT = 24
"""Levels between the darkest and the lightest pixel of a tile below which it holds no text."""

_LARGE = float(OVERLAP)
"""Height in pixels of the map from which a box is taken from the coarser pass: a tile may hold but
a part of its letters."""

_LARGE_LETTERS = 80.0
"""Height in pixels of the first pass's map from which a box is taken from further away."""

_SEEN = 0.75
"""Share of such a box that the first pass's boxes cover where it has seen it as well."""

_PART = 0.6
"""Share of such a box's height that those within it have where they are parts of the same line;
others are lines of their own, which ran into one another from afar."""

_CROSSING = 0.7
"""Share of the product of their heights that a row and a column of the same letters share."""

_LONG = 1.5
"""Length over thickness from which on a box is a row or a column rather than a letter."""

_PARAGRAPH_SHARE = 0.3
"""Share of a large box that lines of half its height and less cover where it is a paragraph."""


@dataclass(frozen=True)
class AdaptiveDetector:
    """Detects at as many and as fine scales as a page needs; safe to share between threads.

    Attributes:
        network: The loaded model.
        map_of: How its output becomes a map.
    """

    network: Network
    map_of: MapReader

    def detect(
        self, image: BgrImage, settings: DetectionSettings, call: Call
    ) -> list[ScoredPolygon]:
        """Find the text in an image of shape (H, W, 3), uint8, BGR.

        Raises:
            TooManyLinesError: There are more candidates than are ever read.
        """
        margin = margin_width(image)
        page = with_margin(image, margin)
        height, width = page.shape[:2]
        done = self._detect(
            page, first_scale(height, width, settings.limit_side_len), settings, call
        )
        far = coarse_scale(done.scale, height, width)
        if far is not None:
            done = _with_larger(done, self._detect(page, far, settings, call))
        for _ in range(_MOST_PASSES - 1):
            scale = finer_scale(done, height, width)
            if scale is None:
                break
            done = _joined(done, self._detect(page, scale, settings, call))
        return list(_within(done.found, margin, image))

    def _detect(
        self, page: BgrImage, scale: float, settings: DetectionSettings, call: Call
    ) -> DetectionPass:
        height, width = page.shape[:2]
        size = to_stride(height * scale), to_stride(width * scale)
        tiles = plan_tiles(*size)
        if len(tiles) == 1:
            (whole,) = self._run(lambda tile: self._map(page, size, tile, call), tiles, call)
        else:
            whole = np.zeros(size, np.uint8)

            def add(tile: Tile) -> None:
                part = self._map(page, size, tile, call)
                if part is not None:
                    put_core(whole, part, tile)  # cores have no pixel in common

            self._run(add, tiles, call)
        if whole is None:
            return DetectionPass(scale, ())
        with call.timed("detection.polygons"):
            found = list(find_polygons(whole, width, height, settings, call.check))
        return DetectionPass(scale, found)

    def _run(self, work: Callable[[Tile], Any], tiles: list[Tile], call: Call) -> list[Any]:
        """Return what is made of all tiles, of which each thread has one in work."""
        runtime = self.network.runtime
        pixels = tiles[0].rows.size * tiles[0].columns.size * min(len(tiles), runtime.threads)
        with runtime.tensors.held(pixels * BYTES_PER_PIXEL, call):
            return self.network.map(work, tiles, stage="detection", call=call)

    def _map(
        self, page: BgrImage, size: tuple[int, int], tile: Tile, call: Call
    ) -> NDArray[np.float32] | None:
        """Return the map of a tile; None where it is as good as empty."""
        with call.timed("detection.prepare"):
            part = tile_image(page, size, tile)
            if is_flat(part):
                return None
            tensor = image_tensor(part)
        with call.timed("detection.engine"):
            output = self.network.run(tensor)
        return self.map_of(output)


def is_flat(image: BgrImage) -> bool:
    """Say whether there is nothing in an image that could be read."""
    low, high = image.min(axis=(0, 1)), image.max(axis=(0, 1))
    return bool((high.astype(np.int16) - low < _FLAT).all())


def _joined(coarse: DetectionPass, fine: DetectionPass) -> DetectionPass:
    """Return the finer pass with the large text of the coarser one."""
    large = [one for one in coarse.found if shorter_side(one[0]) * fine.scale > _LARGE]
    rest = list(fine.found)
    kept = []
    for polygon, score in large:
        outline = polygon.astype(np.float32)
        inside = [one for one in rest if _holds(outline, one[0])]
        if not _is_paragraph(polygon, [found for found, _ in inside]):
            kept.append((polygon, score))
            rest = [one for one in rest if not _holds(outline, one[0])]
    return DetectionPass(fine.scale, [*kept, *rest])


def _with_larger(done: DetectionPass, away: DetectionPass) -> DetectionPass:
    """Return a pass with the large text that shows from further away, and hardly in it."""
    rest = list(done.found)
    added = []
    for polygon, score in away.found:
        if shorter_side(polygon) * done.scale < _LARGE_LETTERS:
            continue
        outline = polygon.astype(np.float32)
        # Rows against columns: the surer pass is right.
        others = [one for one in rest if one[1] >= score or not _crosses(one[0], polygon)]
        inside = [found for found, _ in others if _holds(outline, found)]
        seen = sum(map(polygon_area, inside)) / max(polygon_area(polygon), 1.0)
        least = _PART * shorter_side(polygon)
        if seen < _SEEN and all(shorter_side(one) >= least for one in inside):
            added.append((polygon, score))
            rest = [one for one in others if not _holds(outline, one[0])]
    return DetectionPass(done.scale, [*added, *rest])


def _crosses(first: NDArray[np.int32], second: NDArray[np.int32]) -> bool:
    """Say whether one box is a row and the other a column of the same text."""
    if len(first) != 4 or len(second) != 4:
        return False
    tall = [np.ptp(box[:, 1]) > _LONG * np.ptp(box[:, 0]) for box in (first, second)]
    wide = [np.ptp(box[:, 0]) > _LONG * np.ptp(box[:, 1]) for box in (first, second)]
    if not (tall[0] and wide[1]) and not (wide[0] and tall[1]):
        return False
    shared, _ = cv2.intersectConvexConvex(first.astype(np.float32), second.astype(np.float32))
    return bool(shared > _CROSSING * shorter_side(first) * shorter_side(second))


def _is_paragraph(polygon: NDArray[np.int32], inside: Sequence[NDArray[np.int32]]) -> bool:
    """Say whether a box is no large text but lines of small text that ran into one another."""
    height = shorter_side(polygon)
    lines = [one for one in inside if shorter_side(one) < height / 2]
    return sum(map(polygon_area, lines)) > _PARAGRAPH_SHARE * polygon_area(polygon)


def _holds(outline: NDArray[np.float32], polygon: NDArray[np.int32]) -> bool:
    x, y = polygon.mean(axis=0).tolist()
    return cv2.pointPolygonTest(outline, (x, y), False) >= 0


def _within(
    found: Sequence[ScoredPolygon], margin: int, image: BgrImage
) -> Iterator[ScoredPolygon]:
    """Yield polygons of the page with its margin in pixels of the image, cut to it."""
    if margin == 0:
        yield from found
        return
    last = (image.shape[1] - 1, image.shape[0] - 1)
    for polygon, score in found:
        inside = clipped(polygon - margin, last).astype(np.int32)
        if len(inside) != 4 or not is_thin(inside):
            yield inside, score
