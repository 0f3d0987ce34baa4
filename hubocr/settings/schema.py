"""JSON schema and Markdown tables from the declarations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hubocr.settings.declared import Param, Params
from hubocr.settings.profiles import PROFILES
from hubocr.settings.rule import Language, Rule


def rule_schema(rule: Rule) -> dict[str, Any]:
    """Return the JSON schema of one setting."""
    return {"description": rule.help, **rule.type.schema(rule)}


def object_schema(params: Params) -> dict[str, Any]:
    """Return the JSON schema of an object of settings by public name."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: rule_schema(param.rule) for name, param in params.items()},
    }


_HEADINGS: Mapping[Language, tuple[str, ...]] = {
    "en": ("name", "default", "values", "meaning"),
    "zh": ("名称", "默认值", "取值", "含义"),
}
_PER_REQUEST: Mapping[Language, str] = {"en": "per request", "zh": "每请求可设"}
_FLAG: Mapping[Language, str] = {"en": "flag", "zh": "命令行"}
_YES: Mapping[Language, str] = {"en": "yes", "zh": "是"}


def params_table(
    params: Params, language: Language, *, per_request: bool = False, flags: bool = False
) -> str:
    """Return a Markdown table of settings.

    Args:
        params: The settings.
        language: Of the headings and meanings.
        per_request: Add a column that says whether a request may set it.
        flags: Add a column with the flag on the command line.
    """
    headings = list(_HEADINGS[language])
    if flags:
        headings.insert(1, _FLAG[language])
    if per_request:
        headings.append(_PER_REQUEST[language])
    rows = []
    for name, param in params.items():
        default = default_text(param)
        row = [f"`{name}`", f"`{default}`" if default else "", param.rule.type.limits(param.rule)]
        row.append(param.rule.text(language))
        if flags:
            row.insert(1, "" if param.rule.secret else f"`{param.rule.option}`")
        if per_request:
            row.append(_YES[language] if param.rule.per_request else "")
        rows.append(row)
    return table(headings, rows)


def sections(params: Params, language: Language) -> dict[str, dict[str, Param]]:
    """Return settings by the heading of their section, in the order of declaration."""
    found: dict[str, dict[str, Param]] = {}
    for name, param in params.items():
        found.setdefault(param.title[language], {})[name] = param
    return found


def profiles_table(language: Language) -> str:
    """Return a Markdown table of the profiles."""
    headings = {"en": ["profile", "sets", "meaning"], "zh": ["预设", "设置", "含义"]}[language]
    rows = []
    for name, profile in PROFILES.items():
        values = ", ".join(f"`{key}` = `{_plain(v)}`" for key, v in profile.values.items())
        rows.append([f"`{name}`", values, profile.text(language)])
    return table(headings, rows)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def default_text(param: Param) -> str:
    """Return a default as params.py and JSON would have it; empty where there is none."""
    if param.default is None or param.default == ():
        return ""
    if isinstance(param.default, str):
        return param.default
    return json.dumps(param.rule.type.plain(param.default), ensure_ascii=False)


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped) + "\n"
