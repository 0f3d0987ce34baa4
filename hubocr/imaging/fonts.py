"""Finding a font that has Chinese characters, for drawing results."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

from PIL import ImageFont

FONT_VARIABLE = "HUBOCR_FONT"

_KNOWN_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)

MISSING_FONT_HINT = (
    "no font with Chinese characters was found: install one (apt-get install fonts-noto-cjk) "
    f"or name a font file in {FONT_VARIABLE}"
)


@functools.lru_cache(maxsize=1)
def find_cjk_font() -> Path | None:
    """Return the file of a font with Chinese characters, or None.

    Looked for in this order: the environment variable ``HUBOCR_FONT``, fontconfig's ``fc-list``
    (regular weights first), well-known paths. A file that can't be loaded is passed over.
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
    except subprocess.TimeoutExpired:
        return []
    found = (line.rstrip(": ") for line in listing.stdout.splitlines())
    return sorted(found, key=lambda path: ("regular" not in Path(path).name.lower(), path))


def _is_font(path: str) -> bool:
    try:
        ImageFont.truetype(path, 12)
    except OSError:
        return False
    return True


def load_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of ``size`` pixels, with Chinese characters where the system has one."""
    path = find_cjk_font()
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)
