"""Tests that a table in a document names, as ``file.py::test_name`` relative to ``tests/``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_TESTS = Path(__file__).resolve().parent
_NAME = re.compile(r"`([\w/]+\.py)::(\w+)`")


def named_tests(text: str) -> list[tuple[str, str]]:
    """Return file and name of each test that a text names, each once."""
    return sorted(set(_NAME.findall(text)))


def is_there(file: str, name: str) -> bool:
    """Say whether a file has a test of a name."""
    tree = ast.parse((_TESTS / file).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return name.startswith("test_") and name in functions
