"""What the recogniser has to know of a kind of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hubocr.families import Candidate
from hubocr.imaging import BgrImage
from hubocr.models import ModelFiles
from hubocr.recognition.batching import Batch
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.runtime import Network
from hubocr.settings import RecognitionSettings


class Family(Protocol):
    """From lines to the model's input, and from its output to probabilities; keeps no state."""

    @property
    def joins_equal(self) -> bool:
        """Whether lines of one width may go through the model together (`join_equal`)."""

    def plan(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings,
        *,
        padded: bool,
    ) -> list[Batch]:
        """Say which lines go through the model together, and the size of their tensor.

        Args:
            images: Arrays (H, W, 3), uint8, BGR, of any size.
            settings: Options of the call.
            padded: Whether lines may be padded to the width of others; a family whose models
                weren't trained so takes each line alone.
        """

    def tensor(self, lines: Sequence[BgrImage], batch: Batch) -> NDArray[np.float32]:
        """Return the model's input for the lines of a batch, float32."""

    def line_share(self, line: BgrImage, batch: Batch) -> float:
        """Return which share of the model's input width the line fills, above 0 and at most 1."""

    def probabilities(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities (lines, steps, classes), float32, of the model's output.

        Class 0 is the CTC blank; the others are the vocabulary's characters, in their order.

        Raises:
            ModelError: The output isn't the family's, or its classes aren't the vocabulary's.
        """


class LineModel(Candidate):
    """A recogniser whose family is sought.

    Args:
        files: Its files.
        load: Loads a network of files.
        dict_path: The dictionary that the caller names, if any.
        use_space_char: Whether a space follows the characters of a PP-OCR dictionary.
    """

    def __init__(
        self,
        files: ModelFiles,
        load: Callable[[ModelFiles], Network],
        *,
        dict_path: str | None = None,
        use_space_char: bool = True,
    ) -> None:
        super().__init__(files, load)
        self.dict_path = dict_path
        self.use_space_char = use_space_char


class LoadedFamily(NamedTuple):
    """What a family's ``load`` returns: the network, how it wants its lines, its characters."""

    network: Network
    family: Family
    vocabulary: Vocabulary


def plan_alone(images: Sequence[BgrImage], height: int, width: int) -> list[Batch]:
    """Plan one call a line, all of one size."""
    return [Batch((index,), height, width) for index in range(len(images))]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return exp(x) / sum(exp(x)) over the last axis, of the same shape."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return shares
