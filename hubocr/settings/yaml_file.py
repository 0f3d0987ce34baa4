"""A pipeline's parameters in a YAML file.

The file is a mapping of public names to values, ``profile`` among them::

    profile: captcha
    rec_model_dir: inference/my_captcha
    rec_charset: digits+lower
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubocr.errors import SettingsError
from hubocr.settings.layers import Effective, effective_settings
from hubocr.settings.params import PARAMS
from hubocr.settings.pipeline import PipelineSettings


def read_yaml(path: Path) -> dict[str, object]:
    """Return the parameters in a file, unchecked.

    Raises:
        SettingsError: The file can't be read or is no YAML mapping of names to values.
    """
    from hubocr.bounded_yaml import load_yaml

    try:
        content = load_yaml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"can't read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not valid YAML: {error}") from error
    content = {} if content is None else content
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise SettingsError(f"{path} must be a mapping of parameters to values")
    return content


def load_settings(path: Path) -> Effective:
    """Return the settings that a file describes; what it leaves out is as built in.

    Raises:
        SettingsError: The file can't be read, a parameter is unknown or a value wrong.
    """
    return effective_settings(PipelineSettings(), {path.name: read_yaml(path)})


def dump_settings(settings: PipelineSettings, *, everything: bool = False) -> str:
    """Return settings as the text of a file that `load_settings` reads back.

    Args:
        settings: The settings.
        everything: Write defaults as well.
    """
    values: dict[str, Any] = {}
    for name, param in PARAMS.items():
        value = param.of(settings)
        if everything or value != param.default:
            values[name] = None if value is None else param.rule.type.plain(value)
    return dump_values(values) if values else ""


def dump_values(values: Mapping[str, Any]) -> str:
    """Return values by name as YAML, one a line, in their order."""
    import yaml

    text: str = yaml.safe_dump(
        dict(values), sort_keys=False, allow_unicode=True, default_flow_style=None, width=10_000
    )
    return text


def dump_tree(content: Mapping[str, Any]) -> str:
    """Return nested mappings as YAML in blocks, in their order."""
    import yaml

    text: str = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    return text
