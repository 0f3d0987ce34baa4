"""The table of reported faults names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMES = re.findall(r"`([\w/]+\.py)::(\w+)`", (TESTS / "reported.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "name"), NAMES, ids="::".join)
def test_a_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_row_names_a_test() -> None:
    rows = (TESTS / "reported.md").read_text(encoding="utf-8").split("Not mended")[0].splitlines()
    table = [row for row in rows if row.startswith("| ") and not row.startswith("| reported")]
    assert len(table) >= 25
    assert all("::test_" in row for row in table)
