"""The text detector: image in, text polygons out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.db import clipped, find_polygons, is_thin
from hubocr.detection.preprocess import detector_input, pad_small
from hubocr.engines import fixed_size
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.runtime import Call, Network, Runtime, Workload
from hubocr.settings import DetectionSettings, EngineSettings


@dataclass(frozen=True)
class Detections:
    """Text found in one image.

    Attributes:
        polygons: One array each, (4, 2) int32 clockwise from the top left corner (or (N, 2)
            for ``box_type="poly"``), in source pixels, in the order of the map's contours.
        scores: Mean probability inside each, from 0 to 1.
    """

    polygons: tuple[NDArray[np.int32], ...]
    scores: tuple[float, ...]


class TextDetector:
    """A loaded DB detector; safe to share between threads.

    Args:
        network: The loaded model; see `TextDetector.load` for the usual way.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._fixed_size = fixed_size(network.input_dimensions)

    @classmethod
    def load(
        cls,
        model: str | Path,
        settings: EngineSettings | None = None,
        *,
        runtime: Runtime | None = None,
    ) -> TextDetector:
        """Load a model by registry name or path, into a runtime of its own where none is given.

        With ``performance="latency"`` one image at a time gets all the threads, with
        ``"throughput"`` as many images as there are threads get one each, but an image that is
        alone on the threads has all of them (openvino).
        """
        settings = settings or EngineSettings()
        runtime = runtime or Runtime(settings.threads)
        return cls(runtime.load(model, settings, Workload.PAGE))

    def detect(
        self,
        image: BgrImage,
        settings: DetectionSettings | None = None,
        call: Call | None = None,
    ) -> Detections:
        """Find the text in an image of shape (H, W, 3), uint8, BGR."""
        chosen, known = settings or DetectionSettings(), call or Call()
        (found,) = self.network.map(
            lambda page: self._detect(page, chosen, known), [image], stage="detection", call=known
        )
        return found

    def _detect(self, image: BgrImage, settings: DetectionSettings, call: Call) -> Detections:
        height, width = image.shape[:2]
        with call.timed("detection.prepare"):
            padded = pad_small(image)
            tensor = detector_input(padded, settings, self._fixed_size)
        with call.timed("detection.engine"):
            output = self.network.run(tensor)
        if output.ndim != 4:
            raise ModelError("this is not a DB detection model: its output is not (1, 1, H, W)")
        # Unlike the reference, boxes of padded images are scaled by the padded size.
        with call.timed("detection.polygons"):
            found = list(find_polygons(output[0, 0], padded.shape[1], padded.shape[0], settings))
        kept = []
        for polygon, score in found:
            inside = clipped(polygon, (width - 1, height - 1)).astype(np.int32)
            if settings.box_type == "quad" and is_thin(inside):
                continue  # it lies in the padding of a tiny image
            kept.append((inside, score))
        return Detections(tuple(p for p, _ in kept), tuple(s for _, s in kept))
