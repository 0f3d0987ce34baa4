"""Fonts for synthetic lines, and which characters they have."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageFont

from hubocr.errors import SettingsError
from hubocr.optional import require
from hubocr.synth.wordlists import is_cjk

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc", ".woff")
"""WOFF is what npm packages of fonts hold. (WOFF 2 would need a further library to be read.)"""

_PLANES = 0x30000
"""Characters from here on, private and special ones, are never drawn."""

_LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHINESE = "的一是不了人在有我他"
_CACHED = 1024
_TRIES = 12


@dataclass(frozen=True)
class Font:
    """A face of a font file.

    Attributes:
        path: The file.
        index: The face in a collection.
        coverage: A bit for each character.
        chinese: Whether it has the most frequent Chinese characters.
    """

    path: Path
    index: int
    coverage: bytes = field(compare=False)
    chinese: bool = field(compare=False)

    def covers(self, text: str) -> bool:
        """Return whether it has all characters of a text."""
        return all(
            code < _PLANES and self.coverage[code >> 3] >> (code & 7) & 1 for code in map(ord, text)
        )

    def load(self, size: int) -> Any:
        """Return the face at a size in pixels, for drawing."""
        return _loaded(self.path, self.index, size)


class Fonts:
    """Fonts to draw from.

    Args:
        places: Font files and folders; empty: those that fontconfig lists.

    Raises:
        SettingsError: There is none that can be used.
        MissingPackageError: fontTools isn't installed.
    """

    def __init__(self, places: Sequence[Path] = ()) -> None:
        fonts = [font for path in _files(places) for font in _faces(path)]
        if not fonts:
            where = ", ".join(map(str, places)) or "the system (fc-list)"
            raise SettingsError(
                f"no font with Latin letters and digits or Chinese was found in {where}; for "
                "Chinese install fonts-noto-cjk (Debian), or name a folder"
            )
        self._all = fonts
        self._latin = [font for font in fonts if not font.chinese] or fonts
        self._chinese = [font for font in fonts if font.chinese] or fonts

    def __len__(self) -> int:
        return len(self._all)

    def draw(self, text: str, random: np.random.Generator) -> Font | None:
        """Return a font that has a text; None where none of some tried has."""
        chinese = any(map(is_cjk, text)) or random.random() < 0.25
        group = self._chinese if chinese else self._latin
        for _ in range(_TRIES):
            font = group[int(random.integers(len(group)))]
            if font.covers(text):
                return font
        return None


def _files(places: Sequence[Path]) -> Iterable[Path]:
    if not places:
        return _listed()
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += [p for p in place.rglob("*") if p.suffix.lower() in _SUFFIXES]
        elif place.is_file():
            found.append(place)
        else:
            raise SettingsError(f"there are no fonts at {place}")
    # Sorted, or the same seed would draw others on another file system.
    return sorted(set(found))


def _listed() -> list[Path]:
    program = shutil.which("fc-list")
    if program is None:
        return []
    listing = subprocess.run(
        [program, "--format", "%{file}\n"], capture_output=True, text=True, timeout=60, check=False
    )
    paths = {Path(line) for line in listing.stdout.splitlines()}
    return sorted(path for path in paths if path.suffix.lower() in _SUFFIXES)


def _faces(path: Path) -> list[Font]:
    """Return the faces of a file that have Latin letters and digits, or frequent Chinese ones.

    There is none in a damaged file.
    """
    library: Any = require("fontTools.ttLib", "synth", "drawing lines")
    try:
        # Opened here: of a damaged file fontTools leaves its own open.
        with path.open("rb") as file:
            if path.suffix.lower() in (".ttc", ".otc"):
                collection = library.TTCollection(file, lazy=True)
                maps = [face.getBestCmap() for face in collection.fonts]
            else:
                maps = [library.TTFont(file, lazy=True).getBestCmap()]
    except (library.TTLibError, OSError, ValueError, KeyError, AssertionError):
        return []
    faces = []
    seen = set()
    for index, found in enumerate(maps):
        coverage = _bits(found or {})
        font = Font(path, index, coverage, chinese=False)
        chinese = font.covers(_CHINESE)
        if not chinese and not font.covers(_LATIN):
            continue
        # The faces of a collection differ in few characters, or in width only.
        if coverage in seen:
            continue
        seen.add(coverage)
        faces.append(Font(path, index, coverage, chinese=chinese))
    return faces


def _bits(codes: Iterable[int]) -> bytes:
    flags = np.zeros(_PLANES, bool)
    flags[[code for code in codes if code < _PLANES]] = True
    return np.packbits(flags, bitorder="little").tobytes()


@functools.lru_cache(maxsize=_CACHED)
def _loaded(path: Path, index: int, size: int) -> Any:
    # The basic layout is the same on every machine and needs no further library.
    return ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)
