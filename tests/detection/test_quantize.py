"""A detector that the test builds, and a released one, in int8."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from shapely.geometry import Polygon

from hubocr.detection import TextDetector
from hubocr.detection.quantize import quantize_detector
from hubocr.errors import EngineError, HubocrError, ImageError, ModelError
from hubocr.imaging import read_image
from hubocr.settings import DetectionSettings, EngineSettings
from tests.conftest import FIXTURES, fixture_boxes, fixture_image

SIZE = (320, 256)
LINES = [(20, 30, 200, 24), (40, 120, 240, 30), (150, 200, 90, 20)]


@pytest.fixture(scope="module")
def nncf() -> Any:
    return pytest.importorskip("nncf", reason="hubocr[quantize] is not installed")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """White pages with dark bars for lines."""
    folder = tmp_path_factory.mktemp("pages")
    paths = []
    for number in range(6):
        page = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
        for left, top, width, height in LINES:
            page[top : top + height, left + number : left + width] = 10 * number
        paths.append(folder / f"{number}.png")
        cv2.imwrite(str(paths[-1]), page)
    return paths


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector that calls dark pixels text: two convolutions and a sigmoid."""
    import openvino
    from openvino import opset13 as ops

    def convolution(node: Any, weight: np.ndarray, padding: int) -> Any:
        constant, pads = ops.constant(weight.astype(np.float32)), [padding, padding]
        return ops.convolution(node, constant, [1, 1], pads, pads, [1, 1])

    image = ops.parameter([-1, 3, -1, -1], np.float32, "x")
    blurred = ops.relu(convolution(image, np.ones((8, 3, 3, 3)) / 27, 1))
    # Black is 0 here, white 2.4 on the average.
    dark = ops.subtract(
        ops.constant(np.float32(1.2)), convolution(blurred, np.ones((1, 8, 1, 1)) / 8, 0)
    )
    network = openvino.Model([ops.sigmoid(ops.multiply(dark, np.float32(5)))], [image], "dark")
    folder = tmp_path_factory.mktemp("dark")
    openvino.save_model(network, folder / "inference.xml", compress_to_fp16=False)
    return folder


def shapes(model: Path | str, image: Path, precision: str = "fp32") -> list[Polygon]:
    settings = EngineSettings(precision=precision)  # type: ignore[arg-type]
    found = TextDetector.load(model, settings).detect(read_image(image), DetectionSettings())
    return [Polygon(polygon) for polygon in found.polygons]


def overlap(one: Polygon, other: Polygon) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def test_the_int8_version_finds_the_same_boxes(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "new" / "int8"
    result = quantize_detector(model, images, out, cpu_threads=1)
    assert sorted(path.name for path in out.iterdir()) == ["inference.bin", "inference.xml"]
    assert [path.name for path in out.parent.iterdir()] == ["int8"]
    text = (out / "inference.xml").read_text()
    assert 'element_type="i8"' in text
    assert "FakeQuantize" in text
    for image in images:
        before, after = shapes(model, image), shapes(out, image)
        assert len(before) == len(after) == len(LINES)
        assert all(max(overlap(one, other) for other in after) > 0.9 for one in before)
    assert result.skipped == ()
    assert sorted(result.used) == images
    assert result.agreement.boxes == (18, 18)
    assert result.agreement.matched == 18
    assert result.agreement.mean_iou > 0.9


def test_the_choice_is_the_same_every_time(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path
) -> None:
    results = [
        quantize_detector(model, given, tmp_path / str(number), samples=3, cpu_threads=1)
        for number, given in enumerate((images, images[::-1]))
    ]
    assert results[0].used == results[1].used
    assert len(results[0].used) == 3
    weights = [(result.folder / "inference.bin").read_bytes() for result in results]
    assert weights[0] == weights[1]


def test_unreadable_images_are_named_and_replaced(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path
) -> None:
    broken = [tmp_path / f"broken{number}.png" for number in range(6)]
    for path in broken:
        path.write_bytes(b"no image")
    result = quantize_detector(
        model, [*images, *broken], tmp_path / "int8", samples=6, cpu_threads=1
    )
    assert sorted(result.used) == images
    assert result.skipped
    assert all(message.startswith(str(tmp_path / "broken")) for message in result.skipped)


@pytest.mark.parametrize("given", [[], ["none.png"], ["broken.png"]])
def test_without_images_nothing_is_written(
    nncf: Any, model: Path, tmp_path: Path, given: list[str]
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=given[0] if given else "there is none"):
        quantize_detector(model, [tmp_path / name for name in given], tmp_path / "int8")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.png"]


@pytest.mark.parametrize("name", ["PP-OCRv4_mobile_rec", "ch_ppocr_mobile_v2.0_cls"])
def test_only_detectors_are_quantised(
    nncf: Any, images: list[Path], tmp_path: Path, name: str
) -> None:
    with pytest.raises(ModelError, match=f"{name} is not a text detector"):
        quantize_detector(name, images, tmp_path / "int8")


def test_a_quantised_model_is_not_quantised_again(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path
) -> None:
    quantize_detector(model, images, tmp_path / "int8", cpu_threads=1)
    with pytest.raises(ModelError, match="quantised already"):
        quantize_detector(tmp_path / "int8", images, tmp_path / "again")


def test_a_folder_with_files_is_left_alone(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path
) -> None:
    kept = tmp_path / "notes.txt"
    kept.touch()
    for out in (tmp_path, kept):
        with pytest.raises(ModelError, match="exists already"):
            quantize_detector(model, images, out)
    with pytest.raises(ModelError, match="can't write"):
        quantize_detector(model, images, kept / "int8", cpu_threads=1)
    assert list(tmp_path.iterdir()) == [kept]


def test_an_image_that_goes_away_is_an_error_and_leaves_nothing(
    nncf: Any, model: Path, images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = tmp_path / "lost.png"
    lost.write_bytes(images[0].read_bytes())
    quantize = nncf.quantize

    def without(*arguments: Any, **options: Any) -> Any:
        lost.unlink()
        return quantize(*arguments, **options)

    monkeypatch.setattr(nncf, "quantize", without)
    with pytest.raises(HubocrError, match=r"lost\.png"):
        quantize_detector(model, [*images, lost], tmp_path / "int8")
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_named(
    model: Path, images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(EngineError, match=r"needs nncf.*hubocr\[quantize\]"):
        quantize_detector(model, images, tmp_path / "int8")


@pytest.mark.parametrize("name", ["PP-OCRv4_mobile_det", "PP-OCRv6_small_det"])
def test_a_released_detector_still_finds_every_line(nncf: Any, tmp_path: Path, name: str) -> None:
    pages = [path for path in sorted((FIXTURES / "pages").iterdir())]
    out = tmp_path / "int8"
    quantize_detector(name, pages, out)
    detector = TextDetector.load(out)
    assert detector.network.name == "openvino"
    for page in pages:
        page_name = f"pages/{page.name}"
        found = detector.detect(fixture_image(page_name), DetectionSettings(box_thresh=0.5))
        boxes = [Polygon(polygon) for polygon in found.polygons]
        for box in fixture_boxes()[page_name]:
            line = Polygon(box["points"])
            assert max(overlap(line, other) for other in boxes) > 0.5
