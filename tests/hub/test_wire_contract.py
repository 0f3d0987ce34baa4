"""The modules in the real PaddleHub keep the wire contract."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.hub.running import HubHome
from tests.hub.wire_contract import Wire, WireContract
from tests.server.running import ROOT


@pytest.fixture(scope="module")
def wire(hub_home: HubHome) -> Iterator[Wire]:
    config = json.loads((ROOT / "config.json").read_text())
    with hub_home.serving(config) as url:
        yield Wire(url)


@pytest.mark.hub
class TestPaddleHub(WireContract):
    pass
