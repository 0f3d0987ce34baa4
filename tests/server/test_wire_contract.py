"""The production server keeps the wire contract, with PaddleHub's HTTP codes for old scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hub.wire_contract import MODULES, Wire, WireContract
from tests.server.running import running


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("legacy")
    with running(folder, "--legacy-http-200", modules=MODULES) as server:
        yield Wire(server.url)


class TestServer(WireContract):
    pass
