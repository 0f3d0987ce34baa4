"""Which way up a page is; where nothing else says it, by reading some of its lines both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hubocr.classification import turn
from hubocr.imaging import BgrImage
from hubocr.layout import Direction, LineVote, decide_direction
from hubocr.recognition import Recognition, Recognizer
from hubocr.runtime import Call
from hubocr.settings import RecognitionSettings

_PROBES = 4
"""Lines that are read both ways where nothing else says which way up a page is."""

_PROBES_OF_FEW = 2
"""As many, and by the better recogniser, where there are no more than four lines."""

_PLAIN = RecognitionSettings()


@dataclass(frozen=True)
class Evidence:
    """What is known of a page's direction before anything is read.

    Attributes:
        polygons: The boxes of its text, (N, 2) each.
        votes: What the line classifier says of them, or nothing.
        page: The probabilities of the four turns by the model of pages, (4,), or None.
    """

    polygons: Sequence[NDArray[np.int32]]
    votes: Sequence[LineVote]
    page: NDArray[np.float32] | None

    def decide(self, readings: Sequence[tuple[float, float]] = ()) -> Direction:
        """See `hubocr.layout.decide_direction`."""
        return decide_direction(self.polygons, self.votes, self.page, readings)


@dataclass(frozen=True)
class PageDirection:
    """Which way up a page is.

    Attributes:
        direction: The answer. Where reading more lines couldn't change the angle its probability is
            the least that it could be.
        known: What was read meanwhile of crops as they are, by their places and the page's options.
    """

    direction: Direction
    known: Mapping[int, Recognition] = field(default_factory=dict)


def read_direction(
    evidence: Evidence,
    crops: Sequence[BgrImage],
    recognizer: Recognizer,
    settings: RecognitionSettings,
    call: Call,
) -> PageDirection:
    """Decide which way up a page is, and read its longest lines where that isn't clear.

    Args:
        evidence: What is known before.
        crops: The text of the boxes.
        recognizer: Reads the crops.
        settings: The options by which the page is going to be read.
        call: Its deadline and cancellation.
    """
    direction = evidence.decide()
    if direction.is_clear or not crops:
        return PageDirection(direction)
    has_few = len(crops) <= _PROBES
    longest = sorted(range(len(crops)), key=lambda place: _aspect(crops[place]), reverse=True)
    longest = longest[: _PROBES_OF_FEW if has_few else _PROBES]
    reader = recognizer if has_few else recognizer.quick
    # A search would find a text of the wanted kind either way.
    is_final = has_few and not settings.is_search and settings.grammar == "none"
    taken = settings if is_final else _PLAIN

    # The likely way first, and the other one only as long as it could change the answer.
    way = direction.angle in (0, 90)
    straight = [crops[place] for place in longest]
    around = [turn(image) for image in straight]
    likely, other = (straight, around) if way else (around, straight)
    read = reader.recognize(likely, taken, call)
    against: list[Recognition] = []
    for image in other:
        bounds = [evidence.decide(_pairs(read, against, rest, way)) for rest in (1.0, 0.0)]
        direction = bounds[0]
        if bounds[0].angle == bounds[1].angle:
            break
        against += reader.recognize([image], taken, call)
    else:
        direction = evidence.decide(_pairs(read, against, 0.0, way))
    as_they_are = (read if way else against) if is_final else []
    return PageDirection(direction, dict(zip(longest, as_they_are, strict=False)))


def _pairs(
    read: Sequence[Recognition], against: Sequence[Recognition], rest: float, way: bool
) -> list[tuple[float, float]]:
    """Return the scores of lines as they are and upside down, those that aren't known as given."""
    others = [text.score for text in against]
    others += [rest] * (len(read) - len(against))
    pairs = zip((text.score for text in read), others, strict=True)
    return [(one, other) if way else (other, one) for one, other in pairs]


def _aspect(image: BgrImage) -> float:
    return float(image.shape[1] / image.shape[0])
