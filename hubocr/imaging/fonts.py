"""Finding a font that has Chinese characters, for drawing results."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FONT_VARIABLE = "HUBOCR_FONT"

_KNOWN_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",  # Fedora, RHEL
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",  # macOS
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)

MISSING_FONT_HINT = (
    "no font with Chinese characters was found, drawings show ? in their place: install one "
    "(apt-get install fonts-noto-cjk, or fonts-wqy-zenhei; dnf install google-noto-sans-cjk-fonts) "
    f"or name a font file in {FONT_VARIABLE}"
)


@functools.lru_cache(maxsize=1)
def find_cjk_font() -> Path | None:
    """Return the file of a font with Chinese characters, or None.

    Looked for in this order: the environment variable ``HUBOCR_FONT``, fontconfig's ``fc-list``
    (regular weights first), well-known paths. A file that can't be loaded is skipped.
    """
    named = os.environ.get(FONT_VARIABLE)
    candidates = [named] if named else []
    candidates += _listed_fonts()
    candidates += _KNOWN_FONTS
    return next((Path(path) for path in candidates if _is_font(path)), None)


def _listed_fonts() -> list[str]:
    fc_list = shutil.which("fc-list")
    if not fc_list:
        return []
    try:
        listing = subprocess.run(
            [fc_list, ":lang=zh", "file"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = (line.rstrip(": ") for line in listing.stdout.splitlines())
    return sorted(found, key=lambda path: ("regular" not in Path(path).name.lower(), path))


def _is_font(path: str) -> bool:
    try:
        ImageFont.truetype(path, 12)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Lettering:
    """A font in any size.

    Attributes:
        path: The font file, or None for the font that Pillow has built in.
    """

    path: Path | None

    @property
    def has_cjk(self) -> bool:
        """Whether Chinese characters can be drawn."""
        return self.path is not None

    def font(self, size: int) -> Font:
        """Return the font, ``size`` pixels high."""
        return _load(self.path, size)

    def shown(self, text: str) -> str:
        """Return a text with question marks for what can't be drawn."""
        if self.has_cjk:
            return text
        return text.encode("ascii", "replace").decode("ascii")


@functools.lru_cache(maxsize=64)
def _load(path: Path | None, size: int) -> Font:
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


def find_lettering() -> Lettering:
    """Return the font with Chinese characters, or the one that Pillow has built in."""
    return Lettering(find_cjk_font())


def load_font(size: int) -> Font:
    """Return a font of ``size`` pixels, with Chinese characters where the system has one."""
    return find_lettering().font(size)
