"""Models of dddd_trainer, and others that ddddocr imports: an ONNX file with ``charsets.json``.

The facts are those of ``sml2h3/dddd_trainer`` (``nets/__init__.py``, ``utils/load_cache.py``,
``utils/cache_data.py``, ``utils/train.py``) and ``sml2h3/ddddocr`` on GitHub:

- ``charsets.json`` has ``charset`` (the labels of the classes), ``image`` (width and height of the
  input; a width of -1 keeps the aspect ratio, or with ``word`` makes the image a square), ``word``
  (the model tells one label an image instead of a line) and ``channel`` (1: grey, 3: RGB).
- An image is resized in colour by Pillow's Lanczos filter, the width rounded down, and made grey
  after that (ddddocr).
- Lines are read by CTC; class 0 is the blank, whatever the first label of ``charset`` is (``" "``
  from the trainer). With ``word`` there is no blank: all labels are classes (trainer).
- What the trainer exports ends in the index of the best class, ``(1, steps)``; with ``word`` the
  second output is ``(1,)`` indices. The logits before that ArgMax, ``(steps, 1, classes)`` or
  ``(1, classes)``, are taken instead here: they say the same, and how sure it is.
- The trainer normalises with ImageNet's mean and deviation (of the green channel where it is grey),
  and so does ddddocr up to 1.5.6. ddddocr 1.6 only divides by 255 and can't read those models any
  more (its issue 307), but reads models whose output is logits, ``(steps, 1, classes)`` or ``(1,
  steps, classes)``, and takes their softmax where it is asked for probabilities. So each output is
  given the pixels that the release that reads it gives: a model that works in any ddddocr reads
  the same here.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hubocr.conversion.onnx_graph import find_argmax_input, read_graph
from hubocr.errors import ModelError, VocabularyError
from hubocr.imaging import BgrImage
from hubocr.paths import resolve_path
from hubocr.recognition.batching import MAX_ASPECT, Batch
from hubocr.recognition.families.base import LineModel, LoadedFamily, plan_alone, softmax
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.runtime import Network
from hubocr.settings import RecognitionSettings

CHARSETS_FILE = "charsets.json"

_KEEPS_ASPECT = -1

_NARROWEST = 16
"""Pixels; dddd_trainer's networks halve the width up to four times, and nothing can't be halved."""

_TRAINER_MEAN = {1: (0.456,), 3: (0.485, 0.456, 0.406)}
_TRAINER_STD = {1: (0.224,), 3: (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class CharsetsFile:
    """The contents of ``charsets.json``.

    Attributes:
        path: The file.
        labels: Label of each class.
        width: Width of the input in pixels, or -1.
        height: Height of the input in pixels.
        word: Whether the model tells one label an image.
        channels: 1: grey, 3: RGB.
    """

    path: Path
    labels: tuple[str, ...]
    width: int
    height: int
    word: bool
    channels: int

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels but for that of the blank."""
        return Vocabulary(self.labels if self.word else self.labels[1:])


