"""What is noted of the training of a detector."""

from __future__ import annotations

from dataclasses import dataclass

from hubocr.training.record import Record


@dataclass(frozen=True, kw_only=True)
class DetectorRecord(Record):
    """See `hubocr.training.record.Record`.

    Attributes:
        crop: Height and width of the crops in pixels.
        temperature: What the loss divides logits by.
    """

    kind = "det"

    crop: int
    temperature: float = 1.0
