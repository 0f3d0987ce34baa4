"""Which engine `auto` takes, what each refuses, and the cached conversion to ONNX."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hubocr.conversion.to_onnx import onnx_file
from hubocr.engines import load_engine
from hubocr.engines.registry import _BACKENDS, _CPU_ORDER, _GPU_ORDER
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.settings import ENGINE_NAMES, EngineName, EngineSettings, Precision
from tests.engines.conftest import expected, random_tensor


def test_auto_takes_openvino_where_it_reads_the_model(pdmodel: ModelFiles) -> None:
    assert load_engine(pdmodel, EngineSettings()).name == "openvino"


def test_auto_goes_on_to_an_engine_that_reads_the_model(pir: ModelFiles) -> None:
    engine = load_engine(pir, EngineSettings())
    assert engine.name == "paddle"
    tensor = random_tensor(3)
    np.testing.assert_allclose(engine.run(tensor), expected(tensor), atol=1e-5)


def test_the_engine_that_was_asked_for_says_why_it_can_not(
    pdmodel: ModelFiles, onnx_model: ModelFiles
) -> None:
    with pytest.raises(EngineError, match="no Paddle program"):
        load_engine(onnx_model, EngineSettings(engine="paddle"))
    with pytest.raises(EngineError, match="bf16"):
        load_engine(pdmodel, EngineSettings(engine="onnxruntime", precision="bf16"))
    with pytest.raises(EngineError, match="CUDA"):
        load_engine(pdmodel, EngineSettings(engine="openvino", use_gpu=True))


@pytest.mark.parametrize("engine", ["onnxruntime", "paddle"])
def test_preferring_bf16_is_fp32_in_an_engine_without_it(
    pdmodel: ModelFiles, engine: EngineName
) -> None:
    pytest.importorskip(engine)
    settings = EngineSettings(engine=engine, precision="prefer_bf16")
    tensor = random_tensor(1)
    found = load_engine(pdmodel, settings).run(tensor)
    assert np.array_equal(
        found, load_engine(pdmodel, replace(settings, precision="fp32")).run(tensor)
    )


@pytest.mark.parametrize("has_bf16", [True, False])
def test_preferring_bf16_follows_the_processor(
    pdmodel: ModelFiles, monkeypatch: pytest.MonkeyPatch, has_bf16: bool
) -> None:
    openvino = pytest.importorskip("openvino")
    capabilities = ["FP32", "BF16"] if has_bf16 else ["FP32", "WINOGRAD"]
    hints = []

    class Core(openvino.Core):  # type: ignore[misc, name-defined]
        def get_property(self, *asked: object) -> object:
            return capabilities if asked == ("CPU", "OPTIMIZATION_CAPABILITIES") else None

        def compile_model(self, model: object, device: str, config: dict[str, object]) -> object:
            hints.append(config["INFERENCE_PRECISION_HINT"])
            return super().compile_model(model, device, config)

    monkeypatch.setattr("hubocr.engines.openvino._core", Core)
    asked: tuple[Precision, ...] = ("prefer_bf16", "bf16", "fp32")
    for precision in asked:
        load_engine(pdmodel, EngineSettings(engine="openvino", precision=precision))
    assert hints == ["bf16" if has_bf16 else "f32", "bf16", "f32"]


def test_a_gpu_that_is_not_there_is_an_error_and_never_the_cpu(pdmodel: ModelFiles) -> None:
    paddle = pytest.importorskip("paddle", reason="PaddlePaddle is not installed")
    if paddle.is_compiled_with_cuda():
        pytest.skip("this PaddlePaddle has CUDA")
    with pytest.raises(EngineError, match="no CUDA"):
        load_engine(pdmodel, EngineSettings(use_gpu=True))


def test_a_conversion_is_made_once_for_the_same_source(
    pdmodel: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("paddle2onnx", reason="paddle2onnx is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = onnx_file(pdmodel)
    assert first.is_relative_to(tmp_path)
    made = first.stat().st_mtime_ns
    assert onnx_file(pdmodel) == first
    assert first.stat().st_mtime_ns == made
    # Other parameters under the same program are another source.
    assert pdmodel.params is not None
    other = tmp_path / "other.pdiparams"
    content = bytearray(pdmodel.params.read_bytes())
    content[-1] ^= 1
    other.write_bytes(bytes(content))
    changed = ModelFiles(pdmodel.folder, pdmodel.pdmodel, params=other)
    assert onnx_file(changed) != first


_TOGETHER = """
import sys, threading
from pathlib import Path
import numpy as np
from hubocr.engines import load_engine
from hubocr.models import inspect_model
from hubocr.settings import EngineSettings
from hubocr.settings import EngineName
engine = load_engine(inspect_model(Path(sys.argv[1])), EngineSettings(), streams=8)
start = threading.Barrier(8)
def run():
    start.wait()
    engine.run(np.zeros((1, 3, 8, 8), np.float32))
threads = [threading.Thread(target=run, daemon=True) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.parametrize("attempt", range(5))
def test_the_first_calls_of_a_process_may_come_together(attempt: int, pdmodel: ModelFiles) -> None:
    """OpenVINO's bindings have deadlocked there."""
    subprocess.run([sys.executable, "-c", _TOGETHER, str(pdmodel.folder)], check=True, timeout=60)


def test_openvino_s_own_format_is_its_alone(openvino_ir: ModelFiles, tmp_path: Path) -> None:
    assert load_engine(openvino_ir, EngineSettings()).name == "openvino"
    engines: tuple[EngineName, ...] = ("onnxruntime", "paddle")
    for engine in engines:
        with pytest.raises(EngineError, match=r"inference\.xml is in OpenVINO's own format"):
            load_engine(openvino_ir, EngineSettings(engine=engine))
    with pytest.raises(EngineError, match=r"paddle: .*own format"):
        load_engine(openvino_ir, EngineSettings(use_gpu=True))


def test_every_engine_of_the_settings_is_there() -> None:
    assert {"auto", *_BACKENDS} == set(ENGINE_NAMES)
    assert set(_CPU_ORDER) == set(_BACKENDS) > set(_GPU_ORDER)
