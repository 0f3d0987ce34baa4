"""``hubocr export --paddle``, called as a user calls it; checkpoints are in tests/training."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hubocr.cli import main
from hubocr.models import find_model
from tests.conftest import FIXTURES


def test_a_model_is_written_for_paddle_and_served_by_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("paddle", "x2paddle"):
        pytest.importorskip(package, reason="hubocr[export] is not installed")
    model = find_model("PP-OCRv6_small_rec").onnx
    assert model is not None
    shutil.copy(model, tmp_path / "inference.onnx")
    assert main(["export", str(tmp_path), "--paddle"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("paddle equal to     ")
    assert printed[1] == str(tmp_path)
    line = ["predict", "--line", str(FIXTURES / "lines/digits.png"), "--engine", "paddle"]
    assert main([*line, "--rec-model", str(tmp_path)]) == 0
    from_paddle = capsys.readouterr().out
    assert main([*line[:-2], "--rec-model", "PP-OCRv6_small_rec"]) == 0
    assert from_paddle == capsys.readouterr().out
    assert len(from_paddle) > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "with --paddle and without --out"),
        (["--paddle", "--out", "other"], "with --paddle and without --out"),
        (["--paddle"], "holds no model"),
    ],
)
def test_mistakes_with_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["export", str(tmp_path), *arguments]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_needs_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "checkpoint.pt")]) == 1
    assert "--out is missing" in capsys.readouterr().err
