"""One runtime: what is shared, what is given back, who has all threads."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hubocr.detection import TextDetector
from hubocr.errors import EngineError, ModelNotFoundError
from hubocr.models import inspect_model
from hubocr.models.files import ModelFiles
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Call, Runtime, Workload
from hubocr.settings import EngineSettings
from tests.conftest import FakeEngine
from tests.engines.conftest import expected, random_tensor
from tests.waiting import hold_after

TWO = EngineSettings(cpu_threads=2)
REC = "PP-OCRv4_mobile_rec"


def test_modules_share_what_they_load_alike() -> None:
    with Runtime(2) as runtime:
        pages = TextRecognizer.load(REC, TWO, workload=Workload.LINES, runtime=runtime)
        lines = TextRecognizer.load(REC, TWO, workload=Workload.LINE, runtime=runtime)
        assert runtime.network_count == 1
        other = TextRecognizer.load(REC, EngineSettings(cpu_threads=1), runtime=runtime)
        assert runtime.network_count == 2
        del other
        assert runtime.network_count == 1
        line = np.full((48, 320, 3), 200, np.uint8)
        assert pages.recognize([line]) == lines.recognize([line])


def test_streams_follow_the_work_and_the_settings(pdmodel: ModelFiles) -> None:
    throughput = EngineSettings(cpu_threads=2, performance="throughput")
    with Runtime(2) as runtime:
        networks = [runtime.load(pdmodel, TWO, work) for work in (Workload.LINES, Workload.CROPS)]
        assert runtime.network_count == 1
        networks.append(runtime.load(pdmodel, TWO, Workload.PAGE))  # all threads for one page
        assert runtime.network_count == 2
        networks.append(runtime.load(pdmodel, throughput, Workload.PAGE))
        assert runtime.network_count == 3
        tensor = random_tensor(1)
        for network in networks:
            np.testing.assert_allclose(network.run(tensor), expected(tensor), atol=1e-5)


def test_runtimes_share_nothing(pdmodel: ModelFiles) -> None:
    with Runtime(2) as first, Runtime(2) as second:
        networks = [first.load(pdmodel, TWO), second.load(pdmodel, TWO)]
        assert (first.network_count, second.network_count) == (1, 1)
        del networks


def test_what_nobody_uses_is_given_back(pdmodel: ModelFiles) -> None:
    gc.disable()  # at once, not when the collector comes by
    try:
        with Runtime(2) as runtime:
            network = runtime.load(pdmodel, TWO)
            engine = weakref.ref(network._variants.first)
            again = runtime.load(pdmodel, TWO, Workload.CROPS)
            network.run(random_tensor(1))
            del network
            assert engine() is not None
            del again
            assert engine() is None
            assert runtime.network_count == 0
    finally:
        gc.enable()


def test_many_threads_load_a_model_once(pdmodel: ModelFiles) -> None:
    with Runtime(2) as runtime, ThreadPoolExecutor(8) as pool:
        networks = list(pool.map(lambda _: runtime.load(pdmodel, TWO), range(8)))
        assert len({id(network._variants) for network in networks}) == 1


def test_a_changed_file_is_loaded_anew(onnx_model: ModelFiles, tmp_path: Path) -> None:
    assert onnx_model.onnx is not None
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_model.onnx.read_bytes())
    files, runtime = ModelFiles(tmp_path, onnx=path), Runtime(1)
    first = runtime.load(files)
    path.write_bytes(b"no model")
    with pytest.raises(EngineError):
        runtime.load(files)
    path.write_bytes(onnx_model.onnx.read_bytes())
    again = runtime.load(files)
    tensor = random_tensor(2)
    np.testing.assert_array_equal(again.run(tensor), first.run(tensor))


def test_changed_weights_of_openvino_are_loaded_anew(
    openvino_ir: ModelFiles, tmp_path: Path
) -> None:
    copy, runtime = tmp_path / "model", Runtime(1)
    shutil.copytree(openvino_ir.folder, copy)
    first = runtime.load(inspect_model(copy))
    weights = (copy / "inference.bin").read_bytes()
    (copy / "inference.bin").write_bytes(bytes(len(weights)))
    os.utime(copy / "inference.bin", ns=(0, 0))  # clocks of file systems may be coarse
    again = runtime.load(inspect_model(copy))
    assert not again.run(random_tensor(2)).any()
    assert first.run(random_tensor(2)).any()


def test_models_that_are_nowhere() -> None:
    with Runtime(1) as runtime, pytest.raises(ModelNotFoundError, match="no-such-model"):
        runtime.load("no-such-model")


@pytest.mark.parametrize("workload", Workload)
def test_who_has_all_threads(workload: Workload) -> None:
    engine = FakeEngine(lambda tensor: tensor)
    begun, hold = threading.Event(), threading.Event()
    with Runtime(2) as runtime:
        network = runtime.adopt(engine, workload)

        def run(_: int) -> object:
            return network.run(np.zeros(1, np.float32))

        divides = workload is not Workload.CROPS
        network.map(run, [0], stage="alone")
        assert engine.alone == [divides]
        network.map(run, [0, 1], stage="together")  # pieces of one call divide the threads
        run(0)  # as does what runs outside a call
        assert engine.alone[1:] == [False] * 3
        with ThreadPoolExecutor(1) as pool:
            pool.submit(runtime.map, lambda _: hold_after(begun, hold), [0])
            assert begun.wait(10)
            network.map(run, [0], stage="beside another call")
            hold.set()
        assert engine.alone[-1] is False
        network.map(run, [0], stage="alone again")
        assert engine.alone[-1] is divides
        network.map(run, [0], stage="one of many", call=Call(is_one_of_many=True))
        assert engine.alone[-1] is False


def test_a_call_of_its_own_by_stage(pdmodel: ModelFiles) -> None:
    with Runtime(1) as runtime:
        network, call = runtime.load(pdmodel, EngineSettings(cpu_threads=1)), Call()
        network.map(lambda seed: network.run(random_tensor(seed)), [1, 2], stage="net", call=call)
        assert set(call.seconds) == {"queue", "net"}


def test_a_closed_runtime_says_so(pdmodel: ModelFiles) -> None:
    runtime = Runtime(2)
    network = runtime.load(pdmodel, TWO)
    engine = weakref.ref(network._variants.first)
    runtime.close()
    runtime.close()  # twice is no error
    with pytest.raises(EngineError, match="closed"):
        network.run(random_tensor(1))
    for items in ([0], [0, 1]):
        with pytest.raises(EngineError, match="closed"):
            runtime.map(lambda item: item, items)
    with pytest.raises(EngineError, match="closed"):
        runtime.load(pdmodel, TWO)
    assert runtime.depth == 0
    gc.collect()
    assert engine() is None  # although the network is still held


def test_closing_waits_for_what_has_begun() -> None:
    runtime, begun, hold = Runtime(2), threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(runtime.map, lambda item: (hold_after(begun, hold), item)[1], [1, 2])
        assert begun.wait(10)
        closing = pool.submit(runtime.close)
        hold.set()
        assert working.result(10) == [1, 2]
        closing.result(10)


def test_a_stage_may_have_a_runtime_of_its_own() -> None:
    detector = TextDetector.load("PP-OCRv4_mobile_det", TWO)
    assert detector.network.runtime.threads == 2
    assert Runtime().threads == EngineSettings().threads
