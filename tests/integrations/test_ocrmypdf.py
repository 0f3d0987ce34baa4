"""The real OCRmyPDF with our engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pypdfium2
import pytest
from PIL import Image

from tests.conftest import fixture_boxes
from tests.server.running import ROOT

ocrmypdf = pytest.importorskip("ocrmypdf", reason="hubocr[ocrmypdf] is not installed")

PAGE = "pages/notice.png"


def scan(path: Path, turned: int = 0) -> Path:
    """A PDF of one scanned page at 144 dpi."""
    with Image.open(ROOT / "tests" / "fixtures" / PAGE) as page:
        page.convert("RGB").rotate(turned, expand=True).save(path, "PDF", resolution=144)
    return path


def run(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "ocrmypdf", "--ocr-engine", "hubocr", "--output-type", "pdf"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr


def test_the_text_lies_where_it_is_seen(tmp_path: Path) -> None:
    source, out = scan(tmp_path / "in.pdf"), tmp_path / "out.pdf"
    run("--sidecar", tmp_path / "text.txt", source, out)
    sidecar = (tmp_path / "text.txt").read_text(encoding="utf-8").replace(" ", "")
    with pypdfium2.PdfDocument(out) as pdf:
        page = pdf[0]
        height, text = page.get_height(), page.get_textpage()
        found = 0
        for box in fixture_boxes()[PAGE]:
            wanted = "".join(box["text"].split())
            assert wanted in "".join(sidecar.split()), wanted
            xs, ys = zip(*box["points"], strict=True)
            scale = 72 / 144
            inside = text.get_text_bounded(
                min(xs) * scale - 3,
                height - max(ys) * scale - 3,
                max(xs) * scale + 3,
                height - min(ys) * scale + 3,
            )
            found += wanted in "".join(inside.split())
        assert found >= 0.8 * len(fixture_boxes()[PAGE])


@pytest.mark.parametrize("renderer", ["sandwich", "fpdf2"])
def test_both_of_its_renderers(tmp_path: Path, renderer: str) -> None:
    out = tmp_path / "out.pdf"
    run("--pdf-renderer", renderer, scan(tmp_path / "in.pdf"), out)
    with pypdfium2.PdfDocument(out) as pdf:
        text = "".join(pdf[0].get_textpage().get_text_range().split())
    lines = ["".join(box["text"].split()) for box in fixture_boxes()[PAGE]]
    assert sum(line in text for line in lines) >= 0.8 * len(lines), text


def test_a_page_on_its_side_is_turned(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    run("--rotate-pages", scan(tmp_path / "in.pdf", turned=90), out)
    with (
        pypdfium2.PdfDocument(out) as pdf,
        Image.open(ROOT / "tests" / "fixtures" / PAGE) as upright,
    ):
        width, height = pdf[0].get_size()
        assert (width > height) == (upright.width > upright.height)


@pytest.mark.parametrize("chosen", ["auto", "tesseract", "none"])
def test_without_being_chosen_it_does_nothing(chosen: str) -> None:
    from hubocr.integrations.ocrmypdf import get_ocr_engine

    assert get_ocr_engine(options=SimpleNamespace(ocr_engine=chosen)) is None
    assert get_ocr_engine(options=SimpleNamespace(ocr_engine="hubocr")) is not None
