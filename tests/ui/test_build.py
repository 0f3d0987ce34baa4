"""The files in the package are what the sources build."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server.running import ROOT

UI = ROOT / "ui"
STATIC = ROOT / "hubocr" / "ui" / "static"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (UI / "node_modules" / "esbuild").is_dir(),
    reason="the build needs node and the packages of ui/: npm ci in ui/",
)


def test_the_built_files_are_those_of_the_sources(tmp_path: Path) -> None:
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=UI, check=True, timeout=120)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    assert built.keys() == shipped.keys()
    changed = [name for name in built if built[name] != shipped[name]]
    assert changed == [], "build them again: make ui"


def test_the_sources_have_the_right_types() -> None:
    result = subprocess.run(
        ["npx", "--no-install", "tsc", "--noEmit"],
        cwd=UI,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
