"""Lines that are drawn when they are asked for."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from hubocr.errors import SettingsError
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readers import open_lines
from hubocr.evaluation.readers.index import Sample
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import SynthSettings
from tests.fonts import find_font


def description(folder: Path, *more: str) -> Path:
    path = folder / "lines.yaml"
    rows = ["count: 100000", f"fonts: [{find_font()}]", "kinds: [numbers]", "seed: 7", *more]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_line_is_the_one_that_synth_draws(tmp_path: Path) -> None:
    pytest.importorskip("fontTools", reason="hubocr[synth] is not installed")
    index = pickle.loads(pickle.dumps(open_lines(description(tmp_path))))
    generator = LineGenerator(SynthSettings(fonts=(str(find_font()),), kinds=("numbers",), seed=7))
    assert len(index) == 100_000
    for place in (99_999, 3):
        entry, line = index.read(place), generator.line(place)
        assert isinstance(entry, Sample)
        assert entry.text == line.text == index.text(place)
        assert np.array_equal(entry.image(), line.image)
    assert index.characters() >= set("0123456789")


def test_a_part_of_them_is_a_source(tmp_path: Path) -> None:
    pytest.importorskip("fontTools", reason="hubocr[synth] is not installed")
    path = description(tmp_path)
    path.write_text(path.read_text("utf-8").replace("100000", "5"), encoding="utf-8")
    assert len(load_source(path).samples) == 5


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("colour: red", "unknown key"),
        ("styles: [ornate]", "ornate"),
        ("count: 0", "number of lines"),
        ("count: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "lines.yaml"
    path.write_text(row if "count" in row else f"count: 3\n{row}", encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        open_lines(path)
