"""ModelScope's ConvNextViT recognisers (``cv_convnextTiny_ocr-recognition-*``) as ONNX files.

The facts are those of ModelScope's repository (``modelscope/modelscope`` on GitHub), in
``modelscope/models/cv/ocr_recognition``:

- A line, RGB, is resized to a height of 32 pixels, keeping its aspect ratio but no wider than 804,
  and zeros fill the rest at the right; pixels are divided by 255 (``preprocessor.py``).
- The three pieces of 300 pixels that begin at 0, 252 and 504 are the batch of the network
  (``preprocessor.py``). It makes them grey and joins them itself: of the 75 steps of 4 pixels of
  each, 69, 63 and 69 are kept, half of every overlap (``modules/ConvNextViT/main_model.py`` and
  ``vitstr.py``). So the output is one line, (1, 201, classes).
- The output is logits; ModelScope takes the softmax afterwards (``model.py``, ``postprocess``).
- Class 0 is the blank and the lines of ``vocab.txt`` are classes 2, 3, and so on; class 1 stands
  for nothing (``model.py``, ``__init__``).
- The exporter declares the input (3, 3, 32, 300) (``tests/export/test_export_ocr_recognition.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ModelError, VocabularyError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import aspect_ratio
from hubocr.recognition.batching import Batch
from hubocr.recognition.families.base import LineModel, LoadedFamily, plan_alone, softmax
from hubocr.recognition.vocabulary import Vocabulary, load_vocabulary
from hubocr.settings import RecognitionSettings

VOCABULARY_FILE = "vocab.txt"

_HEIGHT, _WIDTH = 32, 804
_PIECE, _STARTS = 300, (0, 252, 504)
_UNUSED = 1
"""The class between the blank and the vocabulary."""


def match(model: LineModel) -> bool:
    """Say whether a model has ModelScope's vocabulary and takes the three pieces of a line."""
    if not (model.files.folder / VOCABULARY_FILE).is_file():
        return False
    dimensions = model.network.input_dimensions
    is_batch = dimensions[:1] in ((len(_STARTS),), (None,))
    return is_batch and dimensions[1:] == (3, _HEIGHT, _PIECE)


def load(model: LineModel) -> LoadedFamily:
    """Load a model of the family, with the characters of its vocabulary."""
    path = model.dict_path or str(model.files.folder / VOCABULARY_FILE)
    vocabulary = load_vocabulary(model.files, {}, dict_path=path, use_space_char=False)
    family = ModelScopeFamily(vocabulary, path, model.network.class_count)
    return LoadedFamily(model.network, family, vocabulary)


class ModelScopeFamily:
    """A line in three pieces that overlap, each line alone; the output is logits.

    Args:
        vocabulary: The characters of ``vocab.txt``.
        path: That file, for messages.
        class_count: Number of the model's classes, where it is known.

    Raises:
        VocabularyError: The vocabulary has another number of lines than the model has classes.
    """

    joins_equal = False

    def __init__(self, vocabulary: Vocabulary, path: str, class_count: int | None) -> None:
        self._vocabulary = vocabulary
        self._path = path
        if class_count is not None:
            self._check(class_count)

    def plan(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings,
        *,
        padded: bool,
    ) -> list[Batch]:
        """Plan one call a line: the three pieces of a line are the network's whole batch."""
        return plan_alone(images, _HEIGHT, _WIDTH)

    def tensor(self, lines: Sequence[BgrImage], batch: Batch) -> NDArray[np.float32]:
        """Return the input for one line, (3, 3, 32, 300), RGB, values from 0 to 1."""
        (line,) = lines
        canvas = np.zeros((batch.height, batch.width, 3), np.uint8)
        width = _resized_width(line, batch)
        canvas[:, :width] = cv2.resize(line, (width, batch.height))
        values = canvas[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        return np.stack([values[:, :, start : start + _PIECE] for start in _STARTS])

    def line_share(self, line: BgrImage, batch: Batch) -> float:
        """See `hubocr.recognition.families.base.Family.line_share`."""
        return _resized_width(line, batch) / batch.width

    def probabilities(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the softmax of the logits, without the class that stands for nothing."""
        if output.ndim != 3 or len(output) != 1:
            raise ModelError(
                f"not a ConvNextViT recogniser: its output is {output.shape}, not (1, steps, "
                "classes) for the three pieces of a line"
            )
        self._check(output.shape[2])
        return np.delete(softmax(output), _UNUSED, axis=2)

    def _check(self, class_count: int) -> None:
        expected = self._vocabulary.class_count + 1
        if class_count != expected:
            raise VocabularyError(
                f"{self._path} has {expected - 2} lines and so belongs to a model with "
                f"{expected} classes; this one has {class_count}"
            )


def _resized_width(line: BgrImage, batch: Batch) -> int:
    return min(max(int(batch.height * aspect_ratio(line)), 1), batch.width)
