from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hubocr.documents import Page, PageError, open_documents
from hubocr.documents.sources import natural_key
from hubocr.errors import DocumentError, DocumentTooLargeError, HubocrError, UrlRefusedError
from tests.documents.pdfs import PdfPage, make_pdf
from tests.documents.reading import error, page, pages, read


def png(value: int, size: tuple[int, int] = (4, 6)) -> bytes:
    """Return a PNG file of one grey value."""
    return cv2.imencode(".png", np.full((*size, 3), value, np.uint8))[1].tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in [("p10.png", 10), ("p2.PNG", 2), ("p1.png", 1), ("deep/p3.png", 3)]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(value))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_bytes(png(99))
    return tmp_path


def values(found: list[Page]) -> list[int]:
    return [int(item.image[0, 0, 0]) for item in found]


def test_a_folder_is_read_in_natural_order(folder: Path) -> None:
    found = pages(folder)
    assert values(found) == [1, 2, 10]
    assert found[0].source == str(folder / "p1.png")
    assert (found[0].page_index, found[0].page_count) == (None, 1)


def test_the_folders_of_a_folder_are_read_where_asked_for(folder: Path) -> None:
    assert values(pages(str(folder), recursive=True)) == [3, 1, 2, 10]


def test_a_folder_that_links_to_itself_ends(folder: Path) -> None:
    (folder / "deep" / "again").symlink_to(folder)
    assert len(pages(folder, recursive=True)) == 4


def test_one_bad_entry_of_a_folder_costs_nothing_else(folder: Path) -> None:
    """Links that lead to each other, nowhere, or to what is no file."""
    (folder / "a.png").symlink_to(folder / "b.png")
    (folder / "b.png").symlink_to(folder / "a.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "zero.png").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.png")
    found = read(folder, recursive=True)
    assert values([item for item in found if isinstance(item, Page)]) == [3, 1, 2, 10]
    named = [Path(item.source).name for item in found if isinstance(item, PageError)]
    assert named == ["a.png", "b.png", "gone.png", "pipe.png", "zero.png"]


def test_a_pattern_is_read_in_natural_order(folder: Path) -> None:
    assert values(pages(f"{folder}/p*.png")) == [1, 10]
    assert values(pages(f"{folder}/**/p*.png")) == [3, 1, 10]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "scan[1].png").write_bytes(png(7))
    assert values(pages(f"{tmp_path}/scan[1].png")) == [7]


def test_each_kind_of_source_is_read() -> None:
    data = png(7)
    grey = np.full((4, 6), 7, np.uint8)
    opaque = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    sources: list[Any] = [
        data,
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        grey,
        np.dstack([grey] * 3),
        opaque,
        Image.fromarray(grey),
        Image.fromarray(np.dstack([grey] * 3)),
        Image.fromarray(grey).convert("P"),
        (data, [data, iter([grey])]),
    ]
    found = pages(sources)
    assert len(found) == 13
    assert all(item.image.shape == (4, 6, 3) for item in found)
    assert all((item.image == 7).all() for item in found)
    assert [item.source for item in found[-3:]] == [
        "input[10][0]",
        "input[10][1][0]",
        "input[10][1][1][0]",
    ]


def test_an_array_is_bgr_and_a_pillow_image_rgb() -> None:
    blue = np.zeros((2, 2, 3), np.uint8)
    blue[:, :, 0] = 255
    assert (page(blue).image == blue).all()
    assert (page(Image.new("RGB", (2, 2), "blue")).image == blue).all()
    assert (page(Image.new("RGBA", (2, 2), (0, 0, 255, 255))).image == blue).all()


def test_the_orientation_of_a_pillow_image_is_honoured() -> None:
    target = io.BytesIO()
    picture = Image.new("RGB", (4, 2), "white")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(target, "jpeg", exif=exif)
    opened = Image.open(io.BytesIO(target.getvalue()))
    assert page(opened).image.shape == page(target.getvalue()).image.shape == (4, 2, 3)


def test_what_a_file_is_follows_from_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(make_pdf(PdfPage()))
    assert page(path).size == (612, 792)


