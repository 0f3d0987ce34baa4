"""Parts of OpenAPI operations that several routes share."""

from __future__ import annotations

from typing import Any

JSON_CONTENT: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
PROBLEM: dict[str, Any] = {**JSON_CONTENT, "description": "Error."}
