from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.cli.inputs import Input, list_inputs
from hubocr.cli.inputs import _with_distinct_outputs as distinct
from hubocr.documents import DocumentOptions

PICTURE = cv2.imencode(".png", np.full((8, 8, 3), 255, np.uint8))[1].tobytes()


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PICTURE)


def outputs(*names: object, recursive: bool = True, outside: Path | None = None) -> dict[str, str]:
    options = DocumentOptions(recursive=recursive)
    return {one.name: one.output for one in list_inputs(map(str, names), options, outside)}


def test_a_file_s_results_have_its_name(tmp_path: Path) -> None:
    make(tmp_path, "scan.png", "b.jpg")
    assert outputs(tmp_path / "scan.png") == {str(tmp_path / "scan.png"): "scan"}
    assert list(outputs(tmp_path).values()) == ["b", "scan"]


def test_folders_are_kept(tmp_path: Path) -> None:
    make(tmp_path, "a/x.png", "b/x.png", "b/c/y.png")
    assert list(outputs(tmp_path).values()) == ["a/x", "b/c/y", "b/x"]


def test_endings_tell_files_apart(tmp_path: Path) -> None:
    make(tmp_path, "x.png", "x.jpg", "y.png")
    assert list(outputs(tmp_path).values()) == ["x.jpg", "x.png", "y"]


def test_folders_tell_files_apart(tmp_path: Path) -> None:
    make(tmp_path, "a/x.png", "b/x.png", "b/y.png")
    asked = [tmp_path / "a" / "x.png", tmp_path / "b" / "x.png", tmp_path / "b" / "y.png"]
    expected = ["a/x.png", "b/x.png", "y"]
    assert list(outputs(*asked).values()) == expected
    assert list(outputs(*reversed(asked)).values()) == expected[::-1]
    assert list(outputs(tmp_path / "a", tmp_path / "b").values()) == expected


def test_a_file_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "x.png")
    assert len(outputs(tmp_path / "x.png", tmp_path, tmp_path / "*.png")) == 1


def test_a_file_is_read_once_by_whatever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "x.png")
    monkeypatch.chdir(tmp_path)
    names = ("x.png", "./x.png", str(tmp_path / "x.png"), tmp_path)
    assert outputs(*names) == {"x.png": "x"}


def test_results_are_no_input(tmp_path: Path) -> None:
    make(tmp_path, "x.png", "out/y.png")
    out = tmp_path / "out"
    assert list(outputs(tmp_path, outside=out)) == [str(tmp_path / "x.png")]
    assert list(outputs(out, outside=out)) == [str(out / "y.png")]
    assert list(outputs(out / "y.png", outside=out)) == [str(out / "y.png")]


def test_what_is_wrong_is_kept(tmp_path: Path) -> None:
    (missing,) = list_inputs([str(tmp_path / "nothing.png")], DocumentOptions())
    assert missing.error is not None
    assert "nothing.png" in missing.error.message
    (url,) = list_inputs(["https://example.com/a.png"], DocumentOptions())
    assert url.error is not None


_NAMES = st.text("ab.-2", min_size=1, max_size=4).filter(lambda name: name.strip("."))


@given(st.lists(st.tuples(st.lists(_NAMES, max_size=2), _NAMES, _NAMES), max_size=8))
def test_no_two_files_share_a_name(parts: list[tuple[list[str], str, str]]) -> None:
    paths = {Path("/data", *folders, f"{stem}.{ending}") for folders, stem, ending in parts}
    inputs = [Input(str(path), path, path, path.name) for path in sorted(paths)]
    found = [one.output for one in distinct(inputs)]
    assert len(set(found)) == len(found)
    assert [one.output for one in distinct(inputs[::-1])] == found[::-1]
