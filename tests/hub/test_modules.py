"""What a user of the modules does in PaddleHub besides asking the four of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings, RecognitionSettings
from tests.arrays import read_bgr
from tests.hub.running import HubHome
from tests.hub.wire_contract import FIXTURES, LABELS, LINES, Wire, encoded, unspaced
from tests.server.running import ROOT

pytestmark = pytest.mark.hub

CAPTCHAS = [name for name in LABELS if name.startswith("captchas/")]


def config_of(**modules: dict[str, Any]) -> dict[str, Any]:
    return {
        "modules_info": {
            name: {"init_args": {"version": "1.0.0", **init_args}, "predict_args": {}}
            for name, init_args in modules.items()
        }
    }


def texts(wire: Wire, module: str, names: Sequence[str], **keys: object) -> list[str]:
    (items,) = wire.post(module, {"images": [encoded(n) for n in names], **keys})["results"]
    return [item["text"] for item in items]


def read_in_process(model: str, names: Sequence[str]) -> list[str]:
    images = [read_bgr(FIXTURES / name) for name in names]
    found = TextRecognizer.load(model, EngineSettings()).recognize(images, RecognitionSettings())
    return [text.text for text in found]


def test_two_recognisers_on_one_port(hub_home: HubHome) -> None:
    folder = str(hub_home.module("ocr_rec"))
    config = config_of(
        ocr_rec={},
        v6_rec={
            "name": "ocr_rec",
            "directory": folder,
            "rec_model_dir": "PP-OCRv6_small_rec",
            "engine": "openvino",
            "cpu_threads": 1,
        },
        checkout_rec={
            "directory": str(ROOT / "deploy/hubserving/ocr_rec"),
            "rec_model_dir": "PP-OCRv6_small_rec",
        },
    )
    names = [*LINES, *CAPTCHAS]
    expected = {
        "ocr_rec": read_in_process("PP-OCRv4_mobile_rec", names),
        "v6_rec": read_in_process("PP-OCRv6_small_rec", names),
    }
    expected["checkout_rec"] = expected["v6_rec"]
    assert expected["ocr_rec"] != expected["v6_rec"]
    with hub_home.serving(config) as url:
        wire = Wire(url)
        for module, wanted in expected.items():
            assert texts(wire, module, names) == wanted


def test_the_installed_copy_reads_its_own_params(hub_home: HubHome) -> None:
    params = hub_home.module("ocr_system") / "params.py"
    original = params.read_text()
    changed = original.replace("params.drop_score = 0.5", "params.drop_score = 1.0")
    assert changed != original
    params.write_text(changed)
    try:
        with hub_home.serving(config_of(ocr_system={})) as url:
            assert Wire(url).results("ocr_system", [encoded("pages/receipt.png")]) == [[]]
    finally:
        params.write_text(original)


def test_init_args_go_over_params(hub_home: HubHome) -> None:
    with hub_home.serving(config_of(ocr_system={"drop_score": 1.0})) as url:
        wire = Wire(url)
        image = encoded("pages/receipt.png")
        assert wire.results("ocr_system", [image]) == [[]]
        ((_, *rest),) = wire.results("ocr_system", [image], options={"drop_score": 0.5})
        assert len(rest) > 10


@pytest.mark.parametrize("engine", ["paddle", "onnxruntime"])
def test_workers_that_are_forked_answer(hub_home: HubHome, engine: str) -> None:
    """Engines don't survive a fork, and PaddleHub makes the modules before it forks."""
    config = config_of(ocr_rec={"engine": engine})
    with hub_home.serving({**config, "use_multiprocess": True, "workers": 2}) as url:
        wire = Wire(url)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: texts(wire, "ocr_rec", LINES), range(12)))
    wanted = [unspaced(LABELS[name]) for name in LINES]
    assert [[unspaced(text) for text in each] for each in found] == [wanted] * 12


@pytest.mark.parametrize(
    ("init_args", "named"),
    [
        ({"rec_model_dir": "inference/nothing_here"}, "inference/nothing_here"),
        ({"drop_score": 0.5}, "drop_score"),
        ({"cpu_threads": -1}, "cpu_threads"),
    ],
)
def test_a_wrong_configuration_is_said_at_the_start(
    hub_home: HubHome, init_args: dict[str, Any], named: str
) -> None:
    with (
        pytest.raises(RuntimeError, match=named),
        hub_home.serving(config_of(ocr_rec=init_args)),
    ):
        pass


def test_hub_run(hub_home: HubHome) -> None:
    printed = hub_home.run(
        "run", "ocr_system", "--input_path", str(FIXTURES / "pages" / "receipt.png")
    )
    labels = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))
    wanted = [label["text"] for label in labels["pages/receipt.png"]]
    assert sum(unspaced(text) in unspaced(printed) for text in wanted) > 0.8 * len(wanted)


def test_hub_list_and_install_again(hub_home: HubHome) -> None:
    hub_home.run("install", str(ROOT / "deploy" / "hubserving" / "ocr_cls"))
    assert "ocr_cls" in hub_home.run("list")
