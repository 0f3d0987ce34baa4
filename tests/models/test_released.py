"""Released models load by their names and do what their entries say, on our own fixtures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hubocr.detection import TextDetector
from hubocr.imaging import BgrImage
from hubocr.models import RegistryEntry, check_model, registry
from hubocr.paths import models_folder
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Runtime
from hubocr.settings import EngineSettings
from tests.conftest import fixture_boxes, fixture_image, fixture_labels

ONE = EngineSettings(cpu_threads=1)
PAGE = next(iter(fixture_boxes()))


def entries(task: str) -> list[RegistryEntry]:
    return [entry for entry in registry().values() if entry.task == task]


def by_name(entry: RegistryEntry) -> str:
    return entry.name


def need(entry: RegistryEntry) -> None:
    if check_model(entry, models_folder()).state == "missing":
        pytest.skip(f"{entry.name} is not here: hubocr models fetch {entry.name}")


@pytest.mark.parametrize("entry", entries("rec"), ids=by_name)
def test_recognisers_read_lines(entry: RegistryEntry) -> None:
    need(entry)
    labels = {n: t for n, t in fixture_labels("lines").items() if "turned" not in n}
    recognizer = TextRecognizer.load(entry.name, ONE)
    found = recognizer.recognize([fixture_image(name) for name in labels])
    right = [
        read.text.replace(" ", "") == text.replace(" ", "")
        for read, text in zip(found, labels.values(), strict=True)
    ]
    assert sum(right) >= 0.7 * len(right)


@pytest.mark.parametrize("entry", entries("det"), ids=by_name)
def test_detectors_find_lines(entry: RegistryEntry) -> None:
    need(entry)
    detector = TextDetector.load(entry.name, ONE)
    if "seal" in entry.name:  # it looks for nothing else
        assert detector.detect(stamp()).polygons
        return
    found = detector.detect(fixture_image(PAGE))
    centres = [np.mean(box["points"], axis=0) for box in fixture_boxes()[PAGE]]
    hits = [
        any(
            cv2.pointPolygonTest(polygon.astype(np.float32), tuple(centre), False) >= 0
            for polygon in found.polygons
        )
        for centre in centres
    ]
    assert sum(hits) >= 0.7 * len(centres)


def stamp() -> BgrImage:
    """Return a round stamp with a text through its middle."""
    image = np.full((400, 400, 3), 255, np.uint8)
    cv2.circle(image, (200, 200), 170, (40, 40, 220), 8)
    cv2.putText(image, "OFFICE 2024", (75, 210), cv2.FONT_HERSHEY_DUPLEX, 1.3, (40, 40, 220), 3)
    return image


@pytest.mark.parametrize("entry", entries("page"), ids=by_name)
def test_the_direction_of_a_page_is_one_of_four(entry: RegistryEntry) -> None:
    need(entry)
    with Runtime(1) as runtime:
        network = runtime.load(entry.name, ONE)
        assert network.input_dimensions[1:] == (3, 224, 224)
        assert network.metadata["character"].split() == ["0", "90", "180", "270"]
        found = network.run(np.zeros((1, 3, 224, 224), np.float32))
    assert found.shape == (1, 4)
    assert found.sum() == pytest.approx(1, abs=1e-4)
