"""hubserving's ``results``.

The shapes are upstream's: ``ocr_det`` and ``ocr_system`` answer one list an image, ``ocr_cls`` and
``ocr_rec`` one list with one item an image. The item of an image that can't be read has the usual
keys with empty values and the reason under ``error``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hubocr.classification import Classification
from hubocr.errors import ImageError
from hubocr.exporters.document import Document
from hubocr.pipeline.results import Box, Line, Page
from hubocr.recognition import Recognition
from hubocr.settings import OcrOptions

R = TypeVar("R")

Item = dict[str, Any]
Results = list[list[Item]]

_NO_REGION = [[0, 0]] * 4


@dataclass(frozen=True)
class Encoding(Generic[R]):
    """How the results of one service are written.

    Attributes:
        items: The items of the result of one image.
        unread: The item of an image that can't be read, without its error.
        is_flat: Whether all images share one list, to which each adds one item, or have a list
            each.
    """

    items: Callable[[R], list[Item]]
    unread: Callable[[OcrOptions], Item]
    is_flat: bool

    def results(self, found: Sequence[R | ImageError], options: OcrOptions) -> Results:
        """Return the results of a request's images, in order."""
        lists = [
            [{**self.unread(options), "error": one.message}]
            if isinstance(one, ImageError)
            else self.items(one)
            for one in found
        ]
        return [[item for items in lists for item in items]] if self.is_flat else lists


def _region(box: Box) -> list[list[int]]:
    return [list(point) for point in box.polygon]


def _line(line: Line) -> Item:
    return {**line.reading.to_dict(), "text_region": _region(line.box)}


def _unread_line(options: OcrOptions) -> Item:
    return {**_unread_reading(options), "text_region": _NO_REGION}


def _unread_reading(options: OcrOptions) -> Item:
    return Recognition.nothing(options.recognition).to_dict()


BOXES: Encoding[Page] = Encoding(
    lambda page: [{"text_region": _region(box)} for box in page.boxes],
    lambda options: {"text_region": _NO_REGION},
    is_flat=False,
)
"""``ocr_det``: where text is."""

LINES: Encoding[Page] = Encoding(
    lambda page: [_line(line) for line in page.lines], _unread_line, is_flat=False
)
"""``ocr_system``: the lines of pages."""

READINGS: Encoding[Recognition] = Encoding(
    lambda reading: [reading.to_dict()], _unread_reading, is_flat=True
)
"""``ocr_rec``: what lines say."""

DIRECTIONS: Encoding[Classification] = Encoding(
    lambda direction: [direction.to_dict()],
    lambda options: {"angle": "", "confidence": 0.0},
    is_flat=True,
)
"""``ocr_cls``: which way up lines are."""


def write(document: Document) -> str:
    """Return the ``results`` of ``ocr_system``, a page in place of an image."""
    results = LINES.results(document.pages, document.options)
    return json.dumps(results, ensure_ascii=False, allow_nan=False) + "\n"
