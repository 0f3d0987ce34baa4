"""``hubocr models quantize``, called as a user calls it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from hubocr.cli import main
from tests.conftest import FIXTURES

DET = "PP-OCRv4_mobile_det"


def quantize(*arguments: object) -> int:
    return main(["models", "quantize", *(str(argument) for argument in arguments)])


def test_a_detector_is_written_compared_and_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nncf", reason="hubocr[quantize] is not installed")
    images, out = tmp_path / "images", tmp_path / "int8"
    shutil.copytree(FIXTURES / "pages", images)
    (images / "broken.png").write_bytes(b"no image")
    assert quantize(DET, "--images", images, "--out", out, "--cpu-threads", 1) == 0
    printed = capsys.readouterr()
    assert f"skipped: {images / 'broken.png'}: not an image" in printed.err
    assert "Statistics collection" in printed.err
    rows = {line[:20].strip(): line[20:] for line in printed.out.splitlines()}
    assert rows["model"] == str(out)
    assert rows["calibrated on"] == "3 images, 1 skipped"
    assert rows["compared on"] == "3 of them, 1 threads"
    assert rows["time an image"].count("ms") == 2
    assert main(["predict", str(FIXTURES / "pages/receipt.png"), "--det-model", str(out)]) == 0
    assert "好邻居便利店" in capsys.readouterr().out


def test_quiet_shows_only_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("nncf", reason="hubocr[quantize] is not installed")
    page = FIXTURES / "pages/notice.png"
    assert quantize(DET, "--images", page, "--out", tmp_path / "int8", "--quiet") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "calibrated on       1 images, 0 skipped" in printed.out


def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    assert quantize(DET, "--images", FIXTURES / "pages", "--out", tmp_path / "int8") == 1
    assert "pip install 'hubocr[quantize]'" in capsys.readouterr().err


@pytest.mark.parametrize("samples", ["0", "-1", "many"])
def test_the_number_of_samples_is_above_zero(
    tmp_path: Path, samples: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        quantize(DET, "--images", tmp_path, "--out", tmp_path / "int8", "--samples", samples)
    assert "expected a number above 0" in capsys.readouterr().err
