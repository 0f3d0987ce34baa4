"""Where a recogniser's characters come from, and that they have to fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import ModelError, VocabularyError
from hubocr.models import ModelFiles
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import load_vocabulary, read_dictionary

# A line of a dictionary may hold anything but a line end; U+2028 and the like are no line ends.
LINES = st.lists(
    st.text(st.characters(exclude_characters="\r\n\ufeff", codec="utf-8"), min_size=1, max_size=2),
    min_size=1,
)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans(), closed=st.booleans())
def test_dictionaries_of_any_editor(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, mark: bool, closed: bool
) -> None:
    content = ("\ufeff" if mark else "") + end.join(lines) + (end if closed else "")
    path = write(tmp_path_factory.getbasetemp() / "dictionary.txt", content)
    assert read_dictionary(path) == tuple(lines)


def test_signs_that_other_readers_take_for_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "keys.txt", "a\n\u2028\n\x0b\n\u3000\n \n\x85\nb\n")
    assert read_dictionary(path) == ("a", "\u2028", "\x0b", "\u3000", " ", "\x85", "b")


def test_dictionaries_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="can't read the dictionary"):
        read_dictionary(tmp_path / "missing.txt")
    with pytest.raises(VocabularyError, match="is not UTF-8"):
        read_dictionary(write(tmp_path / "gbk.txt", "汉字".encode("gbk")))


@pytest.mark.parametrize(
    ("space", "classes", "expected"),
    [
        (True, None, ("a", "b", " ")),
        (False, None, ("a", "b")),
        (True, 4, ("a", "b", " ")),
        (False, 3, ("a", "b")),
        (True, 3, ("a", "b")),  # it fits without the space only
    ],
)
def test_the_space(
    tmp_path: Path, space: bool, classes: int | None, expected: tuple[str, ...]
) -> None:
    write(tmp_path / "keys.txt", "a\nb\n")
    vocabulary = load_vocabulary(
        ModelFiles(tmp_path), {}, use_space_char=space, class_count=classes
    )
    assert vocabulary.characters == expected
    assert vocabulary.class_count == len(expected) + 1  # and the blank


@pytest.mark.parametrize(("space", "classes"), [(True, 5), (True, 2), (False, 4)])
def test_a_dictionary_of_another_model(tmp_path: Path, space: bool, classes: int) -> None:
    write(tmp_path / "keys.txt", "a\nb\n")
    with pytest.raises(VocabularyError, match=rf"keys\.txt gives .* the model has {classes}"):
        load_vocabulary(ModelFiles(tmp_path), {}, use_space_char=space, class_count=classes)


def test_the_first_source_wins(tmp_path: Path) -> None:
    model = ModelFiles(tmp_path)
    named = write(tmp_path / "named.dict", "n\n")
    with pytest.raises(VocabularyError, match="has no dictionary"):
        load_vocabulary(model, {})
    write(tmp_path / "only.txt", "o\n")
    assert load_vocabulary(model, {}).characters == ("o", " ")
    write(tmp_path / "second.txt", "s\n")
    with pytest.raises(VocabularyError, match="has no dictionary"):
        load_vocabulary(model, {})
    write(tmp_path / "ppocr_keys_v1.txt", "p\n")
    assert load_vocabulary(model, {}).characters == ("p", " ")
    write(tmp_path / "inference.yml", "PostProcess:\n  character_dict: ['y', 7]\n")
    assert load_vocabulary(model, {}).characters == ("y", "7", " ")
    assert load_vocabulary(model, {"character": "m\nd"}).characters == ("m", "d", " ")
    found = load_vocabulary(model, {"character": "m\nd"}, dict_path=str(named))
    assert found.characters == ("n", " ")


def test_a_named_dictionary_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "only.txt", "o\n")
    missing = str(tmp_path / "missing.txt")
    with pytest.raises(VocabularyError, match=r"missing\.txt does not exist"):
        load_vocabulary(ModelFiles(tmp_path), {}, dict_path=missing)


def test_a_description_that_is_damaged(tmp_path: Path) -> None:
    write(tmp_path / "inference.yml", "PostProcess: [")
    with pytest.raises(ModelError, match="not valid YAML"):
        load_vocabulary(ModelFiles(tmp_path), {})


def test_arabic_dictionaries_are_trained_in_visual_order(tmp_path: Path) -> None:
    arabic = write(tmp_path / "arabic_dict.txt", "م\nر\n")
    model = ModelFiles(tmp_path)
    assert load_vocabulary(model, {}).right_to_left
    assert load_vocabulary(model, {}, dict_path=str(arabic)).text([1, 2]) == "رم"
    assert not load_vocabulary(model, {"character": "a"}).right_to_left


def test_the_characters_of_the_released_model(pipeline: OcrPipeline) -> None:
    vocabulary = pipeline.recognizer.vocabulary
    assert vocabulary.class_count == 6625  # the dictionary's 6623 lines, space and blank
    assert vocabulary.characters[-1] == " "
    assert {"一", "龟", "A", "z", "0", "％"} <= set(vocabulary.characters)
