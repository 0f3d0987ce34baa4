"""What is derived from the declarations: docs, YAML files, JSON schema, kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from hubocr.cli.list_options import options_page
from hubocr.errors import SettingsError
from hubocr.server.settings import SERVER_PARAMS
from hubocr.settings import PROFILES, EngineSettings, PipelineSettings, pipeline_settings
from hubocr.settings.declared import declared
from hubocr.settings.kinds import KINDS
from hubocr.settings.params import PARAMS
from hubocr.settings.rule import Checked, Language, setting
from hubocr.settings.schema import object_schema, params_table
from hubocr.settings.yaml_file import dump_settings, load_settings
from hubocr.training.classifier.request import CLASSIFIER_PARAMS
from hubocr.training.detector.request import DETECTOR_PARAMS
from hubocr.training.request import TRAINING_PARAMS
from tests.server.running import ROOT


@pytest.mark.parametrize(("language", "name"), [("en", "options.md"), ("zh", "options_zh.md")])
def test_the_pages_are_what_the_command_writes(language: Language, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == options_page(language), "make docs writes them"


@pytest.mark.parametrize(
    "params", [PARAMS, SERVER_PARAMS, TRAINING_PARAMS, DETECTOR_PARAMS, CLASSIFIER_PARAMS]
)
def test_everything_is_said_in_both_languages(params: Any) -> None:
    for param in params.values():
        assert param.rule.help.isascii(), param.rule.name
        assert any("\u4e00" <= character <= "\u9fff" for character in param.rule.zh)
    assert all(profile.help and profile.zh for profile in PROFILES.values())


def test_engines_are_listed_once() -> None:
    assert SERVER_PARAMS["engine"].rule.choices == PARAMS["engine"].rule.choices
    assert "auto" not in PARAMS["precision"].rule.choices
    with pytest.raises(SettingsError, match="precision must be one of"):
        EngineSettings(precision="auto")  # type: ignore[arg-type]


@pytest.mark.parametrize("everything", [True, False])
def test_a_yaml_file_gives_back_what_was_dumped(tmp_path: Path, everything: bool) -> None:
    settings = pipeline_settings(profile="captcha", rec_charset="汉+a-f", rec_length=4, gpu_id=2)
    path = tmp_path / "mine.yaml"
    path.write_text(dump_settings(settings, everything=everything), encoding="utf-8")
    assert load_settings(path).pipeline == settings
    assert (set(yaml.safe_load(path.read_text(encoding="utf-8"))) == set(PARAMS)) == everything


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("drop_scor: 1", r"unknown key in mine\.yaml: drop_scor"),
        ("drop_score: 2", r"mine\.yaml\.drop_score must be a number from 0 to 1, not 2"),
        ("profile: none", r"mine\.yaml\.profile must be one of"),
        ("- a", "must be a mapping"),
        ("a: [", "is not valid YAML"),
        ("1: 2", "must be a mapping"),
    ],
)
def test_mistakes_in_a_yaml_file_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        load_settings(path)
    with pytest.raises(SettingsError, match="can't read"):
        load_settings(tmp_path / "none.yaml")


def test_an_empty_yaml_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(dump_settings(PipelineSettings()), encoding="utf-8")
    assert load_settings(tmp_path / "mine.yaml").pipeline == PipelineSettings()


def test_the_schema_takes_every_default_and_refuses_what_the_rule_refuses() -> None:
    validator = jsonschema_rs.validator_for(object_schema(PARAMS))
    for name, param in PARAMS.items():
        if param.rule.kind in ("shape", "length") or param.default is None:
            continue
        assert validator.is_valid({name: param.default}), name
        if param.rule.kind in ("integer", "number", "choice", "boolean"):
            assert not validator.is_valid({name: "neither"})
        if param.rule.kind in ("integer", "number"):
            assert not validator.is_valid({name: param.rule.high + 1})
    assert not validator.is_valid({"nonsense": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_back_what_it_writes(kind: str) -> None:
    examples: dict[str, tuple[Any, str | None]] = {
        "integer": (3, "3"),
        "number": (0.5, "0.5"),
        "boolean": (True, "true"),
        "choice": ("b", "b"),
        "text": ("x", "x"),
        "shape": ((3, 48, 100), "3, 48, 100"),
        "charset": ("digits", "digits"),
        "length": ("3-6", "3-6"),
        "path": (Path("a/b"), "a/b"),
        "texts": (("a", "b"), None),
        "numbers": ((0.5, 1.0), None),
        "networks": (("10.0.0.0/8", "::1"), None),
    }
    value, text = examples[kind]

    @dataclass(frozen=True)
    class Section(Checked):
        field: Any = setting(
            value, "name", "help | more", "帮助", kind, high=10, choices=("a", "b")
        )

    param = declared(Section)["name"]
    plain = yaml.safe_load(yaml.safe_dump(KINDS[kind].plain(value)))
    assert param.rule.convert(plain) == value
    if text is not None:
        assert KINDS[kind].parse(text) == value
    Section(field=value)
    with pytest.raises(SettingsError, match=r"^name must be .*, not None$") as refusal:
        Section(field=None)
    assert refusal.value.setting == "name"
    assert "help \\| more" in params_table({"name": param}, "en")


def test_a_name_is_declared_once() -> None:
    make: Callable[[str], Any] = lambda name: setting(1, name, "a", "b", "integer", high=3)  # noqa: E731

    @dataclass(frozen=True)
    class Section(Checked):
        one: int = make("same")
        other: int = make("same")

    with pytest.raises(TypeError, match="declares same twice"):
        declared(Section)
