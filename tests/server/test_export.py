"""``POST /export/{format}`` of a real server."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pypdfium2
import pytest
import requests
from PIL import Image

from hubocr.exporters import FORMATS
from tests.server.conftest import FIXTURES
from tests.server.running import Server

RECEIPT = FIXTURES / "pages" / "receipt.png"


def export(server: Server, name: str, *files: bytes, **options: Any) -> requests.Response:
    return requests.post(
        f"{server.url}/export/{name}",
        files=[("files", ("page", data)) for data in files],
        data={"options": json.dumps(options)},
        timeout=60,
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_answered(server: Server, name: str) -> None:
    known = FORMATS[name]
    reply = export(server, name, RECEIPT.read_bytes())
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == known.media_type
    suffix = reply.headers["Content-Disposition"].removeprefix('attachment; filename="document')
    assert suffix == f'{known.suffix}"'
    assert reply.content


def test_a_bare_file_and_an_alias(server: Server) -> None:
    reply = requests.post(
        f"{server.url}/export/md",
        data=RECEIPT.read_bytes(),
        headers={"Content-Type": "image/png"},
        params={"options": '{"drop_score": 0.99}'},
        timeout=60,
    )
    assert "合计" in reply.text
    assert len(reply.text) < len(export(server, "md", RECEIPT.read_bytes()).text)


def test_pages_of_all_files_make_one_pdf(server: Server) -> None:
    page = Image.open(RECEIPT).convert("RGB")
    document = io.BytesIO()
    page.save(document, "PDF", save_all=True, append_images=[page, page], resolution=150)
    files = (document.getvalue(), RECEIPT.read_bytes())
    reply = export(server, "pdf", *files, page_range="2-3", pdf_dpi=150)
    with pypdfium2.PdfDocument(reply.content) as pdf:
        texts = [one.get_textpage().get_text_range() for one in pdf]
        assert pdf[0].get_size() == pytest.approx(pdf[2].get_size(), abs=1)
    assert len(texts) == 3
    assert all("合计" in text for text in texts)


def test_formats_of_one_page_come_in_a_zip_file(server: Server) -> None:
    data = RECEIPT.read_bytes()
    reply = export(server, "page", data, data)
    assert reply.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.namelist() == ["document-1.page.xml", "document-2.page.xml"]


@pytest.mark.parametrize(
    ("name", "files", "options", "status", "named"),
    [
        ("xls", [b"x"], {}, 400, "no format 'xls'"),
        ("json", [b"x"], {}, 422, "files[0]"),
        ("json", [b"x"] * 33, {}, 413, "limit is 32"),
        ("json", [b"x"], {"unknown": 1}, 400, "unknown"),
        ("json", [b"x"], {"max_pages": 99999}, 400, "max_pages"),
    ],
)
def test_mistakes_are_named(
    server: Server, name: str, files: list[bytes], options: dict[str, Any], status: int, named: str
) -> None:
    reply = export(server, name, *files, **options)
    assert reply.status_code == status
    assert named in reply.json()["error"]


def test_text_is_no_file(server: Server) -> None:
    reply = requests.post(f"{server.url}/export/json", json={"images": []}, timeout=10)
    assert reply.status_code == 415


def test_images_longer_than_a_file_can_be(server: Server) -> None:
    """JPEG and PNG have limits of their own; a TIFF file of a million columns is small."""
    file = io.BytesIO()
    strip = Image.new("1", (1_100_000, 1), 1)
    strip.save(file, "TIFF", compression="group4", save_all=True, append_images=[strip])
    for name in ("pdf", "image"):
        assert export(server, name, file.getvalue()).status_code == 200
    form = {"file": file.getvalue()}
    pages = requests.post(f"{server.url}/pages", files=form, timeout=60).json()["pages"]
    assert len(pages) == 2
    assert all("a side of 1100000 pixels" in page["error"] for page in pages)
