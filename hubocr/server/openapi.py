"""Parts of OpenAPI operations that several routes share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON_CONTENT: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
PROBLEM: dict[str, Any] = {**JSON_CONTENT, "description": "Error."}


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema with its ``$defs`` in place; its own would be sought in the document."""
    known = schema.get("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, Mapping):
            if "$ref" in value:
                return resolved(known[value["$ref"].rpartition("/")[2]])
            return {key: resolved(inner) for key, inner in value.items() if key != "$defs"}
        return [resolved(inner) for inner in value] if isinstance(value, list) else value

    whole: dict[str, Any] = resolved(schema)
    return whole
