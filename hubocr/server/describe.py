"""The server's description of its own options, from the declarations of the settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hubocr.hub.params import Param, request_params
from hubocr.models.registry import Task
from hubocr.rules import Rule
from hubocr.server.modules import Module
from hubocr.settings import OcrOptions


def describe_options(module: Module) -> list[dict[str, Any]]:
    """Return the options that a request to a module may carry, with the module's defaults."""
    params = request_params(module.service.tasks)
    return [
        {"name": name, **rule_schema(param.rule), "default": _value(module.options, param)}
        for name, param in params.items()
    ]


def options_schema(tasks: Collection[Task]) -> dict[str, Any]:
    """Return the JSON schema of the ``options`` object of modules with these stages."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: rule_schema(param.rule) for name, param in request_params(tasks).items()
        },
    }


def rule_schema(rule: Rule) -> dict[str, Any]:
    """Return the JSON schema of one setting."""
    schema: dict[str, Any] = {"description": rule.help}
    if rule.kind in ("integer", "number"):
        return {**schema, "type": rule.kind, "minimum": rule.low, "maximum": rule.high}
    if rule.kind == "choice":
        return {**schema, "type": "string", "enum": list(rule.choices)}
    return {**schema, "type": "boolean" if rule.kind == "boolean" else "string"}


def _value(options: OcrOptions, param: Param) -> Any:
    section = options if param.section == "options" else getattr(options, param.section)
    return getattr(section, param.field)
