"""The images in tests/fixtures and their labels belong together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SIZE_LIMIT = 600_000


def _labels() -> dict[str, str]:
    lines = (FIXTURES / "labels.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@pytest.mark.parametrize("folder", ["lines", "captchas"])
def test_every_line_image_has_a_label(folder: str) -> None:
    labelled = {name for name in _labels() if name.startswith(folder)}
    assert labelled == {f"{folder}/{file.name}" for file in (FIXTURES / folder).iterdir()}
    assert all(_labels()[name].strip() for name in labelled)


def test_every_page_has_boxes_within_it() -> None:
    boxes = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))
    assert set(boxes) == {f"pages/{file.name}" for file in (FIXTURES / "pages").iterdir()}
    for name, entries in boxes.items():
        with Image.open(FIXTURES / name) as page:
            width, height = page.size
        for entry in entries:
            assert entry["text"].strip()
            assert len(entry["points"]) == 4
            assert all(0 <= x < width and 0 <= y < height for x, y in entry["points"]), entry


def test_fixtures_stay_small() -> None:
    files = [file for file in FIXTURES.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < SIZE_LIMIT
