"""The public face: what it lists is there, and what it doesn't load stays unloaded."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import hubocr

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", hubocr.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(hubocr, name) is not None
    assert name in dir(hubocr)


def test_all_is_the_public_face() -> None:
    assert hubocr.__all__ == sorted(hubocr.__all__, key=lambda name: name)
    script = "import hubocr; from hubocr import *; print(*sorted(set(dir()) & set(hubocr.__all__)))"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.split() == sorted(hubocr.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'create_pipelines'"):
        _ = hubocr.create_pipelines
    with pytest.raises(ImportError):
        exec("from hubocr import create_pipelines")


def test_there_is_one_version() -> None:
    text = (ROOT / "hubocr" / "_version.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    assert hubocr.__version__ == version == metadata.version("hubocr")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"{version}"' not in project
    run = subprocess.run(
        [sys.executable, "-m", "hubocr", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"hubocr {version}\n"
