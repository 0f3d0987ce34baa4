"""Label files of directions, and sources of which everything is upright."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np

from hubocr.classification import LINE_DIRECTIONS, PAGE_DIRECTIONS
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers.directions import DirectionReader
from hubocr.evaluation.readers.index import Entry, Sample, entries
from tests.arrays import read_bgr
from tests.training import draw_text


def told(entry: Entry) -> tuple[str, str]:
    return (entry.name, entry.text) if isinstance(entry, Sample) else ("", entry.reason)


def test_label_files_say_the_direction(tmp_path: Path) -> None:
    path = tmp_path / "cls.tsv"
    path.write_bytes(
        b'a.jpg\t0\nb.jpg\t180 \r\n["c.jpg", "d.jpg"]\t180\ne.jpg\t90\nf.jpg\t\ng.jpg\n'
    )
    index = pickle.loads(pickle.dumps(DirectionReader(LINE_DIRECTIONS)))(path)
    assert [*map(told, entries(index))] == [
        ("a.jpg", "0"),
        ("b.jpg", "180"),
        ("c.jpg", "180"),
        ("d.jpg", "180"),
        ("", "the label is '90', not one of 0, 180"),
        ("", "the text is empty"),
        ("", "expected a file, a tab and its label"),
    ]
    assert told(DirectionReader(PAGE_DIRECTIONS)(path).read(4)) == ("e.jpg", "90")


def test_of_upright_lines_the_text_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "rec.tsv"
    path.write_text("a.png\t180\nb.png\tsome text\nbad\n", encoding="utf-8")
    index = pickle.loads(pickle.dumps(DirectionReader(LINE_DIRECTIONS, upright=True)(path)))
    assert [told(index.read(place)) for place in range(2)] == [("a.png", "0"), ("b.png", "0")]
    assert isinstance(index.read(2), Problem)


def test_a_folder_of_images_is_upright(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("b.png", "more/a.png"):
        cv2.imwrite(str(tmp_path / name), draw_text("1"))
    (tmp_path / "notes.txt").write_text("not an image", encoding="utf-8")
    found = [*entries(DirectionReader(LINE_DIRECTIONS, upright=True)(tmp_path))]
    names = [Path(told(entry)[0]).relative_to(tmp_path).as_posix() for entry in found]
    assert names == ["b.png", "more/a.png"]
    assert isinstance(found[0], Sample)
    assert np.array_equal(found[0].image(), read_bgr(tmp_path / "b.png"))


def test_nothing_is_turned_but_the_columns_of_upright_lines(tmp_path: Path) -> None:
    column = np.rot90(draw_text("123"), -1)
    cv2.imwrite(str(tmp_path / "a.png"), column)
    (tmp_path / "a.tsv").write_text("a.png\t180\n", encoding="utf-8")
    path = tmp_path / "a.tsv"
    labelled = DirectionReader(LINE_DIRECTIONS)(path).read(0)
    page = DirectionReader(PAGE_DIRECTIONS, upright=True)(path).read(0)
    line = DirectionReader(LINE_DIRECTIONS, upright=True)(path).read(0)
    for entry, expected in ((labelled, column), (page, column), (line, draw_text("123"))):
        assert isinstance(entry, Sample)
        assert np.array_equal(entry.image(), expected)
