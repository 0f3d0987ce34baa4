"""README.md beside this file names a test for each kind of attack; each of them is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parents[1]
_TEXT = (_TESTS / "server" / "README.md").read_text(encoding="utf-8")
_ROWS = [line.strip("| ").split(" | ") for line in _TEXT.splitlines() if line.startswith("| ")]
_NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", _TEXT)))


@pytest.mark.parametrize(("file", "name"), _NAMED)
def test_what_is_named_is_a_test(file: str, name: str) -> None:
    tree = ast.parse((_TESTS / file).read_text(encoding="utf-8"))
    assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert name.startswith("test_")


def test_each_row_names_one() -> None:
    rows = [row for row in _ROWS if row[0] not in ("#", "attack") and not row[0].startswith("--")]
    assert len(rows) > 60
    assert [row for row in rows if "::" not in row[-1] and "python -m" not in row[-1]] == []
    numbers = [row[0] for row in rows[:35]]
    assert numbers == [*map(str, range(1, 27)), "26a", "26b", *map(str, range(27, 34))]
