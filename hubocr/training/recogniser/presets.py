"""What suits a kind of image of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hubocr.training.data.augmentation import LINE, NONE, Augmentation
from hubocr.training.recogniser.vocabulary import ALL, AUTO

_LINES = ("line_accuracy", "character_accuracy")
_CHARACTERS = ("character_accuracy", "line_accuracy")


@dataclass(frozen=True)
class Preset:
    """What a preset stands for.

    Attributes:
        augmentation: How images are changed.
        stretched: Whether images are stretched to one width; otherwise they keep their shape.
        charset: What the charset ``auto`` stands for.
        widening: Factor by which lines are wider than their aspect ratio says, in training and
            when they are read; None: as the base has it.
        spread: By which share the lines of a batch are wider or narrower than that at most. One
            factor for all of them, or they would need padding.
        concatenation: Share of short lines that are joined with another one.
        interpolation: Share of the trained weights in the published ones, where none is asked for.
        recombination: Share of images that are put together of two.
        learning_rate: The highest, where none is asked for. Where the head isn't cut, a high one
            only loses what the base knows.
        ranking: Figures that tell the best weights, the most important first. Of long lines few are
            right as a whole at first, so that their number says little.
        fewest: Validation lines below which the difference between two evaluations is mostly
            chance, so that the last weights are taken.
    """

    augmentation: Augmentation
    stretched: bool = False
    widening: float | None = None
    spread: float = 0.0
    charset: str = AUTO
    concatenation: float = 0.0
    interpolation: float = 1.0
    recombination: float = 0.0
    learning_rate: float = 5e-4
    ranking: tuple[str, ...] = _LINES
    fewest: int = 0


PRESETS: Mapping[str, Preset] = {
    "captcha": Preset(
        Augmentation(
            share=0.8, rotation=6, shear=0.2, scale=0.15, shift=0.06, perspective=0.05, warp=0.025,
            light=25, noise=8, blur=0.7, lines=2,
        ),
        stretched=True,
        recombination=0.5,
    ),
    "line": Preset(LINE, fewest=100),
    "handwriting": Preset(
        Augmentation(
            share=0.6, rotation=1, shear=0.35, scale=0.12, shift=0.06, perspective=0.06, light=40,
            noise=8, blur=0.8, warp=0.045, stroke=1.0, whole=True,
        ),
        widening=1.25,
        spread=0.2,
        charset=ALL,
        concatenation=0.2,
        interpolation=0.5,
        learning_rate=4e-5,
        ranking=_CHARACTERS,
        fewest=100,
    ),
    "none": Preset(NONE),
}  # fmt: skip
