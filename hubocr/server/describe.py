"""The server's description of its own settings, from their declarations."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from hubocr.settings import Effective, Task
from hubocr.settings.profiles import options_params
from hubocr.settings.schema import object_schema, rule_schema


def describe_options(settings: Effective) -> list[dict[str, Any]]:
    """Return the options that a request to a module may carry, with the module's defaults."""
    return [
        {
            "name": name,
            **rule_schema(param.rule),
            "default": param.of(settings.pipeline) if param.path else param.default,
        }
        for name, param in options_params(settings.tasks).items()
    ]


def options_schema(tasks: Collection[Task]) -> dict[str, Any]:
    """Return the JSON schema of the ``options`` object of modules with these stages."""
    return object_schema(options_params(tasks))


def describe_settings(settings: Effective) -> dict[str, Any]:
    """Return engine, precision, threads, and every value that isn't a default with its layer."""
    engine = settings.pipeline.engine
    changes = settings.changes()
    return {
        "engine": engine.engine,
        "precision": engine.precision,
        "threads": engine.threads,
        "settings": {name: {"value": c.value, "set_by": c.set_by} for name, c in changes.items()},
    }


def summary(settings: Effective) -> str:
    """Return the same on one line, for the log."""
    engine = settings.pipeline.engine
    changed = (
        f"{name}={json.dumps(change.value, ensure_ascii=False)} ({change.set_by})"
        for name, change in settings.changes().items()
    )
    parts = (f"engine {engine.engine}, {engine.precision}, threads {engine.threads}", *changed)
    return "; ".join(parts)
