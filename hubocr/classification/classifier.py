"""The direction classifier: whether a line crop is upright or upside down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.classification.directions import LINE_DIRECTIONS, turned
from hubocr.engines import fixed_size
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor
from hubocr.runtime import Call, Network, Runtime, Workload
from hubocr.settings import ClassificationSettings, EngineSettings


@dataclass(frozen=True)
class Classification:
    """The direction of one line crop.

    Attributes:
        label: ``"0"`` or ``"180"``, the angle in degrees.
        score: Probability of the label, from 0.5 to 1.
    """

    label: str
    score: float

    def is_upside_down(self, thresh: float) -> bool:
        """Say whether the crop is to be turned: "180" with a score above the threshold."""
        return self.label == "180" and self.score > thresh

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"angle": self.label, "confidence": self.score}


class AngleClassifier:
    """A loaded direction classifier; safe to share between threads.

    Args:
        network: The loaded model; see `AngleClassifier.load` for the usual way.
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
    ) -> AngleClassifier:
        """Load a model by registry name or path, into a runtime of its own where none is given.

        On a CPU each crop runs on one thread.
        """
        settings = settings or EngineSettings()
        runtime = runtime or Runtime(settings.threads)
        return cls(runtime.load(model, settings, Workload.CROPS))

    def classify(
        self,
        images: Sequence[BgrImage],
        settings: ClassificationSettings | None = None,
        call: Call | None = None,
    ) -> list[Classification]:
        """Return the direction of crops, each an array (H, W, 3), uint8, BGR, in order."""
        settings, known = settings or ClassificationSettings(), call or Call()
        fixed_height, fixed_width = self._fixed_size
        height = fixed_height or settings.image_shape[1]
        width = fixed_width or settings.image_shape[2]
        padded = settings.batching == "padded" or (
            settings.batching == "auto" and self.network.prefers_batches
        )
        size = settings.batch_num if padded else 1
        batches = [images[start : start + size] for start in range(0, len(images), size)]

        def decide(batch: Sequence[BgrImage]) -> list[Classification]:
            with known.timed("classification.prepare"):
                tensor = line_tensor(batch, height, width)
            with known.timed("classification.engine"):
                output = self.network.run(tensor)
            if output.ndim != 2 or output.shape[1] != len(LINE_DIRECTIONS):
                raise ModelError("this is not a direction classifier: its output is not (N, 2)")
            best = output.argmax(axis=1)
            return [
                Classification(LINE_DIRECTIONS[index], float(row[index]))
                for index, row in zip(best, output, strict=True)
            ]

        parts = self.network.map(decide, batches, stage="classification", call=known)
        return [result for part in parts for result in part]


def turn(image: BgrImage) -> BgrImage:
    """Return the image turned by 180 degrees."""
    return turned(image, 180)
