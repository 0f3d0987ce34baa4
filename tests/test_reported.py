"""The table of reported faults names tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.named_tests import is_there, named_tests

TEXT = Path(__file__).with_name("reported.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "name"), named_tests(TEXT))
def test_a_named_test_exists(file: str, name: str) -> None:
    assert is_there(file, name)


def test_each_row_names_a_test() -> None:
    rows = TEXT.split("Not mended")[0].splitlines()
    table = [row for row in rows if row.startswith("| ") and not row.startswith("| reported")]
    assert len(table) >= 25
    assert all("::test_" in row for row in table)
