"""Upstream's parameter names, and the settings they stand for.

The same names serve in a module's ``params.py``, in ``init_args`` and ``predict_args`` of
config.json and in the ``options`` of a request; each layer overrides the one before.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hubocr.errors import SettingsError
from hubocr.models.registry import Task
from hubocr.settings import OcrOptions, PipelineSettings

Settings = TypeVar("Settings")


def _shape(name: str, value: object) -> object:
    """Return "3, 48, 320" or [3, 48, 320] as a tuple of integers."""
    parts = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(int(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise SettingsError(f"{name} must be like '3, 48, 320', not {value!r}") from None


def _same(name: str, value: object) -> object:
    return value


@dataclass(frozen=True)
class Param:
    """Where a parameter goes.

    Attributes:
        section: ``models``, ``engine`` or ``options``, or a stage's options.
        field: The field of that section.
        tasks: Modules that have it; empty for all. The system module has every parameter.
        per_request: Whether a request may set it.
        convert: From the value as written to the value of the field.
    """

    section: str
    field: str
    tasks: tuple[Task, ...] = ()
    per_request: bool = False
    convert: Callable[[str, object], object] = _same


def _of_stage(section: str, task: Task, *, per_request: bool, **names: str) -> dict[str, Param]:
    return {name: Param(section, field, (task,), per_request) for name, field in names.items()}


PARAMS: Mapping[str, Param] = {
    "engine": Param("engine", "engine"),
    "precision": Param("engine", "precision"),
    "cpu_threads": Param("engine", "cpu_threads"),
    "use_gpu": Param("engine", "use_gpu"),
    "gpu_id": Param("engine", "gpu_id"),
    "gpu_mem": Param("engine", "gpu_mem"),
    "enable_mkldnn": Param("engine", "enable_mkldnn"),
    "det_model_dir": Param("models", "det_model", ("det",)),
    "cls_model_dir": Param("models", "cls_model", ("cls",)),
    "rec_model_dir": Param("models", "rec_model", ("rec",)),
    "rec_char_dict_path": Param("models", "rec_char_dict_path", ("rec",)),
    "use_space_char": Param("models", "use_space_char", ("rec",)),
    **_of_stage(
        "detection",
        "det",
        per_request=True,
        det_limit_side_len="limit_side_len",
        det_limit_type="limit_type",
        det_db_thresh="thresh",
        det_db_box_thresh="box_thresh",
        det_db_unclip_ratio="unclip_ratio",
        use_dilation="use_dilation",
        det_db_score_mode="score_mode",
        det_box_type="box_type",
    ),
    **_of_stage(
        "detection",
        "det",
        per_request=False,
        det_max_side_limit="max_side_limit",
        det_max_candidates="max_candidates",
    ),
    "cls_image_shape": Param("classification", "image_shape", ("cls",), convert=_shape),
    "cls_batch_num": Param("classification", "batch_num", ("cls",)),
    "cls_batching": Param("classification", "batching", ("cls",)),
    "cls_thresh": Param("classification", "thresh", ("cls",), per_request=True),
    "rec_image_shape": Param("recognition", "image_shape", ("rec",), convert=_shape),
    "rec_batch_num": Param("recognition", "batch_num", ("rec",)),
    "rec_batching": Param("recognition", "batching", ("rec",)),
    "use_angle_cls": Param("options", "use_angle_cls", ("det", "cls", "rec"), per_request=True),
    "drop_score": Param("options", "drop_score", ("det", "cls", "rec"), per_request=True),
}
"""Every parameter with an effect, by upstream's name where upstream has one."""

_ONLY_VALUES: Mapping[str, Collection[object]] = {
    "det_algorithm": ("DB", "DB++"),
    "rec_algorithm": ("CRNN", "SVTR_LCNet", "SVTR_HGNet"),
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

_ALL_TASKS: frozenset[Task] = frozenset({"det", "cls", "rec"})


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
        name: value for name, value in values.items() if not _is_constant(name, value, where)
    }
    known = {name: param for name, param in PARAMS.items() if _belongs(param, tasks)}
    _refuse_unknown(effective, known, where)
    models = _replaced(settings.models, "models", effective, known, where)
    engine = _replaced(settings.engine, "engine", effective, known, where)
    options = _apply(settings.options, effective, known, where)
    return PipelineSettings(models, engine, options)


def request_options(tasks: Collection[Task]) -> dict[str, Param]:
    """Return the parameters that a request to a module with these stages may set."""
    return {n: p for n, p in PARAMS.items() if p.per_request and _belongs(p, tasks)}


def apply_options(
    options: OcrOptions, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> OcrOptions:
    """Return options with those of one request applied; nothing else changes.

    Raises:
        SettingsError: An option is unknown or may not be set by a request, or is out of range.
    """
    known = request_options(tasks)
    _refuse_unknown(values, known, where)
    return _apply(options, values, known, where)


def _belongs(param: Param, tasks: Collection[Task]) -> bool:
    # use_angle_cls and drop_score are of the whole chain: they need all three stages.
    if param.section == "options":
        return set(tasks) >= _ALL_TASKS
    return not param.tasks or bool(set(param.tasks) & set(tasks))


def _is_constant(name: str, value: object, where: str) -> bool:
    if name in _ONLY_VALUES and value not in _ONLY_VALUES[name]:
        allowed = " or ".join(repr(choice) for choice in _ONLY_VALUES[name])
        raise SettingsError(f"{where}.{name}: only {allowed} is supported, not {value!r}")
    if name == "label_list" and value != ["0", "180"]:
        raise SettingsError(f"{where}.label_list: only ['0', '180'] is supported, not {value!r}")
    return name in _ONLY_VALUES or name in _WITHOUT_EFFECT or name == "label_list"


def _refuse_unknown(values: Mapping[str, object], known: Mapping[str, Param], where: str) -> None:
    unknown = sorted(set(values) - set(known))
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        raise SettingsError(f"unknown key in {where}: {', '.join(unknown)} (settings: {listed})")


def _apply(
    options: OcrOptions, values: Mapping[str, object], known: Mapping[str, Param], where: str
) -> OcrOptions:
    stages: dict[str, Any] = {
        name: _replaced(getattr(options, name), name, values, known, where)
        for name in ("detection", "classification", "recognition")
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
        known[key].field: known[key].convert(key, value)
        for key, value in values.items()
        if known[key].section == name
    }
    if not changes:
        return section
    try:
        return replace(section, **changes)  # type: ignore[type-var]
    except SettingsError as error:
        raise SettingsError(f"{where}.{error.message}") from None


__all__ = [
    "PARAMS",
    "Param",
    "apply_options",
    "apply_params",
    "read_params",
    "request_options",
]
