"""hubocr.evaluation.sets, on small sets made here and, where they are, on the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.errors import DatasetError
from hubocr.evaluation.sets import (
    DATA_VARIABLE,
    SETS,
    TextBox,
    data_folder,
    load_set,
    unescape,
)


def write_set(folder: Path, labels: str, name: str = "pages") -> Path:
    root = folder / name
    root.mkdir()
    (root / "labels.tsv").write_bytes(labels.encode())
    for line in labels.split("\n"):
        if line:
            image = root / line.split("\t")[0]
            image.parent.mkdir(exist_ok=True)
            image.touch()
    return root


def test_labels_are_unescaped() -> None:
    assert unescape(r"a\nb") == "a\nb"
    assert unescape(r"\\neq") == r"\neq"
    assert unescape(r"\\\n") == "\\\n"
    assert unescape(r"\t") == r"\t"


def test_a_set_with_boxes(tmp_path: Path) -> None:
    root = write_set(tmp_path, "sroie_1.jpg\tTOTAL\\n5\nodb_1.jpg\ta b\n")
    points = [[0, 0], [5, 0], [5, 2], [0, 2]]
    boxes = {
        "sroie_1.jpg": [
            {"points": points, "text": "TOTAL"},
            {"points": points, "text": "text", "ignore": True},
        ]
    }
    (root / "boxes.json").write_text(json.dumps(boxes))
    first, second = load_set("pages", tmp_path).samples
    assert (first.name, first.text, first.group) == ("sroie_1.jpg", "TOTAL\n5", "sroie")
    assert first.path == root / "sroie_1.jpg"
    corners = ((0.0, 0.0), (5.0, 0.0), (5.0, 2.0), (0.0, 2.0))
    assert first.boxes == (TextBox(corners, "TOTAL"), TextBox(corners, "text", ignored=True))
    assert first.ignore_case
    assert (second.boxes, second.ignore_case, second.group) == ((), False, "odb")


def test_a_set_of_folders_and_separators_inside_a_text(tmp_path: Path) -> None:
    write_set(tmp_path, "pku/a.png\ta\u2028b\nzf/b.png\tc\td\n", "captcha_real")
    first, second = load_set("captcha_real", tmp_path).samples
    assert (first.group, first.text) == ("pku", "a\u2028b")
    assert (second.group, second.text) == ("zf", "c\td")


def test_a_limit_is_spread_over_the_set(tmp_path: Path) -> None:
    write_set(tmp_path, "".join(f"{i}.png\t{i}\n" for i in range(10)), "lines_zh")
    dataset = load_set("lines_zh", tmp_path)
    assert [s.text for s in dataset.limited(3).samples] == ["0", "3", "6"]
    assert dataset.limited(None) is dataset
    assert dataset.limited(10) is dataset


@pytest.mark.parametrize(
    ("labels", "message"),
    [("a.jpg\n", "line 1: expected a file, a tab"), ("\tx\n", "line 1: expected a file, a tab")],
)
def test_damaged_labels(tmp_path: Path, labels: str, message: str) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "labels.tsv").write_text(labels)
    with pytest.raises(DatasetError, match=message):
        load_set("pages", tmp_path)


def test_labels_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "labels.tsv").write_bytes(b"a.jpg\t\xff\n")
    with pytest.raises(DatasetError, match="line 1: not UTF-8"):
        load_set("pages", tmp_path)


def test_an_image_that_is_missing(tmp_path: Path) -> None:
    root = write_set(tmp_path, "a.jpg\tx\n")
    (root / "a.jpg").unlink()
    with pytest.raises(DatasetError, match=r"names a\.jpg, which is not there"):
        load_set("pages", tmp_path)


def test_damaged_boxes(tmp_path: Path) -> None:
    root = write_set(tmp_path, "a.jpg\tx\n")
    (root / "boxes.json").write_text('{"a.jpg": [{"text": "x"}]}')
    with pytest.raises(DatasetError, match=r"boxes\.json is damaged"):
        load_set("pages", tmp_path)


def test_unknown_and_missing_sets(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no set is named 'x'; known: lines_zh"):
        load_set("x", tmp_path)
    with pytest.raises(DatasetError, match=r"can't read .*labels\.tsv"):
        load_set("pages", tmp_path)


def test_a_folder_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match=r"HUBOCR_DATA names it\): set HUBOCR_DATA"):
        data_folder()
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert data_folder() == tmp_path


@pytest.mark.data
@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str) -> None:
    try:
        folder = data_folder()
    except DatasetError as error:
        pytest.skip(str(error))
    samples = load_set(name, folder).samples
    assert samples
    assert len({sample.name for sample in samples}) == len(samples)
    assert all(sample.text for sample in samples)
