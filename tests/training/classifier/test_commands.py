"""``hubocr train cls`` and ``eval cls``, called as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.cli import main
from tests.training import write_directions


def train(base: Path, data: Path, out: Path, *more: object) -> list[str]:
    fixed = ["train", "cls", "--data", data, "--base", base, "--out", out, "--quiet"]
    rest = ["--batch-size", 8, "--time-limit", 0, "--threads", 1, "--device", "cpu"]
    return [str(word) for word in (*fixed, *rest, *more)]


def test_a_model_is_trained_and_evaluated(
    tiny_classifier: Path, directions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, labels = tmp_path / "my_cls", directions / "cls.tsv"
    arguments = ["--val", directions / "val.tsv", "--epochs", 20, "--lr", 0.002]
    assert main(train(tiny_classifier, labels, out, *arguments)) == 0
    printed = capsys.readouterr().out
    page = tmp_path / "page.html"
    command = ["eval", "cls", "--data", str(directions / "val.tsv"), "--model", str(out), "--quiet"]
    assert main([*command, "--html", str(page)]) == 0
    text = capsys.readouterr().out
    assert "images              9" in text
    for name in ("accuracy", "turned found", "upright turned"):
        (best,) = (line.split()[-1] for line in printed.splitlines() if line.startswith(name))
        assert f"{name:<20}{best}" in text
    assert page.read_text(encoding="utf-8").count("<tr") == 19
    # Nothing is turned with a score above 1.
    assert main([*command, "--cls-thresh", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["turned_found"] == 0
    checkpoint = str(out / "training" / "checkpoint.pt")
    assert main(["export", checkpoint, "--out", str(tmp_path / "b")]) == 0
    assert (tmp_path / "b/inference.onnx").read_bytes() == (out / "inference.onnx").read_bytes()
    capsys.readouterr()
    again = train(tiny_classifier, labels, out, *arguments, "--resume", "--upright")
    assert main(again) == 1
    assert "started with other data or options" in capsys.readouterr().err


@pytest.mark.parametrize("stream", ["off", "on"])
def test_bad_labels_are_counted_and_stop_nothing(
    tiny_classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], stream: str
) -> None:
    labels = write_directions(tmp_path, 12)
    write_directions(tmp_path, 3, "val.tsv", seed=50)
    with (tmp_path / "val.tsv").open("a", encoding="utf-8") as file:
        file.write("val_0.png\t90\nval_0.png\t\nnone.png\t0\nno label\n")
    (tmp_path / "cls_1.png").write_bytes(b"damaged")
    out = tmp_path / "m"
    more = ("--val", tmp_path / "val.tsv", "--stream", stream, "--epochs", 1)
    assert main(train(tiny_classifier, labels, out, *more)) == 0
    skipped = 5 if stream == "off" else 4
    assert f"{skipped} images or labels were skipped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--lr", "0"), "--lr must be"),
        (("--keep", "none"), "--keep: none is not a folder"),
        (("--base", "none"), "'none' was not found"),
        (("--data", "none.tsv"), "can't read the labels none.tsv"),
        (("--upright", "--data", "none.tsv"), "can't read the labels none.tsv"),
    ],
)
def test_mistakes_are_named(
    tiny_classifier: Path,
    directions: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    command = train(tiny_classifier, directions / "cls.tsv", tmp_path / "m", *arguments)
    assert main(command) == 1
    assert message in capsys.readouterr().err
