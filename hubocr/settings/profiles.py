"""Named profiles: documented sets of settings between the defaults and what a user sets.

A profile is one entry of `PROFILES`. It can be named wherever parameters can (Python, the command
line, ``params.py``, ``init_args``, a YAML file), and by a request where all that it sets may be
set by a request. What a profile costs and gains is measured in ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hubocr.errors import SettingsError
from hubocr.settings.declared import Param
from hubocr.settings.params import PARAMS, params_of, request_params
from hubocr.settings.rule import Language, Rule, Task


@dataclass(frozen=True)
class Profile:
    """A named set of settings.

    Attributes:
        help: What it is for, in one sentence.
        zh: The same in Chinese.
        values: Values by public name; a module takes those that it has.
    """

    help: str
    zh: str
    values: Mapping[str, object]

    def text(self, language: Language = "en") -> str:
        """Return what it is for in a language."""
        return self.zh if language == "zh" else self.help

    def values_for(self, tasks: Collection[Task]) -> dict[str, object]:
        """Return the values that a module with these stages has."""
        return {name: v for name, v in self.values.items() if PARAMS[name].belongs(tasks)}


DEFAULT_PROFILE = "default"

PROFILES: Mapping[str, Profile] = {
    DEFAULT_PROFILE: Profile("the reference's results", "与参考实现结果一致", {}),
    "fast": Profile(
        "bf16 where the processor calculates in it, which changes some texts; fp32 elsewhere",
        "处理器支持时用 bf16 计算，会改变部分文字；否则用 fp32",
        {"precision": "prefer_bf16"},
    ),
    "captcha": Profile(
        "a small image is one line, read at its natural width instead of padded to 320 pixels; for "
        "letters and digits with PP-OCRv4",
        "小图即一行文字，按自然宽度识别而不补齐到 320 像素；适用于 PP-OCRv4 识别字母和数字",
        {"rec_image_shape": "3, 48, 64"},
    ),
}
"""Every profile by its name."""

_NAME = "profile"


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


def request_profiles(tasks: Collection[Task]) -> dict[str, Profile]:
    """Return the profiles that a request may name: those that set only what a request may set.

    Profiles that set nothing for a module with these stages are no choice.
    """
    allowed, own = request_params(tasks).keys(), params_of(tasks).keys()
    return {
        name: profile
        for name, profile in PROFILES.items()
        if (values := profile.values.keys() & own) and values <= allowed
    }


def options_params(tasks: Collection[Task]) -> dict[str, Param]:
    """Return what a request's options may hold: its parameters and, where one may, a profile."""
    params = dict(request_params(tasks))
    names = request_profiles(tasks)
    if names:
        params[_NAME] = Param((), _NAME, profile_rule(names), None, (), False, {})
    return params


def split_profile(values: Mapping[str, object], where: str) -> tuple[str | None, dict[str, object]]:
    """Return the profile that a layer names, and the layer's other values.

    Raises:
        SettingsError: There is no profile of that name.
    """
    rest = dict(values)
    if _NAME not in rest:
        return None, rest
    name = rest.pop(_NAME)
    try:
        PROFILE.check(name)
    except SettingsError as error:
        raise error.within(where) from None
    return str(name), rest
