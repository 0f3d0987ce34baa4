"""Named profiles: documented sets of settings between the defaults and what a user sets.

A profile is one entry of `PROFILES`; those for kinds of images are in `hubocr.settings.scenes`. It
can be named wherever parameters can (Python, the command line, ``params.py``, ``init_args``, a YAML
file), and by a request where all that it sets may be set by a request. What a profile costs and
gains is measured in ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hubocr.errors import SettingsError
from hubocr.settings.declared import Param
from hubocr.settings.params import MODEL_PARAMS, PARAMS, request_params
from hubocr.settings.pipeline import ModelSettings
from hubocr.settings.rule import Rule, Task
from hubocr.settings.scenes import SCENES, Profile

DEFAULT_PROFILE = "default"

PROFILES: Mapping[str, Profile] = {
    DEFAULT_PROFILE: Profile("the reference's results", "与参考实现结果一致", {}),
    "fast": Profile(
        "bf16 where the processor supports it, which changes some texts; fp32 elsewhere",
        "处理器支持时用 bf16 计算，会改变部分文字；否则用 fp32",
        {"precision": "prefer_bf16"},
    ),
    "cascade": Profile(
        "PP-OCRv6 tiny reads the lines of pages first, and the module's recogniser those of which "
        "it isn't sure: at least as right as PP-OCRv4 alone, in less time",
        "页面的文字行先由 PP-OCRv6 tiny 识别，没有把握的行再由模块的识别模型识别："
        "准确率不低于单独的 PP-OCRv4，用时更少",
        {"rec_first_model_dir": "PP-OCRv6_tiny_rec", "rec_first_score": 0.95},
    ),
    **SCENES,
}
"""Every profile by its name, scenes among them."""

_NAME = "profile"
_SCENE = "scene"


def profile_rule(names: Collection[str]) -> Rule:
    """Return the rule of the parameter that names one of these profiles."""
    listed = {
        language: "; ".join(f"{name}: {PROFILES[name].text(language)}" for name in names)
        for language in ("en", "zh")
    }
    return Rule(
        _NAME,
        f"named set of settings: {listed['en']}",
        f"一组命名的设置：{listed['zh']}",
        "choice",
        choices=tuple(names),
        per_request=True,
    )


PROFILE = profile_rule(PROFILES)
"""The parameter that names a profile."""


def profile_values(name: str, tasks: Collection[Task]) -> dict[str, object]:
    """Return the values of a profile that a module with these stages has."""
    return {key: v for key, v in PROFILES[name].values.items() if PARAMS[key].belongs(tasks)}


def request_profiles(tasks: Collection[Task], models: ModelSettings) -> dict[str, Profile]:
    """Return the profiles that a request may name.

    Those are the ones that set only what a request may set, and besides that no other models than
    the module has, unless the module's ``scenes`` name them. Profiles that set nothing for a module
    with these stages are no choice.
    """
    allowed = request_params(tasks).keys()
    found = {}
    for name, profile in PROFILES.items():
        values = profile_values(name, tasks)
        named = {key: value for key, value in values.items() if key in MODEL_PARAMS}
        is_loaded = all(MODEL_PARAMS[key].of(models) == value for key, value in named.items())
        is_possible = values and values.keys() - named.keys() <= allowed
        if is_possible and (is_loaded or name in models.scenes):
            found[name] = profile
    return found


def options_params(tasks: Collection[Task], models: ModelSettings) -> dict[str, Param]:
    """Return what a request's options may hold: its parameters and, where one may, a profile."""
    params = dict(request_params(tasks))
    names = request_profiles(tasks, models)
    if names:
        params[_NAME] = Param((), _NAME, profile_rule(names), None, (), False, {})
    return params


def with_profile_name(values: Mapping[str, object], where: str) -> Mapping[str, object]:
    """Return the values of a layer, with ``profile`` where it says ``scene``: they are the same.

    Raises:
        SettingsError: Both are there and differ.
    """
    if _SCENE not in values:
        return values
    rest = {name: value for name, value in values.items() if name != _SCENE}
    scene = values[_SCENE]
    if rest.setdefault(_NAME, scene) != scene:
        raise SettingsError(
            f"{where}.{_SCENE}: scene and profile are the same setting, and differ",
            setting=f"{where}.{_SCENE}",
        )
    return rest


def split_profile(values: Mapping[str, object], where: str) -> tuple[str | None, dict[str, object]]:
    """Return the profile that a layer names, and the layer's other values.

    Raises:
        SettingsError: There is no profile of that name.
    """
    rest = dict(with_profile_name(values, where))
    if _NAME not in rest:
        return None, rest
    name = rest.pop(_NAME)
    try:
        PROFILE.check(name)
    except SettingsError as error:
        raise error.within(where) from None
    return str(name), rest
