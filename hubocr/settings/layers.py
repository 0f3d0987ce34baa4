"""Settings from their layers, and which layer each value comes from.

From the weakest to the strongest: built-in defaults, the server's, a profile, ``params.py``,
``init_args``, ``predict_args``, the request. A profile named by a request or by ``predict_args``
is part of that layer: it lies under the layer's own values and over the weaker layers.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, change
from hubocr.settings.params import PARAMS, apply_params, params_of, request_params, with_effect
from hubocr.settings.pipeline import OcrOptions, PipelineSettings
from hubocr.settings.profiles import (
    DEFAULT_PROFILE,
    PROFILES,
    options_params,
    request_profiles,
    split_profile,
)
from hubocr.settings.rule import TASKS, Task

Layers = Mapping[str, Mapping[str, object]]
"""Parameters by the name of their layer, such as ``init_args``, the weakest layer first."""


@dataclass(frozen=True)
class Change:
    """A value that is not the default, and the layer that set it."""

    value: Any
    set_by: str


@dataclass(frozen=True)
class Effective:
    """What is in effect, and why.

    Attributes:
        pipeline: The settings.
        defaults: What they would be without any layer.
        tasks: The stages that there are.
        profile: The profile that lies under the layers.
        origins: The last layer that set it, by parameter.
    """

    pipeline: PipelineSettings
    defaults: PipelineSettings = field(default_factory=PipelineSettings)
    tasks: Collection[Task] = TASKS
    profile: str = DEFAULT_PROFILE
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def max_pixels(self) -> int:
        """Largest width times height of an image."""
        return self.pipeline.input.max_pixels

    def changes(self) -> dict[str, Change]:
        """Return every value that isn't the default by its parameter, as JSON can write it."""
        found = {}
        for name, param in params_of(self.tasks).items():
            value = param.of(self.pipeline)
            if value != param.of(self.defaults):
                plain = None if value is None else param.rule.type.plain(value)
                found[name] = Change(plain, self.origins.get(name, "the caller"))
        return found

    def with_layer(self, values: Mapping[str, object], where: str) -> Effective:
        """Return what is in effect once a layer lies over this.

        Raises:
            SettingsError: A parameter is unknown or a value wrong.
        """
        values = with_effect(values, where)
        pipeline = apply_params(self.pipeline, values, self.tasks, where)
        origins = {**self.origins, **dict.fromkeys(values, where)}
        return replace(self, pipeline=pipeline, origins=origins)

    def with_options(self, values: Mapping[str, object], where: str) -> Effective:
        """Return what is in effect with the options of a request, or ``predict_args``, over this.

        Raises:
            SettingsError: An option is unknown or may not be set by a request, or is wrong.
        """
        options = apply_options(self.pipeline.options, values, self.tasks, where)
        pipeline = replace(self.pipeline, options=options)
        changed = (
            name
            for name, param in request_params(self.tasks).items()
            if name in values or param.of(pipeline) != param.of(self.pipeline)
        )
        origins = {**self.origins, **dict.fromkeys(changed, where)}
        return replace(self, pipeline=pipeline, origins=origins)


def effective_settings(
    defaults: PipelineSettings,
    layers: Layers,
    tasks: Collection[Task] = TASKS,
    *,
    server: Mapping[str, object] | None = None,
) -> Effective:
    """Return what is in effect with a server's defaults, a profile and then the layers applied.

    Args:
        defaults: The built-in defaults.
        layers: The layers; each may name a profile, the strongest that does decides.
        tasks: The stages that the module has; the parameters of others are refused in a layer.
        server: What the server has modules do that don't say otherwise; like a profile, it may
            hold parameters of other stages.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    profile, rest = DEFAULT_PROFILE, {}
    for where, values in layers.items():
        named, rest[where] = split_profile(values, where)
        profile = named or profile
    common = {name: v for name, v in (server or {}).items() if PARAMS[name].belongs(tasks)}
    effective = Effective(defaults, defaults, tuple(tasks), profile)
    effective = effective.with_layer(common, "server")
    effective = effective.with_layer(PROFILES[profile].values_for(tasks), f"profile {profile}")
    for where, values in rest.items():
        effective = effective.with_layer(values, where)
    return effective


def apply_layers(
    settings: PipelineSettings, layers: Layers, tasks: Collection[Task] = TASKS
) -> PipelineSettings:
    """Return settings with the profile that the layers name, and then the layers, applied.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    return effective_settings(settings, layers, tasks).pipeline


def pipeline_settings(**values: object) -> PipelineSettings:
    """Return settings from parameters by their public names, ``profile`` among them.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    return apply_layers(PipelineSettings(), {"settings": values})


def apply_options(
    options: OcrOptions, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> OcrOptions:
    """Return options with those of one request applied; nothing else changes.

    Raises:
        SettingsError: An option is unknown or may not be set by a request, or is out of range.
    """
    if "profile" in values:
        values = _with_profile(values, tasks, where)
    return change(options, _option_params(frozenset(tasks)), values, where)


@functools.cache
def _option_params(tasks: frozenset[Task]) -> Params:
    """Return the parameters of a request by their place in `OcrOptions`."""
    params = request_params(tasks)
    return {name: replace(param, path=param.path[1:]) for name, param in params.items()}


def _with_profile(
    values: Mapping[str, object], tasks: Collection[Task], where: str
) -> Mapping[str, object]:
    """Return a request's values with those of the profile that it names under them."""
    params = options_params(tasks)
    if "profile" not in params:
        return values  # to be refused as any unknown name is
    try:
        params["profile"].rule.check(values["profile"])
    except SettingsError as error:
        raise error.within(where) from None
    profile = request_profiles(tasks)[str(values["profile"])]
    rest = {name: value for name, value in values.items() if name != "profile"}
    return {**profile.values_for(tasks), **rest}
