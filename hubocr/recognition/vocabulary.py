"""The recogniser's characters, and where they are found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.errors import VocabularyError
from hubocr.models import ModelFiles
from hubocr.paths import resolve_path

_LATIN_RUN = re.compile(r"[a-zA-Z0-9 :*./%+-]+|.", re.DOTALL)
_METADATA_KEY = "character"


@dataclass(frozen=True)
class Vocabulary:
    """The characters of a recogniser's classes; class 0 is the CTC blank.

    Attributes:
        characters: Character of class 1, 2, and so on.
        right_to_left: Whether the lines were trained in visual order, so that the text has to be
            turned round, Latin runs excepted (the reference does this for Arabic dictionaries).
    """

    characters: tuple[str, ...]
    right_to_left: bool = False

    @property
    def class_count(self) -> int:
        """Number of classes, with the blank."""
        return len(self.characters) + 1

    def text(self, classes: Sequence[int]) -> str:
        """Return the text of classes that are not blank."""
        return self.arranged("".join(self.characters[index - 1] for index in classes))

    def arranged(self, text: str) -> str:
        """Return a text in reading order, where the lines were trained in visual order."""
        return "".join(reversed(_LATIN_RUN.findall(text))) if self.right_to_left else text

    def order(self, characters: Sequence[str]) -> list[int]:
        """Return the places of characters in the order in which `arranged` leaves them."""
        if not self.right_to_left:
            return list(range(len(characters)))
        places = [place for place, character in enumerate(characters) for _ in character]
        runs = [match.span() for match in _LATIN_RUN.finditer("".join(characters))]
        arranged = [place for start, end in reversed(runs) for place in places[start:end]]
        return list(dict.fromkeys(arranged))


def load_vocabulary(
    model: ModelFiles,
    metadata: Mapping[str, str],
    *,
    dict_path: str | None = None,
    use_space_char: bool = True,
    class_count: int | None = None,
) -> Vocabulary:
    """Return the characters of a recogniser.

    They are taken from the first of these that there is: the dictionary file that the caller
    names, the model file's metadata key ``character``, ``character_dict`` in the folder's
    ``inference.yml``, a dictionary file in the folder (``ppocr_keys_v1.txt`` or the only
    ``.txt`` file).

    Args:
        model: Files of the model.
        metadata: Text that the model file carries.
        dict_path: A dictionary file, one character a line, in the search order of
            `hubocr.paths`.
        use_space_char: Whether a space follows the dictionary's characters. Where the number of
            classes is known and fits only without the space, there is none.
        class_count: Number of the model's classes with the blank, where it is known.

    Raises:
        VocabularyError: There is no dictionary, or it doesn't fit the model.
    """
    name, characters = _find_characters(model, metadata, dict_path)
    if class_count == len(characters) + 1:
        use_space_char = False
    if use_space_char:
        characters = (*characters, " ")
    vocabulary = Vocabulary(characters, right_to_left="arabic" in name)
    check_class_count(vocabulary, class_count, name)
    return vocabulary


def check_class_count(vocabulary: Vocabulary, class_count: int | None, name: str) -> None:
    """Raise `VocabularyError` where the model is known to have another number of classes."""
    if class_count is not None and class_count != vocabulary.class_count:
        raise VocabularyError(
            f"the dictionary {name} gives {vocabulary.class_count} classes (with blank and space), "
            f"the model has {class_count}: it belongs to another model"
        )


def _find_characters(
    model: ModelFiles, metadata: Mapping[str, str], dict_path: str | None
) -> tuple[str, tuple[str, ...]]:
    if dict_path is not None:
        found = resolve_path(dict_path)
        if found is None:
            raise VocabularyError(f"the dictionary {dict_path} does not exist")
        return dict_path, read_dictionary(found)
    if _METADATA_KEY in metadata:
        return "in the model's metadata", _split_lines(metadata[_METADATA_KEY])
    described = _described_characters(model.description())
    if described:
        return "in inference.yml", described
    named = model.folder / "ppocr_keys_v1.txt"
    texts = [named] if named.is_file() else sorted(model.folder.glob("*.txt"))
    if len(texts) != 1:
        raise VocabularyError(
            f"{model.folder} has no dictionary: put one there (ppocr_keys_v1.txt), or name it in "
            "rec_char_dict_path"
        )
    return texts[0].name, read_dictionary(texts[0])


def _described_characters(description: Mapping[str, Any]) -> tuple[str, ...]:
    post_process = description.get("PostProcess")
    characters = post_process.get("character_dict") if isinstance(post_process, dict) else None
    return tuple(str(c) for c in characters) if isinstance(characters, list) else ()


def read_dictionary(path: Path) -> tuple[str, ...]:
    """Return the characters of a dictionary file, one a line, UTF-8.

    Raises:
        VocabularyError: The file can't be read or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise VocabularyError(f"can't read the dictionary {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise VocabularyError(f"the dictionary {path} is not UTF-8") from error
    return _split_lines(text)


def _split_lines(text: str) -> tuple[str, ...]:
    # Not splitlines: some dictionaries hold characters that it takes for line ends.
    lines = text.removesuffix("\n").split("\n")
    return tuple(line.removesuffix("\r") for line in lines)
