from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hubocr.errors import DatasetError, SettingsError
from hubocr.evaluation.lines import load_source
from hubocr.pipeline.crop import crop_polygon
from tests.arrays import bgr
from tests.training import draw_text, write_set


def test_a_label_file_is_read_and_what_is_damaged_is_named(tmp_path: Path) -> None:
    labels = write_set(tmp_path, ["12", "345"])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    good = labels.read_bytes()
    labels.write_bytes(
        b"\xef\xbb\xbf" + good + b"broken.png\t6\nnone.png\t7\nno tab\n\r\ntrain_0.png\t\n"
        b"train_0.png\t\xff\ntrain_1.png\ta b \r\n"
    )
    source = load_source(labels)
    texts = [(sample.name, sample.text) for sample in source.samples]
    assert texts == [("train_0.png", "12"), ("train_1.png", "345"), ("train_1.png", "a b ")]
    assert [sample.size for sample in source.samples] == [(32, 56), (32, 80), (32, 80)]
    named = [str(problem) for problem in source.problems]
    assert len(named) == 5
    for part in ("line 5: expected", "line 7: the text is empty", "line 8: not UTF-8"):
        assert any(part in problem for problem in named)
    for part in ("broken.png", "none.png"):
        assert any(problem.startswith(part) for problem in named)


def test_a_column_is_turned_as_the_pipeline_turns_it(tmp_path: Path) -> None:
    line = draw_text("345")
    tall = cv2.rotate(line, cv2.ROTATE_90_CLOCKWISE)
    cv2.imwrite(str(tmp_path / "column.png"), tall)
    cv2.imwrite(str(tmp_path / "one.png"), draw_text("1")[:, 8:24])
    labels = tmp_path / "labels.tsv"
    labels.write_text("column.png\t345\none.png\t1\n", encoding="utf-8")
    column, one = load_source(labels).samples
    height, width = tall.shape[:2]
    box = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    assert column.size == line.shape[:2]
    assert np.array_equal(column.image(), line)
    assert crop_polygon(bgr(tall), box).shape == line.shape
    # A single character may be as narrow as it likes.
    assert one.size == (32, 16)


def test_a_list_of_images_shares_its_text(tmp_path: Path) -> None:
    write_set(tmp_path / "images", ["1", "2"])
    labels = tmp_path / "labels.txt"
    labels.write_text(json.dumps(["train_0.png", "train_1.png"]) + "\t7\n", encoding="utf-8")
    source = load_source(labels, root=tmp_path / "images")
    assert [(s.name, s.text) for s in source.samples] == [
        ("train_0.png", "7"),
        ("train_1.png", "7"),
    ]


def test_a_source_without_anything_to_use_is_an_error(tmp_path: Path) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text("gone.png\t1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no image with a label.*gone\.png"):
        load_source(labels)
    with pytest.raises(SettingsError, match="can't read the labels"):
        load_source(tmp_path / "none.tsv")


def test_a_database_is_read(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb", reason="lmdb is not installed")
    database = lmdb.open(str(tmp_path / "db"), map_size=1 << 20)
    with database, database.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"5")
        for number, text in enumerate(["12", "7", "", "9"], start=1):
            encoded = cv2.imencode(".png", draw_text(text or "1"))[1].tobytes()
            image = b"damaged" if number == 4 else encoded
            transaction.put(b"image-%09d" % number, image)
            transaction.put(b"label-%09d" % number, text.encode())
    source = load_source(tmp_path / "db")
    assert [sample.text for sample in source.samples] == ["12", "7"]
    assert np.array_equal(source.samples[0].image(), draw_text("12"))
    assert len(source.problems) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"is a folder without data\.mdb"):
        load_source(tmp_path / "empty")


def write_database(folder: Path, told: int, samples: int = 40) -> Path:
    lmdb = pytest.importorskip("lmdb", reason="lmdb is not installed")
    database = lmdb.open(str(folder), map_size=1 << 24)
    encoded = cv2.imencode(".png", draw_text("12"))[1].tobytes()
    with database, database.begin(write=True) as transaction:
        transaction.put(b"num-samples", str(told).encode())
        for number in range(1, samples + 1):
            transaction.put(b"image-%09d" % number, encoded)
            transaction.put(b"label-%09d" % number, b"12")
    return folder


def test_a_database_that_claims_more_than_it_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"num-samples is 1000000000000, .* 81 entries"):
        load_source(write_database(tmp_path / "db", 10**12))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_database_that_was_cut_is_refused(tmp_path: Path, share: float) -> None:
    folder = write_database(tmp_path / "db", 40)
    file = folder / "data.mdb"
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetError, match=r"was cut|not an lmdb database"):
        load_source(folder)


def test_labels_that_are_no_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe", tmp_path):
        with pytest.raises(DatasetError, match=r"labels|lmdb"):
            load_source(path)


def test_a_list_of_names_that_is_nested_without_end_is_a_name(tmp_path: Path) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text("[" * 200_000 + "\t1\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="no image with a label"):
        load_source(labels)
