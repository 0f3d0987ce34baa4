"""Synthetic lines by their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hubocr.errors import ImageError, SettingsError
from hubocr.imaging import BgrImage, read_image
from hubocr.synth.damage import damage
from hubocr.synth.fonts import Fonts
from hubocr.synth.paint import paint
from hubocr.synth.render import draw_text
from hubocr.synth.settings import SynthSettings
from hubocr.synth.shapes import bend, warp, with_margins
from hubocr.synth.styles import STYLES
from hubocr.synth.texts import Texts

_TRIES = 50
_HANDWRITING = "handwriting"
_PHOTO_SIDE = 1024
_PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True, eq=False)
class SyntheticLine:
    """An image and what it says.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        text: The text, without space around it.
    """

    image: BgrImage
    text: str


class LineGenerator:
    """A stream of lines that never ends.

    A line follows from the settings, the seed and its number, whoever makes it and whatever was
    made before; so a run that goes on after a stop needs no state. It may be used by several
    threads, but processes are what makes it faster.

    Args:
        settings: Fonts, styles, texts, backgrounds, seed.
        vocabulary: The characters that may be drawn, in place of those of the settings.

    Raises:
        SettingsError: There is no font or no text, or a file can't be read.
        MissingPackageError: fontTools isn't installed.
    """

    def __init__(self, settings: SynthSettings, vocabulary: Sequence[str] | None = None) -> None:
        self._settings = settings
        self._seed = settings.seed
        self._texts = Texts(settings, vocabulary)
        styles = settings.style_weights
        fonts = Fonts([Path(place) for place in settings.fonts])
        self._fonts = {name: fonts for name in styles}
        if settings.handwriting_fonts and _HANDWRITING in styles:
            own = Fonts([Path(place) for place in settings.handwriting_fonts])
            self._fonts[_HANDWRITING] = own
        self._photos = _load_photos(settings.backgrounds)
        weights = np.cumsum(np.fromiter(styles.values(), np.float64))
        self._names = tuple(styles)
        self._cumulative = weights / weights[-1]

    def line(self, number: int) -> SyntheticLine:
        """Return a line.

        Args:
            number: Its number, from 0 on.

        Raises:
            SettingsError: The fonts have none of the texts that are drawn.
        """
        random = np.random.default_rng((self._seed, number))
        place = int(np.searchsorted(self._cumulative, random.random(), side="right"))
        name = self._names[min(place, len(self._names) - 1)]
        style, fonts = STYLES[name], self._fonts[name]
        vertical = random.random() < self._settings.vertical
        for _ in range(_TRIES):
            text = self._texts.draw(random)
            font = fonts.draw(text, random)
            if font is None:
                continue
            mask = draw_text(text, font, style, random, vertical=vertical)
            if mask is None:
                continue
            size = float(mask.shape[1] if vertical else mask.shape[0])
            mask = bend(warp(mask, style, random), style, random)
            mask = with_margins(mask, style, random, size)
            image = damage(paint(mask, style, self._photos, random), style, random)
            return SyntheticLine(image, text)
        raise SettingsError(
            f"the fonts have none of {_TRIES} texts that were drawn, such as {text!r}: name fonts "
            "that have the characters, or a `vocabulary` that the fonts have"
        )

    def lines(self, start: int = 0, step: int = 1) -> Iterator[SyntheticLine]:
        """Yield lines endlessly, every ``step``-th from ``start`` on."""
        number = start
        while True:
            yield self.line(number)
            number += step


def _load_photos(folder: Path | None) -> list[BgrImage]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise SettingsError(f"there is no folder of backgrounds at {folder}")
    photos = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _PHOTO_SUFFIXES:
            continue
        try:
            image = read_image(path)
        except ImageError:
            continue  # one bad picture among many must not end a run
        factor = _PHOTO_SIDE / max(image.shape[:2])
        if factor < 1:
            image = np.asarray(
                cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA),
                np.uint8,
            )
        photos.append(image)
    if not photos:
        raise SettingsError(f"there is no picture in {folder}")
    return photos
