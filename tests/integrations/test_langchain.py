"""The real LangChain with our loader."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from hubocr.errors import HubocrError
from tests.conftest import fixture_boxes
from tests.server.running import ROOT

pytest.importorskip("langchain_core", reason="hubocr[langchain] is not installed")
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from hubocr.integrations.langchain import HubocrLoader

PAGE = "pages/notice.png"


def test_the_pages_of_a_document(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    with Image.open(ROOT / "tests" / "fixtures" / PAGE) as image:
        page = image.convert("RGB")
        page.save(path, "PDF", save_all=True, append_images=[page, page])
    loader = HubocrLoader(path, pages="2-3", format="text")
    assert isinstance(loader, BaseLoader)
    documents = loader.load()
    assert all(isinstance(one, Document) for one in documents)
    assert [one.metadata["page"] for one in documents] == [1, 2]
    assert documents[0].metadata["source"] == str(path)
    assert documents[0].metadata["total_pages"] == 3
    text = "".join(documents[0].page_content.split())
    lines = ["".join(box["text"].split()) for box in fixture_boxes()[PAGE]]
    assert sum(line in text for line in lines) >= 0.8 * len(lines)


def test_a_file_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no image")
    with pytest.raises(HubocrError, match=r"broken\.png"):
        HubocrLoader(path).load()
