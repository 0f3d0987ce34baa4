"""The classifier of whole pages: by how much a page is turned."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.classification.directions import PAGE_DIRECTIONS
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.normalize import Normalizer
from hubocr.runtime import Call, Network, Runtime, Workload
from hubocr.settings import EngineSettings

_SHORT, PAGE_SIZE = 256, 224
"""The shorter side is resized to the one, and the middle cut out at the other (PaddleX,
``PP-LCNet_x1_0_doc_ori``, ``inference.yml``)."""

_NORMALIZER = Normalizer(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


class PageClassifier:
    """A loaded classifier of page directions; safe to share between threads.

    Args:
        network: The loaded model; see `PageClassifier.load` for the usual way.
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    @classmethod
    def load(
        cls,
        model: str | Path,
        settings: EngineSettings | None = None,
        *,
        runtime: Runtime | None = None,
    ) -> PageClassifier:
        """Load a model by registry name or path, into a runtime of its own where none is given."""
        settings = settings or EngineSettings()
        runtime = runtime or Runtime(settings.threads)
        return cls(runtime.load(model, settings, Workload.CROPS))

    def classify(self, image: BgrImage, call: Call | None = None) -> NDArray[np.float32]:
        """Return the probabilities that a page is turned clockwise by 0, 90, 180, 270 degrees.

        Args:
            image: Array (H, W, 3), uint8, BGR.
            call: Its deadline and cancellation, where it has any.

        Returns:
            Array (4,) float32.

        Raises:
            ModelError: The model has other outputs.
        """
        known = call or Call()

        def decide(page: BgrImage) -> NDArray[np.float32]:
            with known.timed("classification.prepare"):
                tensor = page_tensor(page)
            with known.timed("classification.engine"):
                output = self.network.run(tensor)
            if output.shape != (1, len(PAGE_DIRECTIONS)):
                raise ModelError(
                    f"this is not a classifier of page directions: its output is {output.shape}, "
                    f"not (1, {len(PAGE_DIRECTIONS)})"
                )
            return np.asarray(output[0], np.float32)

        (found,) = self.network.map(decide, [image], stage="classification", call=known)
        return found


def page_tensor(image: BgrImage) -> NDArray[np.float32]:
    """Return the middle of a page as the model's input, (1, 3, 224, 224) float32."""
    height, width = image.shape[:2]
    scale = _SHORT / min(height, width)
    # Only what is seen is resized: a strip of 1 x 100000 pixels would become very large.
    seen = round(PAGE_SIZE / scale)
    top, left = max(0, (height - seen) // 2), max(0, (width - seen) // 2)
    middle = image[top : top + seen, left : left + seen]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = np.asarray(
        cv2.resize(middle, (PAGE_SIZE, PAGE_SIZE), interpolation=how), dtype=np.uint8
    )
    tensor = np.zeros((1, 3, PAGE_SIZE, PAGE_SIZE), np.float32)
    _NORMALIZER.write(resized[:, :, ::-1], tensor[0])
    return tensor
