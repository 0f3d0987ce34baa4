"""What the tests of several folders share: the fixture images, one pipeline, the labelled sets."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.errors import DatasetError
from hubocr.evaluation import sets
from hubocr.imaging import BgrImage, read_image
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Network, Runtime, Workload
from hubocr.settings import Precision

FIXTURES = Path(__file__).resolve().parent / "fixtures"

# How long an example takes says nothing where the machine is shared.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def fixture_image(name: str) -> BgrImage:
    """Return an image of tests/fixtures."""
    return read_image(FIXTURES / name)


def fixture_labels(folder: str) -> dict[str, str]:
    """Return what the images of ``lines`` or ``captchas`` say."""
    rows = (FIXTURES / "labels.tsv").read_text(encoding="utf-8").splitlines()
    labels = dict(row.split("\t") for row in rows)
    return {name: text for name, text in labels.items() if name.startswith(f"{folder}/")}


def fixture_boxes() -> dict[str, list[dict[str, Any]]]:
    """Return the boxes of the fixture pages, with ``points`` and ``text``."""
    boxes: dict[str, list[dict[str, Any]]] = json.loads((FIXTURES / "boxes.json").read_text())
    return boxes


class FakeEngine:
    """An engine that answers what a function says, and keeps what it was given."""

    name = "fake"
    precision: Precision = "fp32"
    streams = 2
    metadata: Mapping[str, str] = {}

    def __init__(
        self,
        answer: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        input_dimensions: tuple[int | None, ...] = (),
    ) -> None:
        self._answer = answer
        self.input_dimensions = input_dimensions
        self.output_dimensions: tuple[int | None, ...] = ()
        self.tensors: list[NDArray[np.float32]] = []
        self.alone: list[bool] = []

    def for_streams(self, streams: int) -> FakeEngine:
        other = copy.copy(self)
        other.streams = streams
        return other

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        self.tensors.append(tensor)
        self.alone.append(self.streams == 1)
        return self._answer(tensor)


def fake_network(
    engine: FakeEngine, threads: int = 1, workload: Workload = Workload.LINES
) -> Network:
    """Return an engine in the hands of a stage."""
    return Runtime(threads).adopt(engine, workload)


@pytest.fixture(scope="session")
def pipeline() -> OcrPipeline:
    """The default models, loaded once for all tests."""
    return OcrPipeline.load()


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the labelled sets; tests that need it are skipped where it isn't there."""
    try:
        return sets.data_folder()
    except DatasetError as error:
        pytest.skip(str(error))
