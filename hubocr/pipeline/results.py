"""What the pipeline answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from hubocr.recognition import Alternative

Point = tuple[int, int]


@dataclass(frozen=True)
class TextLine:
    """One line of text in an image.

    Attributes:
        polygon: Corners (x, y) in source pixels, clockwise from the top left one.
        text: What was read.
        score: Mean probability of the characters, from 0 to 1.
        detection_score: Mean text probability inside the box, from 0 to 1.
        angle: 180 where the crop was turned before it was read, 0 where the classifier left it,
            None where the classifier was off.
        char_scores: Probability of every character; empty unless they were asked for.
        alternatives: The most probable texts; empty unless they were asked for.
    """

    polygon: tuple[Point, ...]
    text: str
    score: float
    detection_score: float
    angle: int | None = None
    char_scores: tuple[float, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class StageTimes:
    """Wall time of the stages of one call, in seconds."""

    detection: float = 0.0
    cropping: float = 0.0
    classification: float = 0.0
    recognition: float = 0.0


@dataclass(frozen=True)
class Box:
    """A place where the detector found text, whether or not it could be read.

    Attributes:
        polygon: Corners (x, y) in source pixels, clockwise from the top left one.
        angle: 180 where the crop was turned before it was read, 0 where the classifier left it,
            None where the classifier was off.
    """

    polygon: tuple[Point, ...]
    angle: int | None = None


@dataclass(frozen=True)
class OcrResult:
    """All text of one image.

    Attributes:
        width: Width of the image in pixels.
        height: Height of the image in pixels.
        lines: The lines that were read well enough, in reading order.
        boxes: Every box that was found, in reading order.
        times: How long the stages took; left out of comparisons.
    """

    width: int
    height: int
    lines: tuple[TextLine, ...]
    boxes: tuple[Box, ...] = ()
    times: StageTimes = field(default=StageTimes(), compare=False)

    @property
    def text(self) -> str:
        """The texts of all lines, one a line."""
        return "\n".join(line.text for line in self.lines)
