"""What reading a line answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubocr.settings import DecodingSettings


@dataclass(frozen=True)
class Alternative:
    """A text that a line may say.

    Attributes:
        text: The characters; it may be empty.
        probability: Share of the text in the probability of all texts that the settings allow,
            from 0 to 1: the sum over its paths (Graves et al., 2006, eq. 3) divided by the sum
            over the paths of all of those.
    """

    text: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"text": self.text, "probability": self.probability}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Alternative:
        """Return what `to_dict` was called on."""
        return cls(values["text"], values["probability"])


@dataclass(frozen=True)
class Character:
    """A character of a line, and where it was seen.

    Attributes:
        text: The character; a few models have classes of several.
        score: Its probability, from 0 to 1.
        position: Where the middle of it is, as a share of the line's width, from 0 to 1.
    """

    text: str
    score: float
    position: float


@dataclass(frozen=True)
class Word:
    """A word of a line, or a character that is a word of its own, as Chinese ones are.

    Attributes:
        text: What it says, without spaces.
        score: Mean probability of its characters, from 0 to 1.
        polygon: Four corners (x, y), clockwise from the top left one, in pixels of the image that
            was read: the page, or the line where it was given alone.
    """

    text: str
    score: float
    polygon: tuple[tuple[float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "text": self.text,
            "confidence": self.score,
            "text_region": [list(point) for point in self.polygon],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Word:
        """Return what `to_dict` was called on."""
        polygon = tuple((x, y) for x, y in values["text_region"])
        return cls(values["text"], values["confidence"], polygon)


@dataclass(frozen=True)
class Recognition:
    """The text of one line.

    What was not asked for is None, and left out by `to_dict`.

    Attributes:
        text: The characters, empty where nothing was read.
        score: Mean probability of the characters, from 0 to 1; 0.0 where nothing was read.
        char_scores: Probability of every character, of which the score is the mean.
        alternatives: The most probable texts, best first.
        answer: The result of the sum that the text is, as digits; None where it is none.
        words: The words with their places, in the order of the text.
        characters: The characters with their places, of which words are made; no part of a result
            that leaves the process.
    """

    text: str
    score: float
    char_scores: tuple[float, ...] | None = None
    alternatives: tuple[Alternative, ...] | None = None
    answer: str | None = None
    words: tuple[Word, ...] | None = None
    characters: tuple[Character, ...] | None = None

    @classmethod
    def nothing(cls, settings: DecodingSettings) -> Recognition:
        """Return the empty text, with all that the settings ask for, empty as well."""
        return cls(
            "",
            0.0,
            () if settings.char_scores else None,
            () if settings.alternatives else None,
            words=() if settings.word_boxes else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        values: dict[str, Any] = {"text": self.text, "confidence": self.score}
        if self.char_scores is not None:
            values["char_scores"] = list(self.char_scores)
        if self.alternatives is not None:
            values["alternatives"] = [other.to_dict() for other in self.alternatives]
        if self.answer is not None:
            values["answer"] = self.answer
        if self.words is not None:
            values["words"] = [word.to_dict() for word in self.words]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recognition:
        """Return what `to_dict` was called on; keys that are not its own are ignored."""
        char_scores, alternatives = values.get("char_scores"), values.get("alternatives")
        words = values.get("words")
        return cls(
            values["text"],
            values["confidence"],
            None if char_scores is None else tuple(char_scores),
            None
            if alternatives is None
            else tuple(Alternative.from_dict(other) for other in alternatives),
            values.get("answer"),
            None if words is None else tuple(Word.from_dict(word) for word in words),
        )
