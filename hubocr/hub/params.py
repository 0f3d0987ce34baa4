"""Parameters by their public names, and the settings they stand for.

The same names serve in a module's ``params.py``, in ``init_args`` and ``predict_args`` of
config.json and in the ``options`` of a request; each layer overrides the one before, and a profile
that any of the first two names lies under both. They are declared with the settings
(`hubocr.settings`).
"""

from __future__ import annotations

import runpy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hubocr.errors import SettingsError
from hubocr.models.registry import TASKS, Task
from hubocr.profiles import DEFAULT_PROFILE, PROFILE, PROFILES
from hubocr.recognition import parse_charset
from hubocr.rules import LONGEST_TEXT, Rule, rules
from hubocr.settings import (
    ClassificationSettings,
    DetectionSettings,
    EngineSettings,
    ModelSettings,
    OcrOptions,
    PipelineSettings,
    RecognitionSettings,
)

Settings = TypeVar("Settings")

_SECTIONS: Mapping[str, type] = {
    "engine": EngineSettings,
    "models": ModelSettings,
    "detection": DetectionSettings,
    "classification": ClassificationSettings,
    "recognition": RecognitionSettings,
    "options": OcrOptions,
}
_STAGES: Mapping[str, Task] = {"detection": "det", "classification": "cls", "recognition": "rec"}
_MODEL_TASKS: Mapping[str, Task] = {"det_model": "det", "cls_model": "cls"}


@dataclass(frozen=True)
class Param:
    """Where a parameter goes.

    Attributes:
        section: ``models``, ``engine`` or ``options``, or a stage's options.
        field: The field of that section.
        rule: Its name, meaning and limits.
    """

    section: str
    field: str
    rule: Rule

    def belongs(self, tasks: Collection[Task]) -> bool:
        """Say whether a module with these stages has it."""
        if self.section == "engine":
            return True
        if self.section == "options":  # of the whole chain
            return set(TASKS) <= set(tasks)
        if self.section == "models":
            return _MODEL_TASKS.get(self.field, "rec") in tasks
        return _STAGES[self.section] in tasks


PARAMS: Mapping[str, Param] = {
    rule.name: Param(section, name, rule)
    for section, settings in _SECTIONS.items()
    for name, rule in rules(settings).items()
}
"""Every parameter with an effect, by its public name."""

_ONLY_VALUES: Mapping[str, Collection[object]] = {
    "det_algorithm": ("DB", "DB++"),
    "rec_algorithm": ("CRNN", "SVTR_LCNet", "SVTR_HGNet"),
    "label_list": (["0", "180"], ("0", "180")),
    "use_pdserving": (False,),
    "use_tensorrt": (False,),
    "use_onnx": (False,),
}
"""Upstream parameters of which only some values are served, for old params.py files."""

_WITHOUT_EFFECT = frozenset(
    {
        *("det_model_url", "cls_model_url", "rec_model_url"),
        *("det_east_score_thresh", "det_east_cover_thresh", "det_east_nms_thresh"),
        *("max_text_length", "ir_optim", "show_log", "warmup"),
    }
)
"""Upstream parameters that change nothing there either, for these algorithms."""


def read_params(folder: Path) -> dict[str, object]:
    """Return the parameters of the ``params.py`` in a module's own folder.

    The file is run each time, apart from the import system, so that an edit is always taken up
    and two modules never see each other's.

    Args:
        folder: The module's folder; its ``params.py`` defines ``read_params()``, which returns
            an object with attributes or a dict.

    Raises:
        SettingsError: The file is missing or defines no such function.
    """
    path = folder / "params.py"
    if not path.is_file():
        raise SettingsError(f"the module has no {path}")
    function = runpy.run_path(str(path)).get("read_params")
    if not callable(function):
        raise SettingsError(f"{path} defines no function read_params")
    result = function()
    return dict(result) if isinstance(result, dict) else dict(vars(result))


Layers = Mapping[str, Mapping[str, object]]
"""Parameters by the name of their layer, such as ``init_args``, the weakest layer first."""


def profile_of(layers: Layers) -> str:
    """Return the name of the profile that the strongest layer names.

    Raises:
        SettingsError: There is no profile of that name.
    """
    name = DEFAULT_PROFILE
    for where, values in layers.items():
        if PROFILE.name in values:
            try:
                PROFILE.check(values[PROFILE.name])
            except SettingsError as error:
                raise SettingsError(f"{where}.{error.message}") from None
            name = str(values[PROFILE.name])
    return name


