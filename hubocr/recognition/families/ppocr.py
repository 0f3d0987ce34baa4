"""PP-OCR's recognisers, v2 to v6, and those that hubocr trains from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hubocr.engines import fixed_size
from hubocr.engines.virtual_padding import MARGIN, WIDTH_KEY
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor, resized_width
from hubocr.recognition.batching import Batch, plan_padded, plan_single, plan_virtual
from hubocr.recognition.families.base import LineModel, LoadedFamily
from hubocr.recognition.vocabulary import Vocabulary, check_class_count, load_vocabulary
from hubocr.runtime import Network
from hubocr.settings import RecognitionSettings

RESIZE_KEY, STRETCH = "resize", "stretch"
"""Key and value in a model file's metadata, beside ``character``: lines are stretched to the size
of the input, as they were in training, rather than padded. The input's width has to be fixed."""

WIDENING_KEY = "widening"
"""Key of the factor in a model file's metadata by which lines are wider than their aspect ratio
says: handwriting is narrow for the steps of a CTC network."""

_WIDENINGS = (0.25, 4.0)


def match(model: LineModel) -> bool:
    """Take any model; a wrong one shows when it is loaded, or when it answers."""
    return True


def load(model: LineModel) -> LoadedFamily:
    """Load a model of the family, with the caller's dictionary or its own."""
    network = model.network
    vocabulary = load_vocabulary(
        model.files,
        network.metadata,
        dict_path=model.dict_path,
        use_space_char=model.use_space_char,
        class_count=network.class_count,
    )
    return LoadedFamily(network, PpOcrFamily(network, vocabulary), vocabulary)


class PpOcrFamily:
    """Colour lines of one height, scaled to -1 to 1; the output is probabilities.

    Args:
        network: The loaded model.
        vocabulary: The model's characters.

    Raises:
        ModelError: The model isn't one of colour images, or is to stretch lines to no width, or to
            widen them by no sensible factor.
    """

    def __init__(self, network: Network, vocabulary: Vocabulary) -> None:
        self._height, self._width = fixed_size(network.input_dimensions)
        self._stretched = network.metadata.get(RESIZE_KEY) == STRETCH
        if self._stretched and self._width is None:
            raise ModelError("the model wants lines stretched, but its input has no fixed width")
        self._widening = widening_of(network.metadata)
        is_fixed = network.output_dimensions[:1] == (1,)
        self.joins_equal = network.input_dimensions[:1] == (None,) and not is_fixed
        self._vocabulary = vocabulary
        virtual = network.metadata.get(WIDTH_KEY)
        self._virtual_width = int(virtual) if virtual else None

    def plan(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings,
        *,
        padded: bool,
    ) -> list[Batch]:
        """See `hubocr.recognition.families.base.Family.plan`."""
        _, height, smallest = settings.image_shape
        height = self._height or height
        if self._virtual_width is not None and self._widening == 1 and not padded:
            batches = plan_virtual(images, height, self._virtual_width, MARGIN)
        elif padded:
            batches = plan_padded(images, height, smallest, settings.batch_num, self._widening)
        else:
            batches = plan_single(images, height, smallest, self._widening)
        if self._width is not None:
            batches = [replace(batch, width=self._width) for batch in batches]
        return batches

    def tensor(self, lines: Sequence[BgrImage], batch: Batch) -> NDArray[np.float32]:
        """Return the input, (N, 3, height, width); see `hubocr.imaging.lines.line_tensor`."""
        return line_tensor(
            lines,
            batch.height,
            batch.width,
            stretch=self._stretched,
            widening=self._widening,
        )

    def line_share(self, line: BgrImage, batch: Batch) -> float:
        """See `hubocr.recognition.families.base.Family.line_share`."""
        if self._stretched:
            return 1.0
        return resized_width(line, batch.height, batch.width, self._widening) / batch.width

    def probabilities(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output, which has a softmax in it, as it is."""
        if output.ndim != 3:
            raise ModelError("this is not a CTC model: its output is not (N, steps, classes)")
        check_class_count(self._vocabulary, output.shape[2], "of this recogniser")
        return output


def widening_of(metadata: Mapping[str, str]) -> float:
    """Return the factor by which a model wants lines to be wider.

    Raises:
        ModelError: It is no sensible one.
    """
    text = metadata.get(WIDENING_KEY, "1")
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not _WIDENINGS[0] <= factor <= _WIDENINGS[1]:
        raise ModelError(f"the model wants lines widened by {text!r}, which isn't from 0.25 to 4")
    return factor
