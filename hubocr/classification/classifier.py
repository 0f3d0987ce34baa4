"""The direction classifier: whether a line crop is upright or upside down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hubocr.engines import Call, Engine, Scheduler, fixed_size, load_engine
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor
from hubocr.models import find_model
from hubocr.settings import ClassificationSettings, EngineSettings

LABELS = ("0", "180")


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
        engine: The engine with the model; see `AngleClassifier.load` for the usual way.
        scheduler: The threads that work on the crops.
        batched: What ``batching="auto"`` means here: batches, or each crop alone.
    """

    def __init__(self, engine: Engine, scheduler: Scheduler, *, batched: bool = False) -> None:
        self._engine = engine
        self._fixed_size = fixed_size(engine)
        self._batched = batched
        self._scheduler = scheduler

    @classmethod
    def load(
        cls,
        model: str | Path,
        settings: EngineSettings | None = None,
        *,
        scheduler: Scheduler | None = None,
    ) -> AngleClassifier:
        """Load a model by registry name or path; on a CPU each crop runs on one thread."""
        settings = settings or EngineSettings()
        scheduler = scheduler or Scheduler(settings.threads)
        streams = 1 if settings.use_gpu else settings.threads
        engine = load_engine(find_model(model), settings, streams=streams, scheduler=scheduler)
        return cls(engine, scheduler, batched=settings.use_gpu)

    @property
    def engine_name(self) -> str:
        """Name of the engine that runs the model."""
        return self._engine.name

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
        padded = settings.batching == "padded" or (settings.batching == "auto" and self._batched)
        size = settings.batch_num if padded else 1
        batches = [images[start : start + size] for start in range(0, len(images), size)]

        def decide(batch: Sequence[BgrImage]) -> list[Classification]:
            with known.timed("classification.prepare"):
                tensor = line_tensor(batch, height, width)
            with known.timed("classification.engine"):
                output = self._engine.run(tensor)
            if output.ndim != 2 or output.shape[1] != len(LABELS):
                raise ModelError("this is not a direction classifier: its output is not (N, 2)")
            best = output.argmax(axis=1)
            return [
                Classification(LABELS[index], float(row[index]))
                for index, row in zip(best, output, strict=True)
            ]

        parts = self._scheduler.map(decide, batches, stage="classification", call=known)
        return [result for part in parts for result in part]


def turn(image: BgrImage) -> BgrImage:
    """Return the image turned by 180 degrees."""
    return np.asarray(cv2.rotate(image, cv2.ROTATE_180), dtype=np.uint8)
