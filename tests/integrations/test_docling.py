"""The real docling with our engine; its layout models, which it would fetch, aren't needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import fixture_boxes
from tests.server.running import ROOT

REASON = "hubocr[docling] is not installed"
factories = pytest.importorskip("docling.models.factories", reason=REASON)
pytestmark = pytest.mark.filterwarnings("ignore")

PAGE = "pages/notice.png"
DPI = 144


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Any, Any]:
    """The result and the page that docling's own PDF reader makes of a scanned page."""
    from docling.backend.pypdfium2_backend import PyPdfiumDocumentBackend
    from docling.datamodel.base_models import InputFormat, Page
    from docling.datamodel.document import ConversionResult, InputDocument

    path = tmp_path / "scan.pdf"
    with Image.open(ROOT / "tests" / "fixtures" / PAGE) as image:
        image.convert("RGB").save(path, "PDF", resolution=DPI)
    source = InputDocument(
        path_or_stream=path, format=InputFormat.PDF, backend=PyPdfiumDocumentBackend
    )
    backend: Any = source._backend
    page = Page(page_no=1)
    page._backend = backend.load_page(0)
    page.size = page._backend.get_size()
    page.parsed_page = page._backend.get_segmented_page()
    return ConversionResult(input=source), page


def test_docling_makes_the_engine_and_gets_the_lines(parts: tuple[Any, Any]) -> None:
    from docling.datamodel.accelerator_options import AcceleratorOptions

    from hubocr.integrations.docling import HubocrModel, HubocrOptions

    factory = factories.get_ocr_factory(allow_external_plugins=True)
    assert "hubocr" in factory.registered_kind
    options = factory.create_options("hubocr", mode="full_page")
    assert isinstance(options, HubocrOptions)
    model = factory.create_instance(
        options, enabled=True, artifacts_path=None, accelerator_options=AcceleratorOptions()
    )
    assert isinstance(model, HubocrModel)
    result, page = parts
    (read,) = model(result, [page])
    found = {"".join(cell.text.split()): cell for cell in read.cells}
    hits = 0
    for box in fixture_boxes()[PAGE]:
        cell = found.get("".join(box["text"].split()))
        if cell is None:
            continue
        hits += 1
        assert cell.from_ocr
        assert 0.5 < cell.confidence <= 1
        place = cell.rect.to_bounding_box()
        xs = [x * 72 / DPI for x, _ in box["points"]]
        ys = [y * 72 / DPI for _, y in box["points"]]
        assert place.l == pytest.approx(min(xs), abs=12)
        assert place.t == pytest.approx(min(ys), abs=12)
        assert place.r == pytest.approx(max(xs), abs=12)
        assert place.b == pytest.approx(max(ys), abs=12)
    assert hits >= 0.7 * len(fixture_boxes()[PAGE]), list(found)


def test_switched_off_it_changes_nothing(parts: tuple[Any, Any]) -> None:
    from docling.datamodel.accelerator_options import AcceleratorOptions

    from hubocr.integrations.docling import HubocrModel, HubocrOptions

    model = HubocrModel(
        enabled=False,
        artifacts_path=None,
        options=HubocrOptions(),
        accelerator_options=AcceleratorOptions(),
    )
    result, page = parts
    (read,) = model(result, [page])
    assert list(read.cells) == []
