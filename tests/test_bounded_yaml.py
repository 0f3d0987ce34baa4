"""YAML files of others."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubocr.bounded_yaml import load_yaml

TEXTS = st.text("abc12 -:[]{}#&*!文字", max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    assert load_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


def test_few_aliases_are_fine() -> None:
    assert load_yaml("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}
    assert load_yaml("") is None


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(9),
        "a: &a [*a, *a]",
        "&a {b: *a}",
        "[" * 5_000,
        "a: !!python/object/apply:os.system ['true']",
        "a: [",
        "\0",
    ],
    ids=["bomb", "own list", "own mapping", "deep", "tag", "unfinished", "null"],
)
def test_what_unfolds_without_end_or_is_no_yaml_is_refused(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError):
        load_yaml(text)
    assert time.process_time() - start < 5