def apply_layers(
    settings: PipelineSettings, layers: Layers, tasks: Collection[Task]
) -> PipelineSettings:
    """Return settings with the profile that the layers name, and then the layers, applied.

    Args:
        settings: The defaults.
        layers: The layers; each may name a profile.
        tasks: The stages that the module has; the parameters of others are refused.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    name = profile_of(layers)
    own = {key: value for key, value in PROFILES[name].values.items() if PARAMS[key].belongs(tasks)}
    settings = apply_params(settings, own, tasks, f"profile {name}")
    for where, values in layers.items():
        rest = {key: value for key, value in values.items() if key != PROFILE.name}
        settings = apply_params(settings, rest, tasks, where)
    return settings


def pipeline_settings(**values: object) -> PipelineSettings:
    """Return settings from parameters by their public names, ``profile`` among them.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    return apply_layers(PipelineSettings(), {"settings": values}, TASKS)


def apply_params(
    settings: PipelineSettings, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> PipelineSettings:
    """Return settings with the parameters of one layer applied.

    Args:
        settings: The settings so far.
        values: Parameters by name.
        tasks: The stages that the module has; the parameters of others are refused.
        where: Name of the layer, for error messages, such as ``init_args``.

    Raises:
        SettingsError: A parameter is unknown to the module, or its value is wrong.
    """
    effective = {
        name: _converted(name, value)
        for name, value in values.items()
        if not _is_without_effect(name, value, where)
    }
    known = {name: param for name, param in PARAMS.items() if param.belongs(tasks)}
    _refuse_unknown(effective, known, where)
    models = _replaced(settings.models, "models", effective, known, where)
    engine = _replaced(settings.engine, "engine", effective, known, where)
    options = _apply(settings.options, effective, known, where)
    return PipelineSettings(models, engine, options)


def request_params(tasks: Collection[Task]) -> dict[str, Param]:
    """Return the parameters that a request to a module with these stages may set."""
    return {
        name: param
        for name, param in PARAMS.items()
        if param.rule.per_request and param.belongs(tasks)
    }


def apply_options(
    options: OcrOptions, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> OcrOptions:
    """Return options with those of one request applied; nothing else changes.

    Raises:
        SettingsError: An option is unknown or may not be set by a request, or is out of range.
    """
    known = request_params(tasks)
    _refuse_unknown(values, known, where)
    converted = {name: _converted(name, value) for name, value in values.items()}
    return _apply(options, converted, known, where)


def _converted(name: str, value: object) -> object:
    """Return a value as its setting has it: shapes as tuples, a length of 4 as "4"."""
    kind = PARAMS[name].rule.kind if name in PARAMS else None
    if kind == "shape":
        return _as_shape(value)
    if kind == "length" and isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value <= LONGEST_TEXT else value
    return value


def _as_shape(value: object) -> object:
    """Return "3, 48, 320" or [3, 48, 320] as a tuple; anything else as it is, to be refused."""
    parts = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(int(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return value


def _is_without_effect(name: str, value: object, where: str) -> bool:
    if name in _ONLY_VALUES and value not in _ONLY_VALUES[name]:
        allowed = " or ".join(repr(choice) for choice in _ONLY_VALUES[name])
        raise SettingsError(f"{where}.{name}: only {allowed} is supported, not {value!r}")
    return name in _ONLY_VALUES or name in _WITHOUT_EFFECT


def _refuse_unknown(values: Mapping[str, object], known: Mapping[str, Param], where: str) -> None:
    unknown = sorted(set(values) - set(known))
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        raise SettingsError(f"unknown key in {where}: {', '.join(unknown)} (settings: {listed})")


def _apply(
    options: OcrOptions, values: Mapping[str, object], known: Mapping[str, Param], where: str
) -> OcrOptions:
    stages: dict[str, Any] = {
        name: _replaced(getattr(options, name), name, values, known, where) for name in _STAGES
    }
    return _replaced(replace(options, **stages), "options", values, known, where)


def _replaced(
    section: Settings,
    name: str,
    values: Mapping[str, object],
    known: Mapping[str, Param],
    where: str,
) -> Settings:
    changes = {
        known[key].field: value for key, value in values.items() if known[key].section == name
    }
    if not changes:
        return section
    try:
        replaced = replace(section, **changes)  # type: ignore[type-var]
        for key, value in values.items():
            if known[key].section == name and known[key].rule.kind == "charset":
                parse_charset(str(value))  # so that a misspelt set is said before any image is read
        return replaced
    except SettingsError as error:
        raise SettingsError(f"{where}.{error.message}") from None
