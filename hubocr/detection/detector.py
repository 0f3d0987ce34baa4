"""The text detector: image in, text polygons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.adaptive import AdaptiveDetector
from hubocr.detection.families import FAMILIES, Family, ScoredPolygon
from hubocr.detection.families.db import DbFamily
from hubocr.detection.preprocess import BYTES_PER_PIXEL
from hubocr.families import Candidate
from hubocr.imaging import BgrImage
from hubocr.models import find_model
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
    """A loaded text detector; safe to share between threads.

    Args:
        network: The loaded model; see `TextDetector.load` for the usual way.
        family: How the model wants its images; None: as DB does.
    """

    def __init__(self, network: Network, family: Family | None = None) -> None:
        self.network = network
        self._family = family or DbFamily(network)
        self._adaptive: AdaptiveDetector | None = None
        if isinstance(self._family, DbFamily) and self._family.is_adaptive:
            self._adaptive = AdaptiveDetector(network, self._family.map)

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
        load = partial(runtime.load, settings=settings, workload=Workload.PAGE)
        return cls(*FAMILIES.load(Candidate(find_model(model), load)))

    def detect(
        self,
        image: BgrImage,
        settings: DetectionSettings | None = None,
        call: Call | None = None,
    ) -> Detections:
        """Find the text in an image of shape (H, W, 3), uint8, BGR.

        ``limit_type="auto"`` is for DB models that take inputs of any size; others do the same as
        with ``max``.

        Raises:
            ImageTooLargeError: The settings make more than ``max_pixels`` of it.
            TooManyLinesError: ``auto`` sees more text than it ever looks at.
        """
        chosen, known = settings or DetectionSettings(), call or Call()
        if chosen.limit_type == "auto" and self._adaptive is not None:
            return _detections(self._adaptive.detect(image, chosen, known))
        height, width = self._family.input_size(image.shape[0], image.shape[1], chosen)
        with self.network.runtime.tensors.held(height * width * BYTES_PER_PIXEL, known):
            (found,) = self.network.map(
                lambda page: self._detect(page, chosen, known),
                [image],
                stage="detection",
                call=known,
            )
        return found

    def _detect(self, image: BgrImage, settings: DetectionSettings, call: Call) -> Detections:
        with call.timed("detection.prepare"):
            tensor = self._family.tensor(image, settings)
        with call.timed("detection.engine"):
            output = self.network.run(tensor)
        with call.timed("detection.polygons"):
            size = (image.shape[0], image.shape[1])
            found = self._family.polygons(output, size, settings, call.check)
        return _detections(found)


def _detections(found: Sequence[ScoredPolygon]) -> Detections:
    return Detections(tuple(p for p, _ in found), tuple(s for _, s in found))
