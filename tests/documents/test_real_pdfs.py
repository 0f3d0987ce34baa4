"""The PDFs of other projects' test suites, with what is known about each."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz.distance import Levenshtein

from hubocr.documents import Page, PageError
from tests.documents.reading import pages, read

pytestmark = pytest.mark.data

INVALID = "ocr_invalid.pdf"
NEVER_FROM_THE_LAYER = {"ocr_graph_ocred.pdf", "pk_sandwich.pdf", "pj_scan-bad.pdf"}

ReadRows = list[tuple[dict[str, str], list[tuple[Page, tuple[int, ...]]]]]


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Path:
    if not (data_folder / "pdfs" / "pdfs.tsv").is_file():
        pytest.skip("the labelled set 'pdfs' isn't there")
    return data_folder / "pdfs"


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "pdfs.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_row(folder: Path, row: dict[str, str], **options: Any) -> list[Page]:
    return pages(folder / row["file"], password=row["password"] or None, **options)


@pytest.fixture(scope="module")
def read_rows(folder: Path, rows: list[dict[str, str]]) -> ReadRows:
    """Every document that can be read, its pages without their pixels, and the shapes of these."""
    found = []
    for row in rows:
        if row["file"] != INVALID:
            items = read_row(folder, row)
            kept = [(replace(item, image=item.image[:0]), item.image.shape) for item in items]
            found.append((row, kept))
    return found


def sizes(info: str) -> list[tuple[int, int]]:
    """Return the listed width and height of each page, or of all of them."""
    found = re.findall(r"\((\d+), (\d+)\)", info)
    return [(int(width), int(height)) for width, height in found]


def test_pages_sizes_and_rotations_are_as_listed(read_rows: ReadRows) -> None:
    for row, found in read_rows:
        (count,) = map(int, re.findall(r"pages (\d+)", row["info"]))
        assert len(found) == count, row["file"]
        assert [item.page_index for item, _ in found] == list(range(count))
        listed = sizes(row["info"])
        for i, (item, shape) in enumerate(found):
            assert item.size is not None and item.dpi is not None
            assert item.size == pytest.approx(listed[min(i, len(listed) - 1)], abs=1), row["file"]
            height, width = shape[:2]
            scale = item.dpi / 72
            assert (width, height) == pytest.approx([s * scale for s in item.size], abs=1.01)
            assert f"rotate [{item.rotation}" in row["info"] or str(item.rotation) in row["info"]


def test_text_layers_say_what_is_known(folder: Path, rows: list[dict[str, str]]) -> None:
    for row in rows:
        if "(text layer)" not in row["expected"]:
            continue
        truth = (folder / row["expected"].split()[0]).read_text(encoding="utf-8")
        found = read_row(folder, row, text_layer="use", dpi=36)
        text = "".join(item.text_layer.text for item in found if item.text_layer)
        ours, theirs = ("".join(t.split()) for t in (text, truth))
        similarity = Levenshtein.normalized_similarity(ours, theirs)
        assert similarity > 0.97, (row["file"], similarity)


def test_layers_are_used_where_they_are_real(read_rows: ReadRows) -> None:
    for row, found in read_rows:
        chars = re.findall(r"text layer chars \[([\d, ]+)\]", row["info"])
        counts = [int(n) for n in chars[0].split(",")]
        for count, (item, _) in zip(counts, found, strict=True):
            used = item.text_layer is not None
            if count == 0 or row["file"] in NEVER_FROM_THE_LAYER:
                assert not used, row["file"]
            elif "picture of text" not in row["what"]:
                assert used, (row["file"], item.text_layer_note)


def test_a_picture_of_text_beside_text_is_read(folder: Path) -> None:
    first, second = pages(folder / "pn_single-page-mixed.pdf")
    assert (first.text_layer, first.text_layer_note) == (None, "pictures")
    assert second.text_layer is not None


def test_a_whole_folder_goes_through(folder: Path, rows: list[dict[str, str]]) -> None:
    found = read(folder, dpi=36)
    assert len({item.source for item in found}) == len(rows)
    failed = {Path(item.source).name for item in found if isinstance(item, PageError)}
    assert failed == {INVALID} | {row["file"] for row in rows if row["password"]}
