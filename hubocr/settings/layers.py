"""Settings from their layers, and which layer each value comes from.

From the weakest to the strongest: built-in defaults, the server's, ``params.py``, ``init_args``,
``predict_args``, the request. A profile is part of the layer that names it: it lies under the
layer's own values and over the weaker layers.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, change
from hubocr.settings.params import (
    MODEL_PARAMS,
    PARAMS,
    apply_params,
    params_of,
    request_params,
    with_effect,
)
from hubocr.settings.pipeline import OcrOptions, PipelineSettings
from hubocr.settings.profiles import (
    DEFAULT_PROFILE,
    options_params,
    profile_values,
    request_profiles,
    split_profile,
    with_profile_name,
)
from hubocr.settings.rule import TASKS, Task
from hubocr.settings.scenes import SCENES

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
        values = _with_first_model(with_effect(values, where))
        pipeline = apply_params(self.pipeline, values, self.tasks, where)
        origins = {**self.origins, **dict.fromkeys(values, where)}
        return replace(self, pipeline=pipeline, origins=origins)

    def with_options(self, values: Mapping[str, object], where: str) -> Effective:
        """Return what is in effect with the options of a request, or ``predict_args``, over this.

        Raises:
            SettingsError: An option is unknown or may not be set by a request, or is wrong.
        """
        pipeline = apply_request(self.pipeline, values, self.tasks, where)
        changed = (
            name
            for name, param in params_of(self.tasks).items()
            if name in values or param.of(pipeline) != param.of(self.pipeline)
        )
        origins = {**self.origins, **dict.fromkeys(changed, where)}
        return replace(self, pipeline=pipeline, origins=origins)


def _with_first_model(values: Mapping[str, object]) -> Mapping[str, object]:
    """Return the values of a layer; one that names a recogniser alone leaves out the first of two.

    The weaker layer chose that one for another.
    """
    if "rec_model_dir" in values:
        return {"rec_first_model_dir": None, **values}
    return values


def effective_settings(
    defaults: PipelineSettings,
    layers: Layers,
    tasks: Collection[Task] = TASKS,
    *,
    server: Mapping[str, object] | None = None,
    profile: str = DEFAULT_PROFILE,
) -> Effective:
    """Return what is in effect with a server's defaults and then the layers applied.

    Args:
        defaults: The built-in defaults.
        layers: The layers; each may name a profile, the strongest that does decides. Its values
            lie right under those of the layer.
        tasks: The stages that the module has; the parameters of others are refused in a layer.
        server: What the server has modules do that don't say otherwise; like a profile, it may
            hold parameters of other stages.
        profile: The profile where no layer names one.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    rest, naming = {}, ""
    for where, values in layers.items():
        named, rest[where] = split_profile(values, where)
        if named:
            profile, naming = named, where
    common = {name: v for name, v in (server or {}).items() if PARAMS[name].belongs(tasks)}
    effective = Effective(defaults, defaults, tuple(tasks), profile)
    effective = effective.with_layer(common, "server")
    if not naming:
        effective = effective.with_layer(profile_values(profile, tasks), f"profile {profile}")
    for where, values in rest.items():
        if where == naming:
            effective = effective.with_layer(profile_values(profile, tasks), f"profile {profile}")
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
    """Return options with those of one request applied; models stay; see `apply_request`."""
    return apply_request(PipelineSettings(options=options), values, tasks, where).options


def apply_request(
    settings: PipelineSettings, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> PipelineSettings:
    """Return settings with the options of one request, or of ``predict_args``, applied.

    Besides options, only the models may change: where a profile names others, and the module's
    ``scenes`` allow it.

    Raises:
        SettingsError: An option is unknown or may not be set by a request, or is out of range.
    """
    values = with_profile_name(values, where)
    if "profile" in values:
        settings, values = _with_profile(settings, values, tasks, where)
    options = change(settings.options, _option_params(frozenset(tasks)), values, where)
    return settings if options is settings.options else replace(settings, options=options)


@functools.cache
def _option_params(tasks: frozenset[Task]) -> Params:
    """Return the parameters of a request by their place in `OcrOptions`."""
    params = request_params(tasks)
    return {name: replace(param, path=param.path[1:]) for name, param in params.items()}


def _with_profile(
    settings: PipelineSettings, values: Mapping[str, object], tasks: Collection[Task], where: str
) -> tuple[PipelineSettings, Mapping[str, object]]:
    """Return what is left of a request once the profile that it names is looked up.

    Returns:
        The settings with the profile's models, and the request's other values over the profile's.
    """
    params = options_params(tasks, settings.models)
    name = values["profile"]
    _refuse_other_models(name, settings, tasks, where)
    if "profile" not in params:
        return settings, values  # to be refused as any unknown name is
    try:
        params["profile"].rule.check(name)
    except SettingsError as error:
        raise error.within(where) from None
    own = profile_values(str(name), tasks)
    models = {key: value for key, value in own.items() if key in MODEL_PARAMS}
    if any(MODEL_PARAMS[key].of(settings.models) != value for key, value in models.items()):
        # A dictionary that the module names belongs to its own model.
        models = {"rec_char_dict_path": None, **_with_first_model(models)}
        changed = change(settings.models, MODEL_PARAMS, models, where)
        settings = replace(settings, models=changed)
    rest = {key: value for key, value in values.items() if key != "profile"}
    return settings, {**{k: v for k, v in own.items() if k not in models}, **rest}


def _refuse_other_models(
    name: object, settings: PipelineSettings, tasks: Collection[Task], where: str
) -> None:
    """Raise `SettingsError` where a scene may not be named for its models alone."""
    if not isinstance(name, str) or name not in SCENES:
        return
    if name in request_profiles(tasks, settings.models):
        return
    wanted = [str(v) for key, v in profile_values(name, tasks).items() if key in MODEL_PARAMS]
    if wanted:
        raise SettingsError(
            f"{where}.profile: {name} needs models that are not loaded ({', '.join(wanted)}); the "
            f"module's parameter scenes has to name {name}",
            setting=f"{where}.profile",
        )
