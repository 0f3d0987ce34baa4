"""Parameters on the command lines: one set of flags, and errors that speak of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.cli import build_parser, main
from hubocr.cli.options import read_settings
from hubocr.settings import PipelineSettings
from hubocr.settings.params import PARAMS

COMMANDS = (("predict", "x.png"), ("bench", "x.png"))


def settings_of(*words: str) -> PipelineSettings:
    return read_settings(build_parser().parse_args(words))


@pytest.mark.parametrize("command", COMMANDS)
def test_predict_and_bench_take_the_same_parameters(command: tuple[str, str]) -> None:
    for value in PARAMS["precision"].rule.choices:
        assert settings_of(*command, "--precision", value).engine.precision == value
    for value in PARAMS["engine"].rule.choices:
        assert settings_of(*command, "--engine", value).engine.engine == value
    assert settings_of(*command, "--profile", "fast").engine.precision == "prefer_bf16"
    assert settings_of(*command, "--profile", "fast", "--precision", "fp32").engine.precision == (
        "fp32"
    )


def test_a_file_lies_under_flags_and_options(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("profile: captcha\ncpu_threads: 3\ndrop_score: 0.1\nrec_length: 4\n")
    settings = settings_of("predict", "x", "--settings", str(path), "--drop-score", "0.2")
    assert settings.models.rec_model == "PP-OCRv6_small_rec"
    assert settings.options.recognition.strip_spaces
    assert (settings.engine.cpu_threads, settings.options.drop_score) == (3, 0.2)
    # A command's own default lies under it.
    assert settings_of("bench", "x").engine.cpu_threads == 1
    assert settings_of("bench", "x", "--settings", str(path)).engine.cpu_threads == 3
    assert settings_of("bench", "x", "--cpu-threads", "2").engine.cpu_threads == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("predict", "x", "--cpu-threads", "-1"), "--cpu-threads must be an integer from 0 to"),
        (("predict", "x", "--profile", "slow"), "--profile must be one of 'default'"),
        (("predict", "x", "-o", "drop_score=2"), "--option.drop_score must be a number"),
        (("serve", "-m", "ocr_rec", "--limit-queue", "0"), "--limit-queue must be an integer"),
        (("serve", "-m", "ocr_rec", "--port", "70000"), "--port must be an integer from 0"),
    ],
)
def test_an_error_names_the_flag(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert capsys.readouterr().err.startswith(f"hubocr: {message}")


def test_options_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["options"]) == 0
    assert "  rec_charset* (any): characters" in capsys.readouterr().out
    assert main(["options", "rec_case", "--language", "zh"]) == 0
    assert capsys.readouterr().out.startswith("识别\n  rec_case* (as_is): lower 和 upper")
    assert main(["options", "--json", "rec_case"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["properties"]["rec_case"]["enum"] == ["as_is", "lower", "upper"]
    assert main(["options", "nonsense"]) == 1
    assert "no parameter is called nonsense" in capsys.readouterr().err


def test_the_file_to_start_from_says_what_is_built_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["options", "--yaml"]) == 0
    path = tmp_path / "mine.yaml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert settings_of("predict", "x", "--settings", str(path)) == PipelineSettings()


def test_no_command_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().err
    assert "predict" in shown
    assert "serve modules over HTTP" in shown
