"""Every engine gives what the network says, to every thread its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hubocr.engines import Regrouping, load_engine
from hubocr.errors import EngineError
from hubocr.models import find_model, inspect_model
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineName, EngineSettings
from tests.engines.conftest import expected, random_tensor

ENGINES: tuple[EngineName, ...] = ("openvino", "onnxruntime", "paddle")
FORMATS = {
    "openvino": ("pdmodel", "onnx_model", "openvino_ir"),
    "onnxruntime": ("pdmodel", "onnx_model"),
    "paddle": ("pdmodel", "pir"),
}


@pytest.mark.parametrize(
    ("engine", "files"), [(engine, name) for engine in ENGINES for name in FORMATS[engine]]
)
def test_the_answer_is_the_network_s(
    engine: str, files: str, request: pytest.FixtureRequest
) -> None:
    model: ModelFiles = request.getfixturevalue(files)
    loaded = load_engine(model, EngineSettings(engine=engine), streams=2)  # type: ignore[arg-type]
    assert loaded.name == engine
    for seed in range(6):
        tensor = random_tensor(seed, width=8 + seed)
        np.testing.assert_allclose(loaded.run(tensor), expected(tensor), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_get_their_own_results(engine: str, pdmodel: ModelFiles) -> None:
    loaded = load_engine(pdmodel, EngineSettings(engine=engine), streams=2)  # type: ignore[arg-type]
    tensors = [random_tensor(seed, 24, 40) for seed in range(200)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(loaded.run, tensors))
    for tensor, result in zip(tensors, found, strict=True):
        np.testing.assert_allclose(result, expected(tensor), atol=1e-5)


@pytest.mark.parametrize("first", [1, 3])
@pytest.mark.parametrize("engine", ENGINES)
def test_tensors_alone_and_side_by_side(engine: str, first: int, pdmodel: ModelFiles) -> None:
    settings = EngineSettings(engine=engine, cpu_threads=3)  # type: ignore[arg-type]
    loaded = load_engine(pdmodel, settings, streams=3, first=first)
    regroups = isinstance(loaded, Regrouping)
    assert regroups == (engine == "openvino")
    alone = loaded.for_streams(1) if isinstance(loaded, Regrouping) else loaded
    many = loaded.for_streams(3) if isinstance(loaded, Regrouping) else loaded
    if isinstance(loaded, Regrouping):
        assert loaded.streams == first
    tensors = [random_tensor(seed, 24, 40) for seed in range(60)]
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda seed: (many if seed % 3 else alone).run(tensors[seed]), range(60))
        )
    for tensor, result in zip(tensors, found, strict=True):
        np.testing.assert_allclose(result, expected(tensor), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_result_is_not_overwritten_by_the_next_call(engine: str, pdmodel: ModelFiles) -> None:
    loaded = load_engine(pdmodel, EngineSettings(engine=engine))  # type: ignore[arg-type]
    first = loaded.run(random_tensor(1))
    copy = first.copy()
    loaded.run(random_tensor(4))
    np.testing.assert_array_equal(first, copy)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_what_an_onnx_file_declares(engine: str, onnx_model: ModelFiles) -> None:
    loaded = load_engine(onnx_model, EngineSettings(engine=engine))  # type: ignore[arg-type]
    assert loaded.input_dimensions == (None, 3, 8, None)
    assert loaded.output_dimensions == (None, 2, 8, None)
    assert loaded.metadata["character"] == "a\nb"


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("output", ["c", "y"])
def test_another_tensor_of_the_graph_as_the_output(
    engine: str, output: str, onnx_model: ModelFiles
) -> None:
    loaded = load_engine(
        replace(onnx_model, output=output),
        EngineSettings(engine=engine),  # type: ignore[arg-type]
    )
    assert loaded.input_dimensions == (None, 3, 8, None)
    tensor = random_tensor(0)
    found = loaded.run(tensor)
    assert (found.min() < 0) == (output == "c")
    np.testing.assert_allclose(np.maximum(found, 0), expected(tensor), atol=1e-5)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_an_output_that_the_graph_has_not(engine: str, onnx_model: ModelFiles) -> None:
    with pytest.raises(EngineError, match="can't load"):
        load_engine(
            replace(onnx_model, output="z"),
            EngineSettings(engine=engine),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_tensor_that_does_not_fit_is_an_error(engine: str, onnx_model: ModelFiles) -> None:
    loaded = load_engine(onnx_model, EngineSettings(engine=engine))  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=r"\(1, 3, 9, 16\)"):
        loaded.run(np.zeros((1, 3, 9, 16), np.float32))
    tensor = random_tensor(0)
    np.testing.assert_allclose(loaded.run(tensor), expected(tensor), atol=1e-5)


def test_the_engines_agree_on_a_real_recogniser() -> None:
    model = find_model("PP-OCRv4_mobile_rec")
    tensor = np.random.default_rng(0).uniform(-1, 1, (2, 3, 48, 320)).astype(np.float32)
    results = [load_engine(model, EngineSettings(engine=name)).run(tensor) for name in ENGINES]
    assert results[0].shape == (2, 40, 6625)
    for other in results[1:]:
        np.testing.assert_allclose(results[0], other, atol=2e-4)
        np.testing.assert_array_equal(results[0].argmax(-1), other.argmax(-1))


def _broken(edit: Callable[[bytes], bytes], part: str, model: ModelFiles, folder: Path) -> Path:
    copy = folder / "model"
    shutil.copytree(model.folder, copy)
    path = copy / part
    path.write_bytes(edit(path.read_bytes()))
    return copy


@pytest.mark.parametrize("engine", [*ENGINES, "auto"])
@pytest.mark.parametrize("part", ["inference.pdmodel", "inference.pdiparams"])
@pytest.mark.parametrize(
    "edit",
    [lambda data: b"", lambda data: b"broken", lambda data: data[: len(data) // 2]],
    ids=["empty", "text", "half"],
)
def test_a_damaged_model_is_an_error(
    engine: str,
    part: str,
    edit: Callable[[bytes], bytes],
    tmp_path: Path,
    pdmodel: ModelFiles,
) -> None:
    """Paddle Inference ends the whole process on some of these, if it is let near them."""
    files = inspect_model(_broken(edit, part, pdmodel, tmp_path))
    with pytest.raises(EngineError, match="model"):
        load_engine(files, EngineSettings(engine=engine))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime", "auto"])
def test_a_damaged_onnx_file_is_an_error(
    engine: str, tmp_path: Path, onnx_model: ModelFiles
) -> None:
    files = inspect_model(_broken(lambda d: d[:60], "inference.onnx", onnx_model, tmp_path))
    with pytest.raises(EngineError, match=r"inference\.onnx|no engine"):
        load_engine(files, EngineSettings(engine=engine))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["paddle", "auto"])
def test_a_damaged_json_program_is_an_error(engine: str, tmp_path: Path, pir: ModelFiles) -> None:
    files = inspect_model(_broken(lambda d: d[:100], "inference.json", pir, tmp_path))
    with pytest.raises(EngineError, match=r"inference\.json|no engine"):
        load_engine(files, EngineSettings(engine=engine))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["openvino", "auto"])
@pytest.mark.parametrize("part", ["inference.xml", "inference.bin"])
@pytest.mark.parametrize(
    "edit",
    [lambda data: b"", lambda data: b"broken", lambda data: data[: len(data) // 2]],
    ids=["empty", "text", "half"],
)
def test_a_damaged_file_of_openvino_is_an_error(
    engine: str,
    part: str,
    edit: Callable[[bytes], bytes],
    tmp_path: Path,
    openvino_ir: ModelFiles,
) -> None:
    files = inspect_model(_broken(edit, part, openvino_ir, tmp_path))
    with pytest.raises(EngineError, match=r"inference\.xml|no engine"):
        load_engine(files, EngineSettings(engine=engine))  # type: ignore[arg-type]


def test_a_loaded_model_does_not_depend_on_its_file(
    tmp_path: Path, openvino_ir: ModelFiles
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(openvino_ir.folder, copy)
    loaded = load_engine(inspect_model(copy), EngineSettings(engine="openvino"))
    (copy / "inference.bin").write_bytes(b"")
    tensor = random_tensor(1)
    np.testing.assert_allclose(loaded.run(tensor), expected(tensor), atol=1e-5)
