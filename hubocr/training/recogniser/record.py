"""What is noted of the training of a recogniser."""

from __future__ import annotations

from dataclasses import dataclass

from hubocr.training.record import Record


@dataclass(frozen=True, kw_only=True)
class RecogniserRecord(Record):
    """See `hubocr.training.record.Record`.

    Attributes:
        characters: Character of class 1, 2, and so on.
        height: Height of the input in pixels.
        width: Its width; None where images keep their aspect ratio.
    """

    kind = "rec"

    characters: tuple[str, ...]
    height: int
    width: int | None
