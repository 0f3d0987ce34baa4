"""The server's description of its own settings, from their declarations."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from hubocr.engines import Engine
from hubocr.settings import Effective, ModelSettings, Task
from hubocr.settings.profiles import PROFILE, PROFILES, options_params, profile_values
from hubocr.settings.scenes import SCENES
from hubocr.settings.schema import object_schema, rule_schema


def describe_options(settings: Effective) -> list[dict[str, Any]]:
    """Return the options that a request to a module may carry, with the module's defaults."""
    described = [
        {
            "name": name,
            **rule_schema(param.rule),
            "default": param.of(settings.pipeline) if param.path else param.default,
            "meaning": {"en": param.rule.help, "zh": param.rule.zh},
            "section": dict(param.title),
        }
        for name, param in options_params(settings.tasks, settings.pipeline.models).items()
    ]
    for option in described:
        if option["name"] == PROFILE.name:
            option["choices"] = {
                name: {
                    "en": PROFILES[name].help,
                    "zh": PROFILES[name].zh,
                    "sets": profile_values(name, settings.tasks),
                }
                for name in option["enum"]
            }
    return described


def options_schema(tasks: Collection[Task]) -> dict[str, Any]:
    """Return the JSON schema of the ``options`` object of modules with these stages.

    It has all scenes, whatever a module allows.
    """
    return object_schema(options_params(tasks, ModelSettings(scenes=tuple(SCENES))))


def describe_settings(settings: Effective, engines: Mapping[Task, Engine]) -> dict[str, Any]:
    """Return engines, precision, threads, and every value that isn't a default with its layer.

    Args:
        settings: What is in effect.
        engines: What the models were loaded with, by stage.
    """
    changes = settings.changes()
    return {
        "engines": {
            task: {"engine": engine.name, "precision": engine.precision}
            for task, engine in engines.items()
        },
        "threads": settings.pipeline.engine.threads,
        "settings": {name: {"value": c.value, "set_by": c.set_by} for name, c in changes.items()},
    }


def summary(settings: Effective, engines: Mapping[Task, Engine]) -> str:
    """Return the same on one line, for the log."""
    loaded = [f"{task} {engine.name} {engine.precision}" for task, engine in engines.items()]
    changed = [
        f"{name}={json.dumps(change.value, ensure_ascii=False)} ({change.set_by})"
        for name, change in settings.changes().items()
    ]
    threads = f"threads {settings.pipeline.engine.threads}"
    return "; ".join((", ".join(loaded), threads, ", ".join(changed) or "all else by default"))
