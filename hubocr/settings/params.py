"""The parameters of a pipeline by their public names, upstream's old ones among them.

The same names serve in a module's ``params.py``, in ``init_args`` and ``predict_args`` of
config.json, in the ``options`` of a request, on the command line, in a YAML file and in Python.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import replace

from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, change, declared
from hubocr.settings.pipeline import PipelineSettings
from hubocr.settings.rule import Task

PARAMS: Params = declared(PipelineSettings)
"""Every parameter with an effect, by its public name."""

MODEL_PARAMS: Params = {
    name: replace(param, path=param.path[1:])
    for name, param in PARAMS.items()
    if param.path == ("models",) and name != "scenes"
}
"""The parameters that say which models are loaded, by their place in `ModelSettings`."""

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


def params_of(tasks: Collection[Task]) -> Params:
    """Return the parameters that a module with these stages has."""
    return _params_of(frozenset(tasks))


def request_params(tasks: Collection[Task]) -> Params:
    """Return the parameters that a request to a module with these stages may set."""
    return _request_params(frozenset(tasks))


# Asked for with every request.
@functools.cache
def _params_of(tasks: frozenset[Task]) -> Params:
    return {name: param for name, param in PARAMS.items() if param.belongs(tasks)}


@functools.cache
def _request_params(tasks: frozenset[Task]) -> Params:
    return {name: param for name, param in _params_of(tasks).items() if param.rule.per_request}


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
    return change(settings, params_of(tasks), with_effect(values, where), where)


def with_effect(values: Mapping[str, object], where: str) -> dict[str, object]:
    """Return the parameters of a layer without upstream's that change nothing.

    Raises:
        SettingsError: One of upstream's has a value that isn't served.
    """
    return {
        name: value for name, value in values.items() if not _is_without_effect(name, value, where)
    }


def _is_without_effect(name: str, value: object, where: str) -> bool:
    if name in _ONLY_VALUES and value not in _ONLY_VALUES[name]:
        allowed = " or ".join(repr(choice) for choice in _ONLY_VALUES[name])
        raise SettingsError(f"{where}.{name}: only {allowed} is supported, not {value!r}")
    return name in _ONLY_VALUES or name in _WITHOUT_EFFECT