def read_charsets(path: Path) -> CharsetsFile:
    """Read ``charsets.json``.

    Raises:
        VocabularyError: It can't be read, isn't JSON, lacks a key or has something else there.
    """
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise VocabularyError(f"can't read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise VocabularyError(f"{path} is not valid JSON in UTF-8") from error
    if not isinstance(content, dict):
        raise VocabularyError(f"{path} is not a JSON object")
    missing = [key for key in ("charset", "image", "word", "channel") if key not in content]
    if missing:
        raise VocabularyError(f"{path} lacks {', '.join(missing)}")
    labels, image, word, channels = (
        content[key] for key in ("charset", "image", "word", "channel")
    )
    if not isinstance(word, bool):
        raise _wrong(path, "word", "true or false", word)
    if channels not in (1, 3) or isinstance(channels, bool):
        raise _wrong(path, "channel", "1 or 3", channels)
    if not _is_size(image):
        raise _wrong(path, "image", "[width, height] in pixels, the width -1 or positive", image)
    least = 1 if word else 2
    if not isinstance(labels, list) or len(labels) < least or not all(map(_is_label, labels)):
        raise _wrong(path, "charset", f"a list of at least {least} texts", labels)
    width, height = image
    return CharsetsFile(path, tuple(labels), width, height, word, int(channels))


def _wrong(path: Path, key: str, expected: str, found: object) -> VocabularyError:
    return VocabularyError(f"{path}: {key} is not {expected} but {reprlib.repr(found)}")


def _is_size(image: Any) -> bool:
    return (
        isinstance(image, list)
        and len(image) == 2
        and all(type(side) is int for side in image)
        and (image[0] == _KEEPS_ASPECT or image[0] > 0)
        and image[1] > 0
    )


def _is_label(label: Any) -> bool:
    # JSON can hold half of a surrogate pair, which no text can.
    return isinstance(label, str) and not any("\ud800" <= sign <= "\udfff" for sign in label)


def match(model: LineModel) -> bool:
    """Say whether there is a ``charsets.json``, beside the ONNX file or named by the caller."""
    return _charsets_file(model) is not None and model.files.onnx is not None


def load(model: LineModel) -> LoadedFamily:
    """Load a model of the family; of what the trainer exports, the logits are taken."""
    path, onnx = _charsets_file(model), model.files.onnx
    if path is None or onnx is None:
        raise ModelError(f"{model.files.folder} has no {CHARSETS_FILE} and ONNX file")
    charsets = read_charsets(path)
    logits = find_argmax_input(read_graph(onnx.read_bytes(), str(onnx)))
    network = model.load_network(replace(model.files, output=logits))
    family = DdddOcrFamily(charsets, network, of_trainer=logits is not None)
    return LoadedFamily(network, family, charsets.vocabulary)


def _charsets_file(model: LineModel) -> Path | None:
    named = model.dict_path
    if named is not None and named.lower().endswith(".json"):
        found = resolve_path(named)
        if found is None:
            raise VocabularyError(f"{named} does not exist")
        return found
    own = model.files.folder / CHARSETS_FILE
    if not own.is_file():
        return None
    if named is not None:
        raise VocabularyError(
            f"the characters of this model are those of {own}: leave rec_char_dict_path "
            f"({named}) out"
        )
    return own


class DdddOcrFamily:
    """Grey or RGB images, each alone; the output is logits.

    Args:
        charsets: The contents of ``charsets.json``.
        network: The loaded model.
        of_trainer: Whether the model gives indices, as the trainer exports it; ``network`` gives
            the logits before them.

    Raises:
        ModelError: The model's input or classes aren't those of ``charsets.json``.
    """

    joins_equal = False

    def __init__(self, charsets: CharsetsFile, network: Network, *, of_trainer: bool) -> None:
        self._file = charsets
        self._of_trainer = of_trainer
        self._width = charsets.width
        if charsets.word and charsets.width == _KEEPS_ASPECT:
            self._width = charsets.height
        self._check_input(network)
        if network.class_count is not None:
            self._check_classes(network.class_count)

    def plan(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings,
        *,
        padded: bool,
    ) -> list[Batch]:
        """Plan one call a line, as ddddocr does; these models weren't trained to be padded."""
        height = self._file.height
        if self._width != _KEEPS_ASPECT:
            return plan_alone(images, height, self._width)
        return [
            Batch((index,), height, _proportional(image, height))
            for index, image in enumerate(images)
        ]

    def tensor(self, lines: Sequence[BgrImage], batch: Batch) -> NDArray[np.float32]:
        """Return the input for one line, (1, channels, height, width)."""
        (line,) = lines
        channels = self._file.channels
        resized = Image.fromarray(cv2.cvtColor(line, cv2.COLOR_BGR2RGB)).resize(
            (batch.width, batch.height), Image.Resampling.LANCZOS
        )
        if channels == 1:
            resized = resized.convert("L")
        values = np.asarray(resized, np.float32).reshape(batch.height, batch.width, channels)
        values = values / np.float32(255)
        if self._of_trainer:
            mean = np.asarray(_TRAINER_MEAN[channels], np.float32)
            values = (values - mean) / np.asarray(_TRAINER_STD[channels], np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])

    def line_share(self, line: BgrImage, batch: Batch) -> float:
        """Return 1: lines are stretched to the input."""
        return 1.0

    def probabilities(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the softmax of the logits; with ``word`` as one step with an impossible blank."""
        if output.ndim == 3 and 1 in output.shape[:2]:
            output = output.reshape(-1, output.shape[2])
        if output.ndim != 2 or (self._file.word and len(output) != 1):
            raise ModelError(
                f"an output of shape {output.shape} is not what {self._file.path} describes: "
                + ("(1, classes)" if self._file.word else "(steps, 1, classes)")
            )
        self._check_classes(output.shape[1])
        shares = softmax(output)
        if self._file.word:
            shares = np.pad(shares, ((0, 0), (1, 0)))
        return shares[None]

    def _check_input(self, network: Network) -> None:
        width = None if self._width == _KEEPS_ASPECT else self._width
        wanted = (1, self._file.channels, self._file.height, width)
        found = network.input_dimensions
        if found and (
            len(found) != len(wanted)
            or any(b is not None and a != b for a, b in zip(wanted, found, strict=True))
        ):
            raise ModelError(
                f"{self._file.path} describes an input {_shown(wanted)} (channel and image), "
                f"the model's is {_shown(found)}"
            )

    def _check_classes(self, count: int) -> None:
        labels = len(self._file.labels)
        if count != labels:
            raise VocabularyError(
                f"{self._file.path} has {labels} labels, the model has {count} classes: it belongs "
                "to another model"
            )


def _proportional(image: BgrImage, height: int) -> int:
    # In this order, which decides where a product rounds down to.
    width = int(image.shape[1] * (height / image.shape[0]))
    return min(max(width, _NARROWEST), int(height * MAX_ASPECT))


def _shown(dimensions: Sequence[int | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in dimensions)})"
