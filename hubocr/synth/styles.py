"""How synthetic lines look: amounts of everything that is drawn, by the kind of image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """How much lines are changed; ranges are drawn from evenly, other amounts are the largest.

    Lengths are shares of the font size unless another unit is given.

    Attributes:
        size: Font size in pixels.
        margin: Space around the text at each side; below 0 it is cut.
        spacing: Space between characters.
        jitter: Shift and change of size of each character on its own.
        joined: Share of lines drawn in one go, so that the letters of script fonts join.
        stroke: Share of lines in artificially bold or outlined characters.
        shear: Horizontal shift of the top against the bottom, as a share of the height.
        rotation: Degrees, either way.
        perspective: Shift of each corner, as a share of the height.
        curve: Height of the wave that the line lies on, as a share of the height.
        elastic: Local distortion in pixels at a height of 48.
        paper: Share of lines in dark ink on nearly white paper.
        plain: Share of other backgrounds of one colour.
        gradient: Share of backgrounds that change from one colour to another.
        photo: Share of backgrounds cut from pictures, where there are any; the rest is texture.
        grey: Share of lines in black, white and grey.
        contrast: Least difference of brightness between ink and background, in levels of 255.
        shadow: Share of lines with a shadow.
        neighbours: Share of lines with parts of the lines above and below.
        rules: Share of lines with straight lines through, under or beside the text.
        strokes: Curves and dots over the text, as captchas have them.
        blur: Standard deviation in pixels at a height of 48.
        motion: Length of motion blur in pixels at a height of 48.
        downscale: Smallest factor by which the line is made smaller and larger again.
        light: Change of brightness in levels of 255, and of contrast in hundredths.
        noise: Standard deviation of pixel noise in levels of 255.
        jpeg: Share of lines that go through JPEG.
        quality: JPEG quality.
        bilevel: Share of lines in black and white alone, as scans and binarised sets have them.
        invert: Share of lines that are turned into their negative.
    """

    size: Range = (18, 52)
    margin: Range = (0.0, 0.3)
    spacing: Range = (0.0, 0.0)
    jitter: float = 0.0
    joined: float = 0.0
    stroke: float = 0.1
    shear: float = 0.0
    rotation: float = 1.0
    perspective: float = 0.02
    curve: float = 0.0
    elastic: float = 0.0
    paper: float = 0.0
    plain: float = 0.5
    gradient: float = 0.2
    photo: float = 0.1
    grey: float = 0.5
    contrast: float = 60
    shadow: float = 0.0
    neighbours: float = 0.0
    rules: float = 0.0
    strokes: float = 0.0
    blur: float = 1.0
    motion: float = 0.0
    downscale: float = 0.7
    light: float = 20
    noise: float = 8
    jpeg: float = 0.5
    quality: Range = (35, 95)
    bilevel: float = 0.0
    invert: float = 0.05


STYLES: Mapping[str, Style] = {
    "document": Style(
        size=(14, 44), margin=(-0.03, 0.25), rotation=0.8, perspective=0.02, plain=0.6,
        gradient=0.2, photo=0.03, grey=0.75, contrast=70, neighbours=0.12, rules=0.15, blur=1.1,
        noise=10, downscale=0.55, light=30,
    ),
    "scene": Style(
        size=(20, 64), margin=(-0.05, 0.45), spacing=(-0.02, 0.3), stroke=0.3, shear=0.25,
        rotation=5, perspective=0.14, curve=0.12, plain=0.2, gradient=0.25, photo=0.4, grey=0.2,
        contrast=40, shadow=0.25, rules=0.05, blur=1.6, motion=5, downscale=0.35, light=50,
        noise=14, jpeg=0.7, quality=(20, 90), invert=0.1,
    ),
    "handwriting": Style(
        size=(26, 60), margin=(-0.02, 0.3), spacing=(-0.06, 0.15), jitter=0.1, joined=0.6,
        stroke=0.15, shear=0.45, rotation=2, perspective=0.05, curve=0.08, elastic=2.2, paper=0.85,
        plain=0.5, gradient=0.3, photo=0.02, grey=0.5, neighbours=0.1, rules=0.3, blur=0.9,
        noise=10, downscale=0.6, light=30, bilevel=0.35, invert=0.02,
    ),
    "captcha": Style(
        size=(24, 48), margin=(0.05, 0.6), spacing=(-0.12, 0.35), jitter=0.25, stroke=0.15,
        shear=0.3, rotation=4, perspective=0.06, curve=0.15, elastic=1.5, plain=0.5, gradient=0.15,
        photo=0.05, grey=0.25, strokes=6, blur=0.7, noise=18, jpeg=0.4, downscale=0.6,
    ),
}  # fmt: skip
"""Amounts that suit a kind of image."""
