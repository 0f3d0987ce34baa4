"""Label files and databases by their number, and what damage does to them."""

from __future__ import annotations

import pickle
import random
import tracemalloc
from pathlib import Path

import cv2
import pytest

from hubocr.errors import DatasetError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers import open_lines
from hubocr.evaluation.readers.index import Sample, entries
from tests.training import draw_text


def test_rows_are_read_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes(
        b'\xef\xbb\xbfa.png\tone\n\n["b.png", "c.png"]\ttwo\r\nbad\nd.png\t\xe4\xb8\xad\xe6\x96\x87'
    )
    index = pickle.loads(pickle.dumps(open_lines(path)))
    found = [index.read(place) for place in (4, 2, 1, 0)]
    assert [(e.name, e.text) for e in found if isinstance(e, Sample)] == [
        ("d.png", "中文"),
        ("c.png", "two"),
        ("b.png", "two"),
        ("a.png", "one"),
    ]
    assert str(index.read(3)).endswith("line 4: expected a file, a tab and its label")
    assert [index.text(place) for place in range(5)] == ["one", "two", "two", "", "中文"]


def test_an_index_takes_some_bytes_a_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    with path.open("w", encoding="utf-8") as file:
        for number in range(200_000):
            file.write(f"images/{number:09}.jpg\t{number} is a text of some length\n")
    tracemalloc.start()
    index = open_lines(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(index) == 200_000
    assert index.text(199_999) == "199999 is a text of some length"
    assert peak < 200_000 * 60


def test_a_row_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes(b"a.png\tone\n" + b"x" * (3 << 20) + b"\nb.png\ttwo\n")
    found = list(entries(open_lines(path)))
    assert [e.text for e in found if isinstance(e, Sample)] == ["one", "two"]
    assert "3145729 bytes" in str(found[1])


def database(folder: Path, count: int = 60) -> Path:
    lmdb = pytest.importorskip("lmdb", reason="lmdb is not installed")
    with lmdb.open(str(folder), map_size=1 << 24) as opened, opened.begin(write=True) as writing:
        writing.put(b"num-samples", str(count).encode())
        for number in range(1, count + 1):
            coded = cv2.imencode(".png", draw_text(str(number)))[1].tobytes()
            writing.put(b"image-%09d" % number, coded)
            writing.put(b"label-%09d" % number, str(number).encode())
    return folder


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_database_is_refused_or_read(tmp_path: Path, seed: int) -> None:
    """Not a crash: addresses in it that lead out of the file would kill the process."""
    folder = database(tmp_path / "db")
    raw = bytearray((folder / "data.mdb").read_bytes())
    draw = random.Random(seed)
    for _ in range(8):
        place = draw.randrange(len(raw) // 4096) * 4096 + draw.randrange(64)
        raw[place] = draw.randrange(256)
    (folder / "data.mdb").write_bytes(raw)
    try:
        index = open_lines(folder)
    except DatasetError as error:
        assert str(folder) in str(error)
        return
    assert all(isinstance(entry, Sample | Problem) for entry in entries(index))


def test_a_database_goes_to_another_process(tmp_path: Path) -> None:
    index = pickle.loads(pickle.dumps(open_lines(database(tmp_path / "db", 3))))
    entry = index.read(2)
    assert isinstance(entry, Sample)
    assert (entry.text, entry.image().shape) == ("3", draw_text("3").shape)
