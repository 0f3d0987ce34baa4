from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.imaging import fonts
from hubocr.imaging.fonts import FONT_VARIABLE, MISSING_FONT_HINT, find_cjk_font, load_font

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-in for fc-list is a script")


@pytest.fixture
def font_file(tmp_path: Path) -> Path:
    """A font file: the one that Pillow has built in."""
    default = ImageFont.load_default(12)
    assert isinstance(default, ImageFont.FreeTypeFont)
    assert isinstance(default.path, io.BytesIO)
    path = tmp_path / "Own-Regular.ttf"
    path.write_bytes(default.path.getvalue())
    return path


@pytest.fixture(autouse=True)
def bare_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system with no font at all, and a search that starts anew."""
    monkeypatch.delenv(FONT_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_KNOWN_FONTS", ())
    find_cjk_font.cache_clear()
    yield
    find_cjk_font.cache_clear()


def fontconfig(folder: Path, *found: Path) -> None:
    """Put an fc-list on the path that lists these files, if it is asked for Chinese ones."""
    listing = "".join(f"{path}: \n" for path in found)
    script = folder / "fc-list"
    script.write_text(f'#!/bin/sh\n[ "$1" = ":lang=zh" ] && echo "{listing}"\n')
    script.chmod(0o755)


def test_without_any_font_there_is_none_and_drawing_still_works() -> None:
    assert find_cjk_font() is None
    font = load_font(20)
    canvas = Image.new("L", (100, 40))
    ImageDraw.Draw(canvas).text((2, 2), "Order", font=font, fill=255)
    assert canvas.getbbox() is not None
    assert FONT_VARIABLE in MISSING_FONT_HINT


def test_the_font_that_is_named_comes_first(
    font_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path(shutil.copy(font_file, tmp_path / "Other-Regular.ttf"))
    fontconfig(tmp_path, other)
    monkeypatch.setenv(FONT_VARIABLE, str(font_file))
    assert find_cjk_font() == font_file
    loaded = load_font(31)
    assert isinstance(loaded, ImageFont.FreeTypeFont)
    assert (loaded.path, loaded.size) == (str(font_file), 31)


@pytest.mark.parametrize("content", [None, b"", b"no font"])
def test_a_named_file_that_is_no_font_is_passed_over(
    font_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    named = tmp_path / "named.ttf"
    if content is not None:
        named.write_bytes(content)
    monkeypatch.setenv(FONT_VARIABLE, str(named))
    fontconfig(tmp_path, font_file)
    assert find_cjk_font() == font_file


def test_a_normal_weight_is_preferred(font_file: Path, tmp_path: Path) -> None:
    bold = Path(shutil.copy(font_file, tmp_path / "Aaa-Bold.ttf"))
    fontconfig(tmp_path, bold, font_file)
    assert find_cjk_font() == font_file


def test_well_known_places_come_last(
    font_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Path(shutil.copy(font_file, tmp_path / "Known-Regular.ttf"))
    monkeypatch.setattr(fonts, "_KNOWN_FONTS", (str(tmp_path / "absent.ttc"), str(known)))
    assert find_cjk_font() == known
    find_cjk_font.cache_clear()
    fontconfig(tmp_path, font_file)
    assert find_cjk_font() == font_file
