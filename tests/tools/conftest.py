from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.client_runs import CLIENT, Client, Hub, Run


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


@pytest.fixture
def client(tmp_path: Path) -> Client:
    def run(*args: str | Path, **variables: str) -> Run:
        inherited = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        inherited.pop("HUBOCR_FONT", None)
        done = subprocess.run(
            [sys.executable, str(CLIENT), *map(str, args)],
            cwd=tmp_path,
            env={**inherited, "PYTHONIOENCODING": "utf-8", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder
