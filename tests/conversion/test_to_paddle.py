"""ONNX files as Paddle programs: the same numbers, the same texts, or an error and no file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hubocr.conversion import equality
from hubocr.conversion.to_paddle import write_paddle_program
from hubocr.detection import TextDetector
from hubocr.detection.matching import match_polygons
from hubocr.engines import load_engine
from hubocr.engines.comparison import compare_program
from hubocr.errors import EngineError, ModelError
from hubocr.models import find_model, inspect_model
from hubocr.models.files import ModelFiles
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings
from tests.conftest import fixture_image, fixture_labels
from tests.engines.conftest import expected, random_tensor

PADDLE = EngineSettings(engine="paddle", cpu_threads=1)


@pytest.fixture
def x2paddle() -> None:
    for package in ("paddle", "x2paddle"):
        pytest.importorskip(package, reason="hubocr[export] is not installed")


def copied(model: ModelFiles, folder: Path) -> ModelFiles:
    """A model folder of its own with nothing but the ONNX file."""
    assert model.onnx is not None
    folder.mkdir()
    shutil.copy(model.onnx, folder / "inference.onnx")
    return inspect_model(folder)


@pytest.mark.usefixtures("x2paddle")
def test_a_program_gives_what_the_onnx_file_gives(onnx_model: ModelFiles, tmp_path: Path) -> None:
    model = copied(onnx_model, tmp_path / "model")
    assert write_paddle_program(model, compare_program) < 1e-5
    assert sorted(path.name for path in model.folder.iterdir()) == [
        *("inference.json", "inference.onnx", "inference.pdiparams")
    ]
    engine = load_engine(inspect_model(model.folder), PADDLE)
    for seed in range(6):
        tensor = random_tensor(seed, width=8 + 3 * seed)
        np.testing.assert_allclose(engine.run(tensor), expected(tensor), atol=1e-5)
    # What the program doesn't say is taken from the ONNX file beside it.
    assert engine.input_dimensions == (None, 3, 8, None)
    assert engine.output_dimensions == (None, 2, 8, None)
    assert engine.metadata["character"] == "a\nb"
    with pytest.raises(ModelError, match=r"inference\.json, of a .*; remove it first"):
        write_paddle_program(model, compare_program)


@pytest.mark.usefixtures("x2paddle")
def test_a_released_recogniser_reads_the_same(tmp_path: Path) -> None:
    model = copied(find_model("PP-OCRv6_small_rec"), tmp_path / "model")
    assert write_paddle_program(model, compare_program) < 1e-4
    names = [name for name in fixture_labels("lines") if "turned" not in name]
    images = [fixture_image(name) for name in names]
    texts = {}
    for engine in ("openvino", "paddle"):
        settings = EngineSettings(engine=engine, cpu_threads=1)
        recognizer = TextRecognizer.load(model.folder, settings)
        assert recognizer.network.name == engine
        found = recognizer.recognize(images)
        texts[engine] = [line.text for line in found]
        assert min(line.score for line in found) > 0.9
    assert texts["paddle"] == texts["openvino"]
    assert any(len(text) > 10 for text in texts["paddle"])


@pytest.mark.usefixtures("x2paddle")
def test_a_released_detector_finds_the_same(tmp_path: Path) -> None:
    model = copied(find_model("PP-OCRv6_small_det"), tmp_path / "model")
    assert write_paddle_program(model, compare_program) < 1e-3
    page = fixture_image("pages/receipt.png")
    found = []
    for engine in ("onnxruntime", "paddle"):
        settings = EngineSettings(engine=engine, cpu_threads=1)
        found.append(TextDetector.load(model.folder, settings).detect(page).polygons)
    assert len(match_polygons(found[0], found[1], 0.95)) == len(found[0]) == len(found[1]) > 10


@pytest.mark.usefixtures("x2paddle")
def test_a_program_that_differs_is_not_written(
    onnx_model: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = copied(onnx_model, tmp_path / "model")
    monkeypatch.setattr(equality, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"not written, differs by "):
        write_paddle_program(model, compare_program)
    assert [path.name for path in model.folder.iterdir()] == ["inference.onnx"]


@pytest.mark.usefixtures("x2paddle")
def test_a_file_that_can_not_be_converted(tmp_path: Path) -> None:
    (tmp_path / "inference.onnx").write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"x2paddle can't convert .*inference\.onnx: "):
        write_paddle_program(inspect_model(tmp_path), compare_program)
    assert [path.name for path in tmp_path.iterdir()] == ["inference.onnx"]


def test_a_file_of_another_name(onnx_model: ModelFiles, tmp_path: Path) -> None:
    # Beside a program under another name it would not be found any more.
    (copied(onnx_model, tmp_path / "model").folder / "inference.onnx").rename(tmp_path / "my.onnx")
    with pytest.raises(ModelError, match=r"my\.onnx must be called inference\.onnx or model\.onnx"):
        write_paddle_program(inspect_model(tmp_path / "my.onnx"), compare_program)


def test_what_it_needs(
    onnx_model: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="has no ONNX file"):
        write_paddle_program(find_model("PP-OCRv4_mobile_rec"), compare_program)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"needs paddle, .* pip install 'hubocr\[export\]'"):
        write_paddle_program(copied(onnx_model, tmp_path / "model"), compare_program)
