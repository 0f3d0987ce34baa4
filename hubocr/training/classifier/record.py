"""What is noted of the training of a direction classifier."""

from __future__ import annotations

from dataclasses import dataclass

from hubocr.training.record import Record


@dataclass(frozen=True, kw_only=True)
class ClassifierRecord(Record):
    """See `hubocr.training.record.Record`.

    Attributes:
        directions: The directions that it tells apart.
        height: Height of the input in pixels.
        width: Its width.
        upright: Whether all images were upright, whatever their labels said.
    """

    kind = "cls"

    directions: tuple[str, ...]
    height: int
    width: int
    upright: bool
