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
        widening: Factor by which images are wider than that says.
        concatenation: Share of short lines that are joined with another one.
        recombination: Share of images that are put together of two.
    """

    kind = "rec"

    characters: tuple[str, ...]
    height: int
    width: int | None
    widening: float = 1.0
    concatenation: float = 0.0
    recombination: float = 0.0
