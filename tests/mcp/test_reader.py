"""What an assistant may read, and how it comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.documents import DocumentOptions
from hubocr.errors import DocumentError, HubocrError, RequestError, SettingsError
from hubocr.mcp import Reader, ReaderSettings
from hubocr.mcp.reader import data_uri
from tests.server.conftest import FIXTURES

PAGE = FIXTURES / "pages" / "receipt.png"
BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))["pages/receipt.png"]
TEXTS = {"".join(item["text"].split()) for item in BOXES}


@pytest.fixture(scope="module")
def reader() -> Reader:
    documents = DocumentOptions(max_pages=3)
    return Reader(ReaderSettings((FIXTURES,), documents=documents, threads=1))


def test_a_page_in_every_format(reader: Reader) -> None:
    for format in ("text", "markdown", "layout"):
        written = "".join(reader.read(str(PAGE), format=format).split())
        found = sum(text in written for text in TEXTS)
        assert found >= 0.8 * len(TEXTS), format
    pages = json.loads(reader.read(str(PAGE), format="json"))
    assert pages


def test_bytes_in_a_data_uri_read_the_same(reader: Reader) -> None:
    inline = reader.read(data_uri(PAGE.read_bytes(), "image/png"))
    assert inline == reader.read(str(PAGE))


def test_only_files_under_the_roots_may_be_named(reader: Reader, tmp_path: Path) -> None:
    outside = tmp_path / "page.png"
    outside.write_bytes(PAGE.read_bytes())
    (tmp_path / "root").mkdir()
    link = tmp_path / "root" / "link.png"
    link.symlink_to(outside)
    with pytest.raises(RequestError, match="--root") as refused:
        reader.read(str(outside))
    with pytest.raises(RequestError, match="--root") as missing:
        reader.read(str(tmp_path / "missing.png"))
    assert refused.value.message.replace("page", "missing") == missing.value.message
    for name in (FIXTURES / ".." / ".." / "README.md", "/etc/passwd", "file:///etc/passwd", "\0"):
        with pytest.raises(RequestError, match="--root"):
            reader.read(str(name))
    linked = Reader(ReaderSettings((tmp_path / "root",), threads=1))
    with pytest.raises(RequestError, match="--root"):
        linked.read(str(link))
    free = Reader(ReaderSettings(any_file=True, threads=1))
    with pytest.raises(DocumentError, match="no file"):
        free.read(str(tmp_path / "missing.png"))
    with pytest.raises(DocumentError, match="not a file"):
        free.read(str(tmp_path))


def test_a_relative_name_is_one_in_a_root(tmp_path: Path) -> None:
    """Assistants name files as people do, and know nothing of the server's working folder."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "page.png").write_bytes(PAGE.read_bytes())
    (tmp_path / "secret.png").write_bytes(PAGE.read_bytes())
    rooted = Reader(ReaderSettings((tmp_path / "other", root), threads=1))
    assert rooted.read("in/page.png") == rooted.read(str(root / "in" / "page.png"))
    for name in ("../secret.png", "in/../../secret.png", "page.png", "\0", "a" * 5000):
        with pytest.raises(RequestError, match="--root"):
            rooted.read(name)


def test_urls_are_refused_unless_they_are_allowed(reader: Reader) -> None:
    with pytest.raises(HubocrError, match="not allowed"):
        reader.read("http://127.0.0.1:1/page.png")


def test_wrong_arguments_are_named(reader: Reader) -> None:
    with pytest.raises(SettingsError, match="scene"):
        reader.read(str(PAGE), scene="other")
    with pytest.raises(SettingsError, match="format"):
        reader.read(str(PAGE), format="docx")
    with pytest.raises(RequestError, match="page"):
        reader.read(str(PAGE), pages="x")
    with pytest.raises(RequestError, match="base64"):
        reader.read("data:image/png;base64,!!")


def test_pages_are_chosen_and_counted(reader: Reader, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(PAGE) as page:
        pages = [page.convert("RGB")] * 3
        path = tmp_path / "pages.tiff"
        pages[0].save(path, save_all=True, append_images=pages[1:])
    told: list[tuple[int, int | None]] = []
    free = Reader(ReaderSettings((tmp_path,), threads=1))
    text = free.read(str(path), pages="2-3", on_page=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == [1, 2]
    first = free.read(str(path), pages="1")
    assert text.count(first.strip().splitlines()[0]) == 2
