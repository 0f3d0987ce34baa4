"""What synthetic lines say."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from hubocr.errors import SettingsError
from hubocr.synth.settings import SynthSettings
from hubocr.synth.wordlists import WordList, installed_lists, is_cjk, load_words, read_lines

_Random = np.random.Generator

_CHINESE_MARKS = "，。、：；！？“”（）《》【】…—·"
_LATIN_MARKS = ",.;:!?\"'()-/&%"
_UNITS = ("", "", "%", "元", "kg", "cm", "mm", "ml", "GB", "km/h", "℃", "年", "次", "m²")
_CURRENCIES = ("$", "¥", "￥", "€", "£", "RM", "USD ", "RMB")
_DOMAINS = ("com", "cn", "org", "net", "com.cn", "edu", "io", "gov.cn")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_TRIES = 20


class Texts:
    """A source of texts.

    Args:
        settings: Kinds, word lists, corpus, vocabulary, length.
        vocabulary: The characters that may be drawn, in place of those of the settings.

    Raises:
        SettingsError: A file can't be read, or there is nothing to draw from.
    """

    def __init__(self, settings: SynthSettings, vocabulary: Sequence[str] | None = None) -> None:
        self._shortest, self._longest = settings.shortest, settings.longest
        if vocabulary is None and settings.vocabulary is not None:
            vocabulary = tuple(read_lines(Path(settings.vocabulary)))
        self._allowed = None if vocabulary is None else frozenset((*vocabulary, " "))
        kinds = dict(settings.kind_weights)
        self._lists: list[WordList] = []
        if kinds.keys() & {"words", "contacts", "characters"}:
            paths = [Path(path) for path in settings.words] or installed_lists()
            found = [load_words(path, self._allowed) for path in paths]
            self._lists = [words for words in found if words is not None]
        self._characters = _characters(vocabulary, self._lists)
        self._corpus = [line for path in settings.corpus for line in read_lines(Path(path))]
        if not self._lists:
            kinds.pop("words", None)
        if not self._characters:
            kinds.pop("characters", None)
        if not self._corpus:
            kinds.pop("corpus", None)
        if not kinds:
            raise SettingsError(
                "there is nothing to draw texts from: name a word list, a corpus or a vocabulary"
            )
        makers: Mapping[str, Callable[[_Random, int], str]] = {
            "words": self._words,
            "characters": self._any_characters,
            "numbers": _numbers,
            "dates": _date,
            "codes": self._code,
            "contacts": self._contact,
            "corpus": self._passage,
        }
        self._makers = [makers[kind] for kind in kinds]
        weights = np.cumsum(np.fromiter(kinds.values(), np.float64))
        self._cumulative = weights / weights[-1]

    def draw(self, random: _Random) -> str:
        """Return a text without space around it."""
        for _ in range(_TRIES):
            kind = int(np.searchsorted(self._cumulative, random.random(), side="right"))
            # Short lines are the most frequent, as on pages: the root of an even share.
            share = random.random() ** 1.5
            wanted = self._shortest + round(share * (self._longest - self._shortest))
            text = self._makers[min(kind, len(self._makers) - 1)](random, wanted)
            if self._allowed is not None:
                text = "".join(c for c in text if c in self._allowed)
            text = text[: self._longest].strip()
            if len(text) >= self._shortest:
                return text
        raise SettingsError(
            f"no text of {self._shortest} to {self._longest} characters could be drawn: "
            "the word lists, the corpus or the vocabulary are too small for that"
        )

    def _words(self, random: _Random, wanted: int) -> str:
        words = self._lists[int(random.integers(len(self._lists)))]
        case = _CASES[int(random.integers(len(_CASES)))]
        text = ""
        while len(text) < wanted:
            word = words.draw(random)
            if words.spaced:
                word = case(word)
            # Words of the other languages, and numbers, stand among these.
            chance = random.random()
            if chance < 0.03:
                word = _number(random)
            elif chance < 0.06:
                word = self._lists[int(random.integers(len(self._lists)))].draw(random)
            joint = ""
            if text:
                marks = _LATIN_MARKS if words.spaced else _CHINESE_MARKS
                joint = marks[int(random.integers(len(marks)))] if random.random() < 0.08 else ""
                joint += " " if words.spaced and random.random() < 0.97 else ""
            if text and len(text) + len(joint) + len(word) > wanted + 3:
                break
            text += joint + word
        if random.random() < 0.1:
            marks = ".!?:" if words.spaced else "。！？："
            text += marks[int(random.integers(len(marks)))]
        return text

    def _any_characters(self, random: _Random, wanted: int) -> str:
        places = random.integers(len(self._characters), size=min(wanted, 12))
        return "".join(self._characters[place] for place in places)

    def _code(self, random: _Random, wanted: int) -> str:
        alphabet = _ALPHABETS[int(random.integers(len(_ALPHABETS)))]
        size = int(random.integers(4, max(5, min(wanted, 20) + 1)))
        code = "".join(alphabet[place] for place in random.integers(len(alphabet), size=size))
        chance = random.random()
        if chance < 0.2:
            cut = int(random.integers(1, size))
            return f"{code[:cut]}{'-/. :_'[int(random.integers(6))]}{code[cut:]}"
        if chance < 0.45 and self._characters:
            # Licence plates, batch numbers, seats, sizes: Chinese characters before or after.
            where = [c for c in (self._any_characters(random, 2)) if is_cjk(c)][:1]
            return "".join(where) + code.upper() if random.random() < 0.7 else code + "".join(where)
        return code

    def _contact(self, random: _Random, wanted: int) -> str:
        latin = [words for words in self._lists if words.spaced]
        letters = string.ascii_lowercase
        name = "".join(letters[place] for place in random.integers(26, size=6))
        if latin:
            name = "".join(c for c in latin[0].draw(random).lower() if c in letters) or name
        domain = f"{name}.{_DOMAINS[int(random.integers(len(_DOMAINS)))]}"
        forms = (
            f"www.{domain}",
            f"https://{domain}/{_digits(random, 3)}",
            f"{name}{_digits(random, 2)}@{domain}",
            f"{_digits(random, 3)}-{_digits(random, 8)}",
            f"1{_digits(random, 10)}",
            f"+{_digits(random, 2)} {_digits(random, 3)} {_digits(random, 4)}",
            f"400-{_digits(random, 3)}-{_digits(random, 4)}",
        )
        return forms[int(random.integers(len(forms)))]

    def _passage(self, random: _Random, wanted: int) -> str:
        line = self._corpus[int(random.integers(len(self._corpus)))]
        if len(line) <= self._longest:
            return line
        start = int(random.integers(len(line) - wanted + 1))
        if " " in line[: start + 1] and not any(map(is_cjk, line[start : start + wanted])):
            # Words stay whole, as they do at the ends of lines.
            start = line.rindex(" ", 0, start + 1) + 1
            part = line[start : start + wanted + 1]
            return part[:wanted] if " " not in part else part[: part.rindex(" ")]
        return line[start : start + wanted]


def _characters(vocabulary: Sequence[str] | None, lists: Sequence[WordList]) -> tuple[str, ...]:
    if vocabulary is not None:
        return tuple(c for c in vocabulary if len(c) == 1 and not c.isspace())
    return tuple(sorted({c for words in lists for word in words.words for c in word}))


def _digits(random: _Random, count: int) -> str:
    return "".join(str(digit) for digit in random.integers(10, size=count))


def _number(random: _Random) -> str:
    value = int(10 ** random.uniform(0, 6))
    forms = (
        str(value),
        f"{value:,}",
        f"{value / 100:.2f}",
        f"{value / 100:,.2f}",
        f"{value / 10:.1f}",
    )
    return forms[int(random.integers(len(forms)))]


def _numbers(random: _Random, wanted: int) -> str:
    chance = random.random()
    if chance < 0.3:
        return _CURRENCIES[int(random.integers(len(_CURRENCIES)))] + _number(random)
    if chance < 0.5:
        return _number(random) + _UNITS[int(random.integers(len(_UNITS)))]
    if chance < 0.6:
        return f"{'-+'[int(random.integers(2))]}{_number(random)}"
    if chance < 0.75:
        return _digits(random, int(random.integers(1, max(2, min(wanted, 20)))))
    if chance < 0.85:
        return f"{int(random.integers(1, 100))}{'x*×:/'[int(random.integers(5))]}{_number(random)}"
    count = max(2, wanted // 7)
    return " ".join(_number(random) for _ in range(int(random.integers(2, count + 1))))


def _date(random: _Random, wanted: int) -> str:
    year, month, day = (int(random.integers(*r)) for r in ((1950, 2050), (1, 13), (1, 29)))
    hour, minute, second = (int(random.integers(n)) for n in (24, 60, 60))
    forms = (
        f"{year}-{month:02}-{day:02}",
        f"{year}/{month}/{day}",
        f"{year}年{month}月{day}日",
        f"{day:02}/{month:02}/{year}",
        f"{year}.{month:02}.{day:02}",
        f"{_MONTHS[month - 1]} {day}, {year}",
        f"{day} {_MONTHS[month - 1]} {year}",
        f"{hour:02}:{minute:02}",
        f"{hour:02}:{minute:02}:{second:02}",
        f"{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}",
        f"{year}{month:02}{day:02}",
    )
    return forms[int(random.integers(len(forms)))]


_ALPHABETS = (
    string.digits,
    string.ascii_uppercase + string.digits,
    string.ascii_letters + string.digits,
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.ascii_lowercase + string.digits,
)

_CASES: tuple[Callable[[str], str], ...] = (
    str, str, str, str.capitalize, str.upper, str.upper, str.lower,
)  # fmt: skip
