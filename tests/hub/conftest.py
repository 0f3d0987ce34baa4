"""An installation of the modules in the real PaddleHub, shared by the tests that need it."""

from __future__ import annotations

import pytest

from tests.hub.running import HUB, HubHome
from tests.hub.wire_contract import MODULES


@pytest.fixture(scope="session")
def hub_home(tmp_path_factory: pytest.TempPathFactory) -> HubHome:
    """All four modules, installed from a folder that isn't the repository."""
    if not HUB.is_file():
        pytest.skip("PaddleHub is not installed: pip install 'hubocr[hub]'")
    home = HubHome(tmp_path_factory.mktemp("hub_home"), tmp_path_factory.mktemp("elsewhere"))
    home.install(*MODULES)
    return home
