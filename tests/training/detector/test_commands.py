"""``hubocr train det`` and ``eval det``, called as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.cli import main
from tests.training import write_pages


def train(base: Path, data: Path, out: Path, *more: object) -> list[str]:
    fixed = ["train", "det", "--data", data, "--base", base, "--out", out, "--quiet"]
    rest = ["--crop", 96, "--time-limit", 0, "--threads", 1, "--device", "cpu"]
    return [str(word) for word in (*fixed, *rest, *more)]


def test_a_model_is_trained_and_evaluated(
    tiny_detector: Path, pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, labels = tmp_path / "my_det", pages / "det.tsv"
    arguments = ["--val", pages / "val.tsv", "--epochs", 60, "--lr", 0.01]
    assert main(train(tiny_detector, labels, out, *arguments)) == 0
    printed = capsys.readouterr().out
    assert "hmean               " in printed
    page = tmp_path / "page.html"
    command = ["eval", "det", "--data", str(pages / "val.tsv"), "--model", str(out), "--quiet"]
    assert main([*command, "--html", str(page)]) == 0
    text = capsys.readouterr().out
    assert "images              3" in text
    best = next(line for line in printed.splitlines() if line.startswith("hmean")).split()[-1]
    assert f"hmean               {best}" in text
    assert page.read_text(encoding="utf-8").count("<tr>") == 4
    assert main([*command, "-o", "det_db_box_thresh=1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["found"] == 0
    assert (
        main(["export", str(out / "training" / "checkpoint.pt"), "--out", str(tmp_path / "b")]) == 0
    )
    assert (tmp_path / "b/inference.onnx").read_bytes() == (out / "inference.onnx").read_bytes()
    capsys.readouterr()
    again = train(tiny_detector, labels, out, *arguments, "--resume", "--crop", 128)
    assert main(again) == 1
    message = capsys.readouterr().err
    assert "started with other data or options" in message
    assert "--crop" in message


def test_bad_labels_are_counted_and_stop_nothing(
    tiny_detector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_pages(tmp_path, 6)
    (tmp_path / "det_1.png").write_bytes(b"damaged")
    outside = json.dumps([{"transcription": "a", "points": [[900, 1], [950, 1], [950, 20]]}])
    with labels.open("a", encoding="utf-8") as file:
        file.write(f"det_0.png\t{outside}\nnone.png\t[]\nno label\ndet_0.png\t[1\n")
    assert main(train(tiny_detector, labels, tmp_path / "m", "--epochs", "1")) == 0
    assert "5 images or labels were skipped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--lr", "0"), "--lr must be"),
        (("--crop", "100"), "--crop must be a multiple of 32"),
        (("--keep", "none"), "--keep: none is not a folder"),
        (("--keep-ratio", "0"), "--keep-ratio must be"),
        (("--base", "none"), "'none' was not found"),
    ],
)
def test_mistakes_are_named(
    tiny_detector: Path,
    pages: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert main(train(tiny_detector, pages / "det.tsv", tmp_path / "m", *arguments)) == 1
    assert message in capsys.readouterr().err
