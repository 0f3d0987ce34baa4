"""Two recognisers in a row: a quick one for all lines, the other for what it isn't sure of.

A line to whose letters and digits the quick one gives a high probability is hardly read better by
the other, which takes several times as long; see "A cascade of recognisers" in
``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from hubocr.imaging import BgrImage
from hubocr.models import optional_model
from hubocr.recognition.plates import is_surely_plate
from hubocr.recognition.recognizer import TextRecognizer
from hubocr.recognition.results import Recognition
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.runtime import Call, Network, Runtime, Workload
from hubocr.settings import EngineSettings, ModelSettings, RecognitionSettings

_FOREIGN = 0.02
"""Share of characters unknown to the first recogniser in what the second reads from which on the
first can't write the script: it is sure of the nearest simplified character where a traditional one
stands. On lines in traditional characters it is 0.2, on simplified ones 0.003 at most."""


_FEW = 4
"""Lines of an image up to which the second reads all: labels, plates and displays are codes, in
which the first is often wrong and sure, and take no time to speak of."""


class Recognizer(Protocol):
    """What reads lines."""

    @property
    def network(self) -> Network:
        """The loaded model, of two the one whose readings are final."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that it can read."""

    @property
    def quick(self) -> TextRecognizer:
        """The quickest recogniser that it has."""

    def recognize(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
    ) -> list[Recognition]:
        """Read lines in order; see `TextRecognizer.recognize`."""

    def recognize_page(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
        known: Mapping[int, Recognition] | None = None,
    ) -> list[Recognition]:
        """Read the lines of one page in order; see `TextRecognizer.recognize_page`."""


class CascadeRecognizer:
    """Two recognisers in a row; safe to share between threads.

    Lines that have nothing to do with each other, those of images with a few lines, and texts that
    are searched for because something is known of them are read by the second alone.

    Args:
        first: Reads all lines.
        second: Reads those of which the first isn't sure.
    """

    def __init__(self, first: TextRecognizer, second: TextRecognizer) -> None:
        self._first = first
        self._second = second
        self._known = frozenset(first.vocabulary.characters)

    @property
    def network(self) -> Network:
        """The second recogniser's loaded model."""
        return self._second.network

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters of the second recogniser."""
        return self._second.vocabulary

    @property
    def quick(self) -> TextRecognizer:
        """The first recogniser."""
        return self._first

    def recognize(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
    ) -> list[Recognition]:
        """Read lines that have nothing to do with each other; see `TextRecognizer.recognize`.

        The second reads all, unless a grammar says which readings of the first are right.
        """
        settings, call = settings or RecognitionSettings(), call or Call()
        if settings.grammar == "none" or settings.is_search:
            return self._second.recognize(images, settings, call)
        return self._in_turn(images, settings, call)[0]

    def recognize_page(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
        known: Mapping[int, Recognition] | None = None,
    ) -> list[Recognition]:
        """Read the lines of one page; see `TextRecognizer.recognize_page`."""
        settings, call = settings or RecognitionSettings(), call or Call()
        if settings.grammar != "none":
            return self.recognize(images, settings, call)
        if len(images) <= _FEW or settings.is_search:
            return self._second.recognize_page(images, settings, call, known)
        found, again = self._in_turn(images, settings, call)
        if self._are_foreign(list(again.values())):
            rest = [place for place in range(len(images)) if place not in again]
            texts = self._second.recognize([images[place] for place in rest], settings, call)
            for place, text in zip(rest, texts, strict=True):
                found[place] = text
        return found

    def _in_turn(
        self, images: Sequence[BgrImage], settings: RecognitionSettings, call: Call
    ) -> tuple[list[Recognition], dict[int, Recognition]]:
        """Read lines with the first, and with the second where that isn't sure.

        Returns:
            What was read, and by its place what of it the second has read.
        """
        found = self._first.recognize(images, replace(settings, char_scores=True), call)
        doubtful = [place for place, text in enumerate(found) if not _is_sure(text, settings)]
        if not settings.char_scores:
            found = [replace(text, char_scores=None) for text in found]
        texts = self._second.recognize([images[place] for place in doubtful], settings, call)
        again = dict(zip(doubtful, texts, strict=True))
        return [again.get(place, text) for place, text in enumerate(found)], again

    def _are_foreign(self, texts: Sequence[Recognition]) -> bool:
        """Say whether texts have many characters that the first recogniser doesn't know."""
        letters = [letter for text in texts for letter in text.text if letter.isalnum()]
        unknown = sum(letter not in self._known for letter in letters)
        return unknown > _FOREIGN * len(letters)


def _is_sure(text: Recognition, settings: RecognitionSettings) -> bool:
    """Say whether what the first recogniser reads in a line is taken."""
    if settings.grammar == "cn_plate":
        return is_surely_plate(text)
    scores = text.char_scores or ()
    # Ligatures are one class: then letters and scores don't pair up, and all count.
    letters = [
        score
        for letter, score in zip(text.text, scores, strict=False)
        if letter.isalnum() or len(scores) != len(text.text)
    ]
    # The mean says what reading again gains for its time, which grows with the length of a line.
    return bool(letters) and sum(letters) / len(letters) >= settings.first_score


def load_recognizer(
    models: ModelSettings,
    settings: EngineSettings,
    *,
    workload: Workload = Workload.LINE,
    runtime: Runtime | None = None,
) -> Recognizer:
    """Load the recogniser that settings name, or the two; see `TextRecognizer.load`."""
    load = partial(
        TextRecognizer.load,
        settings=settings,
        use_space_char=models.use_space_char,
        workload=workload,
        runtime=runtime or Runtime(settings.threads),
    )
    recognizer = load(models.rec_model, dict_path=models.rec_char_dict_path)
    first_model = optional_model(models.first_rec_model, f"{models.rec_model} reads all lines")
    return recognizer if first_model is None else CascadeRecognizer(load(first_model), recognizer)
