"""README.md beside this file names a test for each kind of attack; each of them is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.named_tests import is_there, named_tests

_TEXT = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
_ROWS = [line.strip("| ").split(" | ") for line in _TEXT.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize(("file", "name"), named_tests(_TEXT))
def test_what_is_named_is_a_test(file: str, name: str) -> None:
    assert is_there(file, name)


def test_each_row_names_one() -> None:
    rows = [row for row in _ROWS if row[0] not in ("#", "attack") and not row[0].startswith("--")]
    assert len(rows) > 60
    assert [row for row in rows if "::" not in row[-1] and "python -m" not in row[-1]] == []
    numbers = [row[0] for row in rows[:35]]
    assert numbers == [*map(str, range(1, 27)), "26a", "26b", *map(str, range(27, 34))]
