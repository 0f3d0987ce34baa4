"""YAML of others: no tags that execute anything, and no aliases that expand endlessly."""

from __future__ import annotations

from typing import Any

import yaml

_MOST_NODES = 1_000_000
"""Values of a document with its aliases expanded; a dictionary of 20,000 characters is the largest
that model folders hold."""


def load_yaml(text: str) -> Any:
    """Return the value of a YAML document.

    Raises:
        ValueError: It isn't YAML, is nested too deeply, or unfolds to more than a million values.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if _unfolded(node, {}) > _MOST_NODES:
            raise ValueError("its aliases unfold to too many values")
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _unfolded(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node stands for; an alias counts as often as it is used."""
    number = id(node)
    if number not in known:
        known[number] = _MOST_NODES + 1  # an alias to what holds it has no end
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            inner = node.value
        elif isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        known[number] = 1 + sum(_unfolded(part, known) for part in inner)
    return known[number]
