from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.models import check_model, file_sha256, registry
from hubocr.paths import models_folder
from tests.models import CONTENT, entry_for, put


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_hash_is_that_of_the_whole_file(tmp_path: Path, size: int) -> None:
    data = (b"hubocr " * (size // 7 + 1))[:size]
    (tmp_path / "file").write_bytes(data)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_whole_files_are_present(tmp_path: Path) -> None:
    entry = entry_for()
    folder = put(tmp_path / entry.folder)
    (folder / "notes.txt").write_text("another file does no harm")
    state = check_model(entry, tmp_path)
    assert (state.entry, state.folder) == (entry, folder)
    assert (state.state, state.problems) == ("present", ())


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    entry = entry_for()
    path = put(tmp_path / entry.folder) / name
    path.unlink()
    # A folder of that name is no model file either.
    for is_folder in (False, True):
        if is_folder:
            path.mkdir()
        state = check_model(entry, tmp_path)
        assert state.state == "missing"
        assert state.problems == (f"{path} is missing",)


def test_a_model_that_was_never_fetched_is_missing(tmp_path: Path) -> None:
    entry = entry_for()
    state = check_model(entry, tmp_path / "nowhere")
    assert (state.state, len(state.problems)) == ("missing", len(entry.files))


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_one_changed_bit_is_damage(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    entry = entry_for()
    root = tmp_path_factory.getbasetemp() / "one_changed_bit"
    path = put(root / entry.folder) / "inference.pdiparams"
    data = bytearray(CONTENT[path.name])
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    state = check_model(entry, root)
    assert state.state == "damaged"
    assert len(state.problems) == 1
    assert state.problems[0].startswith(str(path))


@pytest.mark.parametrize("change", [b"", CONTENT["inference.pdmodel"] + b"\0", b"\0" * 3500])
def test_a_file_of_another_size_or_content_is_damage(tmp_path: Path, change: bytes) -> None:
    entry = entry_for()
    put(tmp_path / entry.folder, {**CONTENT, "inference.pdmodel": change})
    assert check_model(entry, tmp_path).state == "damaged"


def test_damage_is_told_before_absence_and_both_are_listed(tmp_path: Path) -> None:
    entry = entry_for()
    put(tmp_path / entry.folder, {"inference.pdmodel": b"broken"})
    state = check_model(entry, tmp_path)
    assert state.state == "damaged"
    assert len(state.problems) == 2


@pytest.mark.parametrize("name", registry())
def test_the_fetched_models_are_the_released_ones(name: str) -> None:
    entry = registry()[name]
    folder = models_folder() / entry.folder
    if not folder.is_dir():
        pytest.skip(f"{name} is not fetched here")
    for file in entry.files:
        data = (folder / file.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
    assert check_model(entry, models_folder()).state == "present"
