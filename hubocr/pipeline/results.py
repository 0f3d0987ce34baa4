"""What the pipeline answers: a page, the boxes on it, and the reading of each line.

The tree is composed: a line holds the recogniser's own `Recognition`, so that what a reading
gains (words, say) is in every result without being copied. Everything is frozen and hashable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hubocr.recognition import Recognition

Point = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A place where the detector found text.

    Attributes:
        polygon: Corners (x, y) in source pixels, clockwise from the top left one.
        detection_score: Mean text probability inside the polygon, from 0 to 1.
        angle: 180 where the crop was turned before it was read, 0 where the classifier left it,
            None where the classifier was off.
    """

    polygon: tuple[Point, ...]
    detection_score: float
    angle: int | None = None

    @classmethod
    def of(
        cls, polygon: NDArray[np.int32], detection_score: float, angle: int | None = None
    ) -> Box:
        """Return a box from the detector's polygon, (N, 2) int32."""
        corners = tuple((int(x), int(y)) for x, y in polygon)
        return cls(corners, float(detection_score), angle)

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """The upright rectangle around the polygon: left, top, right, bottom, in pixels."""
        xs, ys = zip(*self.polygon, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "text_region": [list(point) for point in self.polygon],
            "angle": self.angle,
            "detection_score": self.detection_score,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Box:
        """Return what `to_dict` was called on; keys that are not its own are ignored."""
        polygon = tuple((x, y) for x, y in values["text_region"])
        return cls(polygon, values["detection_score"], values["angle"])


@dataclass(frozen=True)
class Line:
    """A box that was read.

    Attributes:
        box: Where it is.
        reading: What it says, as the recogniser answered it.
    """

    box: Box
    reading: Recognition

    @property
    def text(self) -> str:
        """What was read."""
        return self.reading.text

    @property
    def score(self) -> float:
        """Mean probability of the characters, from 0 to 1."""
        return self.reading.score

    @property
    def polygon(self) -> tuple[Point, ...]:
        """Corners (x, y) in source pixels, clockwise from the top left one."""
        return self.box.polygon

    @property
    def angle(self) -> int | None:
        """See `Box.angle`."""
        return self.box.angle

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values, with the keys of ``ocr_system`` and those of the box."""
        return {**self.reading.to_dict(), **self.box.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Line:
        """Return what `to_dict` was called on; keys that are not its own are ignored."""
        return cls(Box.from_dict(values), Recognition.from_dict(values))


@dataclass(frozen=True)
class Page:
    """All text of one image, or of one page of a document.

    Attributes:
        width: Width of the image in pixels.
        height: Height of the image in pixels.
        items: What was found, in reading order: lines, and boxes that were not read (the
            detector alone reads none; the pipeline leaves out scores below ``drop_score``).
        source: Index of the image or document among those of the call.
        index: Index of the page in its document.
        angle: Degrees by which the page is turned clockwise: 0, 90, 180 or 270. Polygons are in the
            pixels of the image as it came, their first corner where the text begins once the
            page is turned back.
    """

    width: int
    height: int
    items: tuple[Line | Box, ...] = ()
    source: int = 0
    index: int = 0
    angle: int = 0

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines that were read, in reading order."""
        return tuple(item for item in self.items if isinstance(item, Line))

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Every box that was found, read or not, in reading order."""
        return tuple(item.box if isinstance(item, Line) else item for item in self.items)

    @property
    def text(self) -> str:
        """The texts of all lines, one a line."""
        return "\n".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values.

        ``unread`` holds the boxes without a text, each with its ``place`` among all items.
        """
        return {
            "width": self.width,
            "height": self.height,
            "source": self.source,
            "page": self.index,
            "angle": self.angle,
            "lines": [line.to_dict() for line in self.lines],
            "unread": [
                {"place": place, **item.to_dict()}
                for place, item in enumerate(self.items)
                if isinstance(item, Box)
            ],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Page:
        """Return what `to_dict` was called on; keys that are not its own are ignored."""
        items: list[Line | Box] = [Line.from_dict(line) for line in values["lines"]]
        for box in sorted(values["unread"], key=lambda box: int(box["place"])):
            items.insert(box["place"], Box.from_dict(box))
        return cls(
            values["width"],
            values["height"],
            tuple(items),
            values["source"],
            values["page"],
            values["angle"],
        )
