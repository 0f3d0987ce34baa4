from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import SettingsError
from hubocr.evaluation.pages import load_pages

BOX = [[10, 10], [60, 10], [60, 30], [10, 30]]


def write_labels(folder: Path, *rows: tuple[str, Any], name: str = "det.tsv") -> Path:
    """Write a label file; labels that are no text are written as JSON."""
    lines = [
        f"{file}\t{label if isinstance(label, str) else json.dumps(label, ensure_ascii=False)}\n"
        for file, label in rows
    ]
    (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder / name


def region(points: Any = BOX, transcription: Any = "a") -> dict[str, Any]:
    return {"transcription": transcription, "points": points}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((50, 100, 3), np.uint8))
    return tmp_path


def test_labels_of_paddleocr_are_read(folder: Path) -> None:
    octagon = [[10, 10], [20, 5], [30, 5], [40, 10], [40, 20], [30, 25], [20, 25], [10, 20]]
    labels = write_labels(
        folder,
        ("a.png", [region(), region(octagon, "弯"), region(BOX, "###"), region(BOX, "*")]),
        ("a.png", []),
    )
    first, second = load_pages(labels).samples
    assert [r.text for r in first.regions] == ["a", "弯", "###", "*"]
    assert [r.ignored for r in first.regions] == [False, False, True, True]
    assert first.regions[1].points.tolist() == octagon
    assert first.size == (50, 100)
    assert second.regions == ()
    elsewhere = write_labels(folder.parent, ("a.png", []), name=f"{folder.name}.tsv")
    assert len(load_pages(elsewhere, root=folder).samples) == 1


def test_boxes_are_cut_to_the_image(folder: Path) -> None:
    points = [[-10, 10], [60, 10], [60, 80], [-10, 80]]
    (page,) = load_pages(write_labels(folder, ("a.png", [region(points)]))).samples
    assert page.regions[0].points.tolist() == [[0, 10], [60, 10], [60, 50], [0, 50]]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (region([]), "line 1, region 1: the polygon is empty"),
        (region([[1, 1], [1, 1], [1, 1], [1, 1]]), "region 1: the polygon is empty"),
        (region([[1, 1], [30, 1]]), "region 1: the polygon is empty"),
        (region([[1, 1], [2, "x"], [3, 3]]), "region 1: points have to be a list of pairs"),
        (region([[1, 1, 1]] * 4), "region 1: points have to be a list of pairs"),
        (region([[float("nan"), 1], [5, 1], [5, 5]]), "region 1: points have to be"),
        (region([[1e30, 1], [5, 1], [5, 5]]), "region 1: points have to be"),
        (region([[10**400, 1], [5, 1], [5, 5]]), "region 1: points have to be"),
        (region([[float("inf"), 1], [5, 1], [5, 5]]), "region 1: points have to be"),
        (region("10,10"), "region 1: points have to be"),
        (region(BOX, None), "region 1: expected an object with points and transcription"),
        ({"points": BOX}, "region 1: expected an object"),
        ([1], "region 1: expected an object"),
        (region([[200, 10], [260, 10], [260, 30], [200, 30]]), "lies outside the image a.png"),
    ],
)
def test_a_bad_region_is_named_and_left_out(folder: Path, bad: Any, reason: str) -> None:
    source = load_pages(write_labels(folder, ("a.png", [region(), bad])))
    (page,) = source.samples
    assert [r.text for r in page.regions] == ["a"]
    (problem,) = source.problems
    assert reason in str(problem)
    # Where nothing else is known of the image it would teach that there is no text.
    labels = write_labels(folder, ("a.png", [bad]), ("a.png", [region()]))
    assert len(load_pages(labels).samples) == 1


def test_a_bad_line_or_image_is_named_and_left_out(folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    labels = write_labels(
        folder,
        ("a.png", [region()]),
        ("a.png", "[{"),
        ("a.png", "[" * 100_000),
        ("a.png", {"points": BOX}),
        ("broken.png", []),
        ("none.png", []),
    )
    with labels.open("ab") as file:
        file.write(b"no tab\n\xff\t[]\n")
    source = load_pages(labels)
    assert len(source.samples) == 1
    named = sorted(str(problem) for problem in source.problems)
    assert len(named) == 7
    for part in ("line 2: the label is not JSON", "line 4: the label is not a list", "broken.png"):
        assert any(part in problem for problem in named)


def test_a_file_without_anything_to_use_is_an_error(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"no image with a label.*not JSON"):
        load_pages(write_labels(folder, ("a.png", "x")))
    with pytest.raises(SettingsError, match="can't read the labels"):
        load_pages(folder / "none.tsv")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_label_file(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "det.tsv"
    path.write_bytes(b"a.png\t" + data)
    with pytest.raises(SettingsError, match="no image with a label to use"):
        load_pages(path)
