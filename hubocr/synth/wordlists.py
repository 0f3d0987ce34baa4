"""Word lists that are installed anyway, read where they lie; none is copied."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import SettingsError

_SYSTEM_LISTS = ("/usr/share/dict/words", "/usr/share/dict/american-english")
"""Debian's ``wamerican`` and its relatives, macOS's own."""

_SMOOTHING = 0.6
"""Counts are raised to this power, so that rare words come up as well."""


@dataclass(frozen=True, eq=False)
class WordList:
    """Words with how often each is to be drawn.

    Attributes:
        words: The words.
        cumulative: Running sum of their weights, float64, ending at 1.
        spaced: Whether words are set apart by spaces.
    """

    words: tuple[str, ...]
    cumulative: NDArray[np.float64]
    spaced: bool

    def draw(self, random: np.random.Generator) -> str:
        """Return a word."""
        place = int(np.searchsorted(self.cumulative, random.random(), side="right"))
        return self.words[min(place, len(self.words) - 1)]


def installed_lists() -> tuple[Path, ...]:
    """Return the word lists found: jieba's dictionary (Chinese), the system's (English)."""
    found = [Path(path) for path in _SYSTEM_LISTS if Path(path).is_file()][:1]
    # Not imported: that takes a second and changes the logging.
    package = importlib.util.find_spec("jieba")
    if package is not None and package.origin:
        dictionary = Path(package.origin).parent / "dict.txt"
        if dictionary.is_file():
            found.append(dictionary)
    return tuple(found)


def load_words(path: Path, allowed: frozenset[str] | None) -> WordList | None:
    """Read a list: on each line a word, and maybe its count and more, parted by white space.

    Args:
        path: The file, UTF-8.
        allowed: The characters that words may have; None: all.

    Returns:
        The list, None where no word is left.

    Raises:
        SettingsError: The file can't be read.
    """
    words: dict[str, float] = {}
    for line in read_lines(path):
        word, _, rest = line.partition(" ")
        if word and (allowed is None or allowed.issuperset(word)):
            count = rest.split(" ", 1)[0]
            words[word] = max(1.0, float(count)) ** _SMOOTHING if count.isdecimal() else 1.0
    if not words:
        return None
    weights = np.cumsum(np.fromiter(words.values(), np.float64))
    chinese = sum(is_cjk(word[0]) for word in words)
    return WordList(tuple(words), weights / weights[-1], spaced=chinese * 2 < len(words))


def read_lines(path: Path) -> Iterable[str]:
    """Return the lines of a text file, stripped, without empty ones.

    Raises:
        SettingsError: It can't be read or isn't UTF-8.
    """
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"can't read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8") from error
    return [line.strip() for line in content.split("\n") if line.strip()]


def is_cjk(character: str) -> bool:
    """Return whether a character is a Chinese one, or kana or hangul: set without spaces."""
    return (
        "\u2e80" <= character <= "\ud7ff"
        or "\uf900" <= character <= "\ufaff"
        or (character >= "\U00020000")
    )
