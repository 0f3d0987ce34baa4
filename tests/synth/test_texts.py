from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hubocr.errors import SettingsError
from hubocr.synth.settings import TEXT_KINDS, SynthSettings, weights
from hubocr.synth.texts import Texts


def drawn(settings: SynthSettings, count: int = 200) -> list[str]:
    texts = Texts(settings)
    return [texts.draw(np.random.default_rng((7, n))) for n in range(count)]


def test_texts_keep_to_the_length(settings: SynthSettings) -> None:
    for text in drawn(replace(settings, shortest=3, longest=9)):
        assert 3 <= len(text) <= 9
        assert text == text.strip()


def test_only_characters_of_the_vocabulary_are_drawn(
    settings: SynthSettings, tmp_path: Path
) -> None:
    dictionary = tmp_path / "dictionary.txt"
    dictionary.write_text("\n".join("abcdefghijklmnopqrstuvwxyz0123456789"), encoding="utf-8")
    texts = drawn(replace(settings, vocabulary=str(dictionary)))
    assert set("".join(texts)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert any(text.isdigit() for text in texts)


def test_words_come_up_as_often_as_their_counts_say(settings: SynthSettings) -> None:
    texts = drawn(replace(settings, kinds=("words",), longest=10), 400)
    counts = Counter(word for text in texts for word in text.lower().split())
    assert counts.most_common(1)[0][0] == "harbour"
    assert counts["lantern"] > 0


def test_passages_of_a_corpus_are_passages_of_it(settings: SynthSettings, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    line = "The tide turned twice before the boats came home that night."
    corpus.write_text(f"{line}\n短句\n\n", encoding="utf-8")
    for text in drawn(replace(settings, corpus=(str(corpus),), longest=12)):
        assert text in line or text == "短句"


@pytest.mark.parametrize("kind", [kind for kind in TEXT_KINDS if kind != "corpus"])
def test_every_kind_of_text_can_be_drawn_alone(settings: SynthSettings, kind: str) -> None:
    texts = drawn(replace(settings, kinds=(kind,)), 40)
    assert len(set(texts)) > 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kinds": ("poems=1",)}, "poems"),
        ({"kinds": ("words=-1",)}, "words=-1"),
        ({"kinds": ("words=many",)}, "words=many"),
        ({"kinds": ("words=0",)}, "no weight above 0"),
        ({"kinds": ("corpus",)}, "no `corpus` is given"),
        ({"styles": ("marble",)}, "marble"),
        ({"shortest": 5, "longest": 4}, "`shortest` is 5"),
        ({"vertical": 1.5}, "vertical must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    settings: SynthSettings, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        replace(settings, **changes)  # type: ignore[arg-type]


def test_a_name_alone_weighs_one() -> None:
    assert weights(("a", "b=2.5"), ("a", "b", "c"), "x") == {"a": 1.0, "b": 2.5}


@pytest.mark.parametrize("content", [b"\xff\xfe\xfa", None])
def test_a_word_list_that_cannot_be_read_is_named(
    settings: SynthSettings, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "damaged.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"damaged\.txt"):
        Texts(replace(settings, words=(str(path),)))


def test_a_vocabulary_without_enough_characters_is_an_error_and_no_endless_loop(
    settings: SynthSettings, tmp_path: Path
) -> None:
    dictionary = tmp_path / "dictionary.txt"
    dictionary.write_text("§\n", encoding="utf-8")
    texts = Texts(replace(settings, vocabulary=str(dictionary), kinds=("numbers",)))
    with pytest.raises(SettingsError, match="no text of 1 to 16 characters"):
        texts.draw(np.random.default_rng(0))
