"""The production server's answers are PaddleHub's, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.running import HubHome
from tests.hub.wire_contract import LABELS, MODULES, NOT_AN_IMAGE, PAGES, Wire, encoded
from tests.server.running import running

# One thread, so that both add up in the same order.
SETTINGS = {name: {"cpu_threads": 1, "engine": "openvino"} for name in MODULES}


@pytest.fixture(scope="module")
def paddlehub(hub_home: HubHome) -> Iterator[Wire]:
    modules = {name: {"init_args": {"version": "1.0.0", **SETTINGS[name]}} for name in MODULES}
    for entry in modules.values():
        entry["predict_args"] = {}
    with hub_home.serving({"modules_info": modules}) as url:
        yield Wire(url)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder: Path = tmp_path_factory.mktemp("same_bytes")
    with running(folder, "--legacy-http-200", "--threads", "1", modules=SETTINGS) as started:
        yield Wire(started.url)


@pytest.mark.hub
@pytest.mark.parametrize("module", MODULES)
def test_same_bytes(module: str, paddlehub: Wire, server: Wire) -> None:
    images = [encoded(name) for name in (*LABELS, *PAGES, "odd/blank.png", "odd/one_pixel.png")]
    contents: list[object] = [
        {"images": images[:1]},
        {"images": images[:20]},
        {"images": [images[0], NOT_AN_IMAGE, images[1]]},
        {"images": [NOT_AN_IMAGE]},
        {"images": [3]},
        {"images": images[:1], "unknown": 1},
        {"images": images[:1], "options": {"unknown": 1}},
        {},
    ]
    for content in contents:
        body = json.dumps(content).encode()
        theirs, ours = (w.send(module, body, "application/json") for w in (paddlehub, server))
        assert ours.content == theirs.content
        assert ours.status_code == theirs.status_code
        assert ours.headers["Content-Type"] == theirs.headers["Content-Type"]
