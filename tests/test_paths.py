from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hubocr
from hubocr.errors import ModelNotFoundError
from hubocr.models import find_model, registry
from hubocr.paths import (
    HOME_VARIABLE,
    cache_folder,
    data_folder,
    models_folder,
    resolve_path,
    search_roots,
)

CHECKOUT = Path(hubocr.__file__).resolve().parents[1]
DET = "PP-OCRv4_mobile_det"
FOLDER = registry()[DET].folder


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """A home and a working folder, both empty."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.chdir(here)
    yield home, here


def model_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "inference.onnx").touch()
    return folder


def test_the_search_order(roots: tuple[Path, Path]) -> None:
    assert search_roots() == (*roots, CHECKOUT)


def test_a_place_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(CHECKOUT / "tests" / ".."))
    monkeypatch.chdir(CHECKOUT)
    assert search_roots() == (CHECKOUT,)


def test_the_first_place_where_a_path_exists_is_taken(roots: tuple[Path, Path]) -> None:
    home, here = roots
    assert resolve_path("pyproject.toml") == CHECKOUT / "pyproject.toml"
    (here / "pyproject.toml").touch()
    assert resolve_path("pyproject.toml") == here / "pyproject.toml"
    (home / "pyproject.toml").mkdir()
    assert resolve_path(Path("pyproject.toml")) == home / "pyproject.toml"
    assert resolve_path("nowhere/at/all") is None


def test_an_absolute_path_is_only_itself(roots: tuple[Path, Path]) -> None:
    home, here = roots
    (home / "file").touch()
    assert resolve_path(home / "file") == home / "file"
    assert resolve_path(here / "file") is None


def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "file").touch()
    assert resolve_path("~/file") == tmp_path / "file"
    monkeypatch.setenv(HOME_VARIABLE, "~/models")
    assert search_roots()[0] == tmp_path / "models"
    assert models_folder() == tmp_path / "models" / "inference"


def test_models_are_fetched_to_the_home_or_the_checkout_never_to_the_working_folder(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = roots
    model_at(here / "inference" / FOLDER)
    assert models_folder() == home / "inference"
    monkeypatch.delenv(HOME_VARIABLE)
    assert models_folder() == CHECKOUT / "inference"
    assert data_folder() == CHECKOUT


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_outside_a_checkout_data_goes_to_the_users_folder(tmp_path: Path) -> None:
    shutil.copytree(
        CHECKOUT / "hubocr",
        tmp_path / "site" / "hubocr",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    script = "from hubocr.paths import *; print(data_folder(), models_folder(), cache_folder())"
    environment = {name: value for name, value in os.environ.items() if "XDG" not in name}
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path / "site"), "HOME": str(tmp_path)},
    )
    data = tmp_path / ".local" / "share" / "hubocr"
    expected = [data, data / "inference", tmp_path / ".cache" / "hubocr"]
    assert result.stdout.split() == [str(path) for path in expected]


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_the_cache_follows_the_desktops_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hubocr"


def test_a_registry_name_stands_for_its_folder(roots: tuple[Path, Path]) -> None:
    home, here = roots
    there = model_at(here / "inference" / FOLDER)
    assert find_model(DET).folder == there
    nearer = model_at(home / "inference" / FOLDER)
    assert find_model(DET).folder == nearer


def test_a_model_can_be_named_by_its_path(roots: tuple[Path, Path]) -> None:
    _, here = roots
    folder = model_at(here / "own")
    for path in ("own", Path("own"), folder, "own/inference.onnx", folder / "inference.onnx"):
        assert find_model(path).onnx == folder / "inference.onnx"


def test_a_model_that_is_nowhere_lists_the_places_and_the_command(
    roots: tuple[Path, Path],
) -> None:
    for name in ("own", "some/own", "/nonexistent/own"):
        with pytest.raises(ModelNotFoundError) as refusal:
            find_model(name)
        assert repr(name) in refusal.value.message
        places = [name] if name.startswith("/") else [root / name for root in search_roots()]
        assert all(str(place) in refusal.value.message for place in places)
        assert "fetch" not in refusal.value.message
    # The name itself may well be found in the checkout, after the two empty roots.
    with pytest.raises(ModelNotFoundError, match=f"run: hubocr models fetch {DET}$"):
        find_model(f"/nonexistent/{FOLDER}")


def test_a_folder_without_a_model_is_told_as_such(roots: tuple[Path, Path]) -> None:
    (roots[1] / "own").mkdir()
    with pytest.raises(ModelNotFoundError, match="holds no model"):
        find_model("own")


@pytest.mark.parametrize(
    "name",
    [
        "own\0model",
        "~no_such_user/own",
        "m" * 5000,
    ],
    ids=["null byte", "unknown user", "too long"],
)
def test_an_impossible_path_is_not_found(name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        find_model(name)
