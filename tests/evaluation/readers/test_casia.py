"""CASIA-HWDB's pages and characters."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubocr.errors import DatasetError, ImageError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readers import open_lines
from hubocr.evaluation.readers.index import Sample
from tests.evaluation.readers.writers import grey, write_dgrl, write_gnt

LINES = [("今天天气好，", grey(40, 300)), ("A4纸2张", grey(31, 97, 1)), ("十", grey(5, 3, 2))]


def test_the_lines_of_a_page_are_read(tmp_path: Path) -> None:
    source = load_source(write_dgrl(tmp_path / "001-P16.dgrl", LINES))
    assert [sample.text for sample in source.samples] == [text for text, _ in LINES]
    for sample, (_, image) in zip(source.samples, LINES, strict=True):
        assert np.array_equal(sample.image(), np.repeat(image[:, :, None], 3, axis=2))
    assert source.problems == ()


def test_pixels_of_one_bit_are_black_and_white(tmp_path: Path) -> None:
    source = load_source(write_dgrl(tmp_path / "page.dgrl", LINES, bits=1))
    for sample, (_, image) in zip(source.samples, LINES, strict=True):
        assert np.array_equal(sample.image()[:, :, 0], np.where(image > 127, 255, 0))


def test_a_folder_of_pages_is_one_source(tmp_path: Path) -> None:
    write_dgrl(tmp_path / "b.dgrl", LINES[:1])
    write_dgrl(tmp_path / "a.dgrl", LINES[1:])
    (tmp_path / "c.dgrl").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no page")
    source = load_source(tmp_path)
    assert [sample.text for sample in source.samples] == ["A4纸2张", "十", "今天天气好，"]
    assert len(source.problems) == 1 and "c.dgrl" in str(source.problems[0])


def test_a_page_that_was_cut_gives_the_lines_before(tmp_path: Path) -> None:
    path = write_dgrl(tmp_path / "page.dgrl", LINES)
    path.write_bytes(path.read_bytes()[:-4])
    source = load_source(path)
    assert [sample.text for sample in source.samples] == [text for text, _ in LINES[:2]]
    assert "line 3 ends beyond the file" in str(source.problems[0])


def test_an_unknown_code_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = write_dgrl(tmp_path / "page.dgrl", LINES)
    path.write_bytes(path.read_bytes().replace("今".encode("gb2312"), b"\xff\xff", 1))
    source = load_source(path)
    assert [sample.text for sample in source.samples] == ["A4纸2张", "十"]
    assert "ff" in str(source.problems[0])


def test_a_page_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.dgrl"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    with pytest.raises(DatasetError, match="header claims"):
        load_source(path)


def test_the_characters_of_a_file_are_read(tmp_path: Path) -> None:
    characters = [("啊", grey(60, 50)), ("A", grey(33, 20, 1)), ("，", grey(9, 7, 2))]
    path = write_gnt(tmp_path / "001-f.gnt", characters)
    source = load_source(path)
    assert [sample.text for sample in source.samples] == ["啊", "A", "，"]
    for sample, (_, image) in zip(source.samples, characters, strict=True):
        assert np.array_equal(sample.image()[:, :, 1], image)
    path.write_bytes(path.read_bytes()[:-1])
    cut = load_source(path)
    assert [sample.text for sample in cut.samples] == ["啊", "A"]
    assert "what follows is skipped" in str(cut.problems[0])


def test_an_index_goes_to_another_process(tmp_path: Path) -> None:
    for path in (
        write_dgrl(tmp_path / "page.dgrl", LINES),
        write_gnt(tmp_path / "c.gnt", [("啊", grey(6, 5))]),
    ):
        index = open_lines(path)
        again = pickle.loads(pickle.dumps(index))
        entry, other = index.read(0), again.read(0)
        assert isinstance(entry, Sample) and isinstance(other, Sample)
        assert entry.text == other.text and np.array_equal(entry.image(), other.image())


@pytest.mark.parametrize("suffix", [".dgrl", ".gnt"])
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_bytes_are_named_or_refused(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path / f"page{suffix}"
    if suffix == ".dgrl":
        write_dgrl(path, LINES)
    else:
        write_gnt(path, [("啊", grey(6, 5)), ("A", grey(3, 4, 1))])
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        # Where the figures are, more often than in the pixels.
        place = data.draw(st.integers(0, min(120, len(raw) - 1)) | st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    try:
        index = open_lines(path)
    except DatasetError:
        return
    for place in range(len(index)):
        entry = index.read(place)
        assert isinstance(entry, Sample | Problem)
        if isinstance(entry, Sample):
            try:
                image = entry.image()
            except ImageError:
                continue
            assert image.nbytes <= 3 * 8 * len(raw)
