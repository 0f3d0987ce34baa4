"""``hubocr train``, ``eval`` and ``export``, called as a user calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hubocr.cli import main
from tests.training import write_set


def train(base: Path, data: Path, out: Path, *more: object) -> list[str]:
    fixed = ["train", "rec", "--data", data, "--base", base, "--out", out, "--quiet"]
    rest = ["--width", 96, "--batch-size", 10, "--time-limit", 0, "--threads", 1, "--device", "cpu"]
    return [str(word) for word in (*fixed, *rest, *more)]


@pytest.fixture(scope="module")
def model(
    training: None, tiny_base: Path, digits: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("commands") / "my_digits"
    validation = ["--val", digits / "val.tsv"]
    arguments = [*validation, "--epochs", 40, "--lr", 0.005, "--preset", "none"]
    assert main(train(tiny_base, digits / "train.tsv", out, *arguments)) == 0
    return out


def test_a_model_is_evaluated(
    model: Path, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    command = ["eval", "rec", "--data", str(digits / "train.tsv"), "--model", str(model)]
    assert main([*command, "--quiet", "--html", str(page)]) == 0
    text = capsys.readouterr().out
    assert "images              20" in text
    assert "line accuracy" in text
    assert page.read_text(encoding="utf-8").count("<tr") > 20
    assert main([*command, "--quiet", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["lines"] == 20
    assert 0 <= scores["line_accuracy"] <= scores["edit_similarity"] <= 1
    # As it would be served with other settings: nothing can be three of these.
    limited = ["--rec-charset", "digits", "-o", "rec_length=2", "--profile", "fast", "--json"]
    assert main([*command, "--quiet", *limited]) == 0
    assert json.loads(capsys.readouterr().out)["line_accuracy"] == 0
    assert main([*command, "--quiet", "-o", "det_limit_type=min"]) == 1
    assert "det_limit_type" in capsys.readouterr().err


def test_a_checkpoint_is_exported(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again"
    assert main(["export", str(model / "training" / "checkpoint.pt"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert (out / "inference.onnx").read_bytes() == (model / "inference.onnx").read_bytes()
    assert main(["export", str(model / "README.md"), "--out", str(out)]) == 1
    assert "not a checkpoint" in capsys.readouterr().err
    (out / "inference.json").touch()  # a Paddle program of other weights would be served
    assert main(["export", str(model / "training" / "checkpoint.pt"), "--out", str(out)]) == 1
    assert "inference.json, of a Paddle program, is there already" in capsys.readouterr().err


def test_training_leaves_a_paddle_program_alone(
    tiny_base: Path, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inference.pdiparams").touch()
    assert main(train(tiny_base, digits / "train.tsv", tmp_path)) == 1
    assert "inference.pdiparams, of a Paddle program, is there" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["inference.pdiparams"]


def test_a_charset_that_lacks_a_label_is_an_error_before_training(
    tiny_base: Path, digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m"
    assert main(train(tiny_base, digits / "train.tsv", out, "--charset", "2-9")) == 1
    assert "lacks characters of the labels: '0' (U+0030), '1'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--lr", "0"), "--lr must be a number from 1e-09 to 100, not 0.0"),
        (("--ratio", "1", "2"), "2 --ratio are given for 1 sources of --data"),
        (("--width", "3"), "--width must be an integer from 16 to 4096, not 3"),
        (("--val", "none.tsv"), "can't read the labels none.tsv"),
        (("--charset", "digit"), "--charset: there is no set 'digit'"),
        (("--base", "none"), "'none' was not found"),
        (("--device", "cuda"), "no CUDA"),
    ],
)
def test_mistakes_are_named(
    tiny_base: Path,
    digits: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    import torch

    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert main(train(tiny_base, digits / "train.tsv", tmp_path / "m", *arguments)) == 1
    assert message in capsys.readouterr().err


def test_a_run_goes_on_only_with_the_same_options(
    model: Path, tiny_base: Path, digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--val", digits / "val.tsv", "--resume", "--seed", "1", "--epochs", 40]
    assert main(train(tiny_base, digits / "train.tsv", model, *arguments)) == 1
    message = capsys.readouterr().err
    assert "started with other data or options" in message
    assert "seed" in message


def test_bad_images_are_counted_and_stop_nothing(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_set(tmp_path, [str(number) for number in range(10, 22)])
    (tmp_path / "train_3.png").write_bytes(b"damaged")
    with labels.open("a", encoding="utf-8") as file:
        file.write("none.png\t12\nno label\n")
    assert main(train(tiny_base, labels, tmp_path / "m", "--epochs", "1")) == 0
    assert "3 images or labels were skipped" in capsys.readouterr().err


def test_training_without_pytorch_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(train(tmp_path, tmp_path / "x.tsv", tmp_path / "m")) == 1
    assert "pip install 'hubocr[train]'" in capsys.readouterr().err