def test_an_image_with_a_pdf_header_in_a_comment_is_an_image() -> None:
    target = io.BytesIO()
    Image.new("RGB", (4, 4)).save(target, "jpeg", comment=b"%PDF-1.7")
    assert page(target.getvalue()).image.shape == (4, 4, 3)


def test_a_pdf_may_begin_with_something_else() -> None:
    assert page(b"\xef\xbb\xbf\r\n" + make_pdf(PdfPage())).size == (612, 792)


def test_the_name_of_a_file_object_is_its_source(folder: Path) -> None:
    with (folder / "p1.png").open("rb") as file:
        assert page(file).source == str(folder / "p1.png")


def test_what_cannot_be_read_stands_in_its_place(folder: Path) -> None:
    cut = png(5, (50, 50))[:-20]
    found = read([folder / "p1.png", cut, folder / "absent.png", b"", None, folder / "p2.PNG"])
    kinds = [type(item).__name__ for item in found]
    assert kinds == ["Page", "PageError", "PageError", "PageError", "PageError", "Page"]
    told = [item.error.message for item in found if isinstance(item, PageError)]
    assert told[0].startswith("input[1]: ")
    assert "absent.png: there is no such file" in told[1]
    assert told[2].startswith("input[3]: ")
    assert "input[4]: a path, URL, bytes" in told[3]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "empty"),
        ("no\0name.png", "can't read"),
        ("x" * 5000 + ".png", "can't read"),
        ("nothing-*-here.png", "no file matches"),
        (7, "not int"),
        ({"path": "x"}, "not dict"),
        (io.StringIO("text"), "not open in binary mode"),
        (np.zeros((2, 2, 2, 3), np.uint8), "(2, 2, 2, 3)"),
        (np.zeros((0, 4, 3), np.uint8), "empty"),
    ],
)
def test_a_source_that_is_none_is_an_error_that_says_so(source: Any, told: str) -> None:
    found = error(source)
    assert isinstance(found, HubocrError)
    assert found.http_status == 422
    assert told in found.message


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    assert "holds no image and no PDF" in error(tmp_path).message


def test_nothing_is_an_empty_run() -> None:
    assert read([]) == []


def test_a_list_that_holds_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "deep" in error(endless).message


def test_a_device_or_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", Path("/dev/zero")):
        assert "not a regular file" in error(path).message


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png(1) + b"\0" * 1000)
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        found = error(source, max_bytes=500)
        assert isinstance(found, DocumentTooLargeError)
        assert found.http_status == 413
        assert "more than 500 bytes" in found.message


def test_urls_are_refused_unless_allowed() -> None:
    found = error("http://user:pw@example.com/a.png?key=1")
    assert isinstance(found, UrlRefusedError)
    assert "allow_urls" in found.message
    assert "pw" not in found.message and "key" not in found.message


def test_an_iterable_is_read_lazily() -> None:
    given = []

    def endless() -> Iterator[bytes]:
        while True:
            given.append(1)
            yield png(1)

    run = open_documents(endless())
    for _ in range(5):
        assert isinstance(next(run), Page)
    run.close()
    assert len(given) <= 5 + 3


def test_an_error_of_the_callers_iterable_is_the_callers() -> None:
    def failing() -> Iterator[bytes]:
        yield png(1)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        read(failing())


def test_natural_order() -> None:
    names = ["b", "a10", "a9", "A1", "a", "a9b", "²", "a٣"]
    assert sorted(names, key=natural_key)[:5] == ["a", "A1", "a9", "a9b", "a10"]


def test_errors_are_of_the_documents_family(tmp_path: Path) -> None:
    assert isinstance(error(tmp_path / "absent"), DocumentError)


def test_what_is_no_path_does_not_fill_the_message() -> None:
    """Base64 in place of a path is a common mistake."""
    for text in ("iVBORw0KGgo" * 100_000, "iVBO/Rw0KGgo" * 100_000, "iVBO*Rw0KGgo" * 1000):
        assert len(str(error(text))) < 400
