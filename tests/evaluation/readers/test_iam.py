"""The IAM database's lines."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hubocr.errors import DatasetError
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readers.iam import text_of
from tests.training import draw_text

ROWS = """#--- lines.txt ---#
#
# iam database line information
a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to|stop|Mr.|Gaitskell|from
a01-000u-01 err 156 19 395 932 1850 105 said|,|"|it|is|so|.|"
b02-003-00 ok 150 9 395 932 1850 105 gone
a01-000u-02 ok 157 16 408 1106 1986
"""


def write(folder: Path, nested: bool = True) -> Path:
    (folder / "ascii").mkdir()
    (folder / "ascii" / "lines.txt").write_text(ROWS, encoding="utf-8")
    for number in range(2):
        name = f"a01-000u-0{number}.png"
        path = folder / "lines" / ("a01/a01-000u" if nested else "") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), draw_text(f"{number}"))
    return folder / "ascii" / "lines.txt"


@pytest.mark.parametrize("nested", [True, False])
def test_lines_are_read_with_their_images(tmp_path: Path, nested: bool) -> None:
    source = load_source(write(tmp_path, nested))
    assert [sample.text for sample in source.samples] == [
        "A MOVE to stop Mr. Gaitskell from",
        'said, "it is so."',
    ]
    assert np.array_equal(source.samples[1].image(), draw_text("1"))
    problems = [str(problem) for problem in source.problems]
    assert any("line 7: expected a line's number" in problem for problem in problems)
    assert any("b02-003-00.png" in problem for problem in problems)


def test_the_folder_of_images_may_lie_elsewhere(tmp_path: Path) -> None:
    labels = write(tmp_path)
    (tmp_path / "lines").rename(tmp_path / "images")
    assert len(load_source(labels, root=tmp_path / "images").samples) == 2
    with pytest.raises(DatasetError, match="no image with a label"):
        load_source(labels)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("a|man|of|60|(|or|more|)|,|said|he", "a man of 60 (or more), said he"),
        ('"|No|,|"|he|said|.', '"No," he said.'),
        ("Left-wing|support|.|They|'ll|come", "Left-wing support. They 'll come"),
        ("1.5|per|cent|?", "1.5 per cent?"),
    ],
)
def test_marks_stand_at_their_words(words: str, text: str) -> None:
    assert text_of(words) == text


def test_a_label_file_of_the_same_name_is_a_label_file(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), draw_text("1"))
    (tmp_path / "lines.txt").write_text("a.png\ta b c d e f g h i j\n", encoding="utf-8")
    assert load_source(tmp_path / "lines.txt").samples[0].text == "a b c d e f g h i j"
