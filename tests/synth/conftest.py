"""A font that is there, and small settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.synth.settings import SynthSettings
from tests.fonts import find_font


@pytest.fixture(scope="session")
def font() -> Path:
    return find_font()


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A word list with counts: the first word is by far the most frequent."""
    path = tmp_path / "words.txt"
    path.write_text("harbour 100000\nlantern 10\nquarry 10\nsaffron 1\n", encoding="utf-8")
    return path


@pytest.fixture
def settings(font: Path, words: Path) -> SynthSettings:
    return SynthSettings(fonts=(str(font),), words=(str(words),), longest=16)
