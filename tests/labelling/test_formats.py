"""Labels to and from the programs in which people correct them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hubocr.cli import main
from hubocr.errors import DatasetError
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.pages import load_pages
from hubocr.labelling import FORMATS, labelstudio, ppocrlabel
from hubocr.labelling.lines import write_lines
from hubocr.labelling.pages import LabelledLine, LabelledPage, least_sure_first
from tests.training import draw_text

SQUARE = ((10.0, 20.0), (110.0, 22.0), (109.0, 52.0), (9.0, 50.0))
PAGES = [
    LabelledPage(
        "street/第 1 页.png",
        200,
        100,
        (
            LabelledLine(SQUARE, 'say "你好"\\', 0.75),
            LabelledLine(((0, 60), (50, 60), (50, 99), (25, 90), (0, 99)), "", 0.5, ignored=True),
        ),
    ),
    LabelledPage("empty.png", 64, 32, ()),
]


def shapes(page: LabelledPage) -> list[Any]:
    return [(np.round(line.points, 6).tolist(), line.text, line.ignored) for line in page.lines]


@pytest.mark.parametrize(
    ("name", "file"), [("ppocrlabel", "Cache.cach"), ("label-studio", "t.json")]
)
def test_what_is_written_is_read_again(tmp_path: Path, name: str, file: str) -> None:
    path = tmp_path / file
    FORMATS[name].write(PAGES, path)
    pages, problems = FORMATS[name].read(path)
    assert problems == []
    assert [page.file for page in pages] == [page.file for page in PAGES]
    for found, page in zip(pages, PAGES, strict=True):
        assert shapes(found) == shapes(page)
    FORMATS[name].write(pages if name == "ppocrlabel" else PAGES, tmp_path / "again" / file)
    assert [p.lines for p in FORMATS[name].read(tmp_path / "again" / file)[0]] == [
        p.lines for p in pages
    ]


def test_ppocrlabel_finds_its_images_by_the_folder(tmp_path: Path) -> None:
    """The program joins the parent of the opened folder and the path in the file."""
    folder = tmp_path / "photos"
    ppocrlabel.write(PAGES, folder / "Label.txt")
    for row, page in zip(
        (folder / "Label.txt").read_text("utf-8").splitlines(), PAGES, strict=True
    ):
        name, label = row.split("\t")
        assert name == f"photos/{page.file}"
        for item, line in zip(json.loads(label), page.lines, strict=True):
            assert item["difficult"] is line.ignored
            assert all(isinstance(value, int) for point in item["points"] for value in point)


def studio_export() -> list[dict[str, Any]]:
    """An export as Label Studio's documentation shows it: a rectangle turned about its corner."""
    common = {"id": "Dx_aB91ISN", "to_name": "image", "original_width": 400, "original_height": 300}
    shape = {"x": 25, "y": 10, "width": 50, "height": 10, "rotation": 90}
    annotation = {
        "id": 7,
        "was_cancelled": False,
        "result": [
            {**common, "from_name": "bbox", "type": "rectangle", "value": shape},
            {
                **common,
                "from_name": "label",
                "type": "labels",
                "value": {**shape, "labels": ["Handwriting"]},
            },
            {
                **common,
                "from_name": "transcription",
                "type": "textarea",
                "value": {**shape, "text": ["oh no"]},
            },
        ],
    }
    cancelled = {"id": 8, "was_cancelled": True, "result": []}
    return [
        {
            "id": 1,
            "data": {"ocr": "/data/local-files/?d=docs%2Fa%20b.png"},
            "annotations": [annotation, cancelled],
            "predictions": [{"result": []}],
        },
        {"id": 2, "data": {"ocr": "/data/upload/3/0a1b2c3d-c.png"}, "annotations": []},
    ]


def test_an_export_of_label_studio_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(studio_export()), encoding="utf-8")
    (page,), problems = labelstudio.read(path)
    assert page.file == "docs/a b.png"
    (line,) = page.lines
    assert line.text == "oh no"
    # 200 x 30 pixels at (100, 30), turned clockwise by a quarter about that corner.
    expected = [(100, 30), (100, 230), (70, 230), (70, 30)]
    for found, corner in zip(line.points, expected, strict=True):
        assert math.dist(found, corner) < 1e-9
    assert "task 1: it has no annotation" in str(problems[0])


def test_an_uploaded_file_has_its_own_name(tmp_path: Path) -> None:
    tasks = studio_export()
    tasks[1]["annotations"] = tasks[0]["annotations"]
    (tmp_path / "e.json").write_text(json.dumps(tasks), encoding="utf-8")
    assert labelstudio.read(tmp_path / "e.json")[0][1].file == "c.png"


@pytest.mark.parametrize(
    "content", ["", "{}", "[" * 100_000, '[1, {"data": 3}, {"data": {"ocr": 1}, "annotations": 5}]']
)
def test_a_damaged_export_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    try:
        pages, problems = labelstudio.read(path)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert not pages and problems


@pytest.mark.parametrize(
    "value",
    [{"points": 3}, {"points": [[1, 2], [3]]}, {"points": [["a", 1]] * 3}, 5, {"text": 5}],
)
def test_a_damaged_region_is_named(tmp_path: Path, value: Any) -> None:
    tasks = studio_export()[:1]
    tasks[0]["annotations"][0]["result"] = [{"id": "r", "type": "polygon", "value": value}]
    (tmp_path / "e.json").write_text(json.dumps(tasks), encoding="utf-8")
    pages, problems = labelstudio.read(tmp_path / "e.json")
    assert not pages and len(problems) == 1


ODD: list[Any] = [
    *(None, True, 0, 1.5, math.nan, math.inf, 1e308, 10**400, "", "x", "\ud800", "\0", [], {}),
    *("a\tb", "a\nb", "x" * 3000, "http://[", "../../a.png", [1], [[]], ["x"], [None], {"a": 1}),
    *([[1, 2, 3]] * 3, [[1e308, 1e308]] * 4, [[0, 0], [1e8, 0], [1e8, 1e8], [0, 1e8]]),
]


def places(value: Any) -> list[tuple[Any, ...]]:
    """Return the path of every value within a JSON value."""
    if not isinstance(value, dict | list):
        return [()]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [(), *((key, *rest) for key, part in inner for rest in places(part))]


def changed(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    """Return a JSON value with another in one of its places."""
    if not place:
        return odd
    copy = value.copy()
    copy[place[0]] = changed(copy[place[0]], place[1:], odd)
    return copy


@pytest.mark.parametrize("name", FORMATS)
def test_whatever_stands_in_a_place_of_a_file_is_read_or_named(tmp_path: Path, name: str) -> None:
    """Other programs, and older versions of these, write other shapes."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_text("abc", 7))
    if name == "ppocrlabel":
        points = [[1, 1], [9, 1], [9, 9], [1, 9]]
        content: Any = [{"transcription": "abc", "points": points, "difficult": False}]
    else:
        content = studio_export()[:1]
    path = tmp_path / ("Label.txt" if name == "ppocrlabel" else "tasks.json")
    for place in places(content):
        for odd in ODD:
            text = json.dumps(changed(content, place, odd))
            path.write_text(f"a.png\t{text}\n" if name == "ppocrlabel" else text)
            try:
                pages, problems = FORMATS[name].read(path)
            except DatasetError as error:
                assert str(path) in str(error)
                continue
            assert pages or problems or odd == [], (place, odd)
            ppocrlabel.write(pages, tmp_path / "det.tsv")
            rows = (tmp_path / "det.tsv").read_bytes().decode().splitlines()
            assert all(row.count("\t") == 1 for row in rows)
            write_lines(pages, tmp_path, tmp_path / "lines")


def test_an_export_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps(studio_export()), encoding="utf-8-sig")
    assert len(labelstudio.read(tmp_path / "e.json")[0]) == 1


def test_a_file_without_a_label_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("no labels\n" * 100)
    out = tmp_path / "det.tsv"
    assert main(["label", "--from", str(tmp_path / "notes.txt"), "--out", str(out)]) == 1
    assert "there is no labelled image; the first problem: " in capsys.readouterr().err
    assert not out.exists()


def test_the_least_sure_page_comes_first() -> None:
    sure = LabelledPage("a", 9, 9, (LabelledLine(SQUARE, "x", 0.9),))
    mixed = LabelledPage(
        "b", 9, 9, (LabelledLine(SQUARE, "x", 1.0), LabelledLine(SQUARE, "y", 0.4))
    )
    nothing = LabelledPage("c", 9, 9, ())
    assert [page.file for page in least_sure_first([sure, mixed, nothing])] == ["c", "b", "a"]


def test_lines_are_cut_out_for_training(tmp_path: Path) -> None:
    image = np.full((100, 200, 3), 235, np.uint8)
    number = draw_text("4711")
    image[30:62, 40 : 40 + number.shape[1]] = number
    cv2.imwrite(str(tmp_path / "page.png"), image)
    right = 40.0 + number.shape[1]
    box = ((40.0, 30.0), (right, 30.0), (right, 62.0), (40.0, 62.0))
    far = tuple((x + 1e8, y) for x, y in box)
    lines = (
        LabelledLine(box, "47 11"),
        LabelledLine(far, "0"),
        LabelledLine(box, "", ignored=True),
    )
    pages = [LabelledPage("page.png", 200, 100, lines), LabelledPage("gone.png", 1, 1, lines)]
    labels, problems = write_lines(pages, tmp_path, tmp_path / "lines")
    (sample,) = load_source(labels).samples
    assert sample.text == "47 11"
    assert np.array_equal(sample.image(), number)
    assert len(problems) == 2


def test_from_proposals_to_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole way: propose, correct as a person would, read, train on."""
    page = np.full((120, 320, 3), 255, np.uint8)
    page[40:72, 60:164] = draw_text("2468")
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), page)
    cv2.imwrite(str(folder / "blank.png"), np.full_like(page, 255))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n")
    assert main(["label", str(folder), "--format", "label-studio", "--quiet"]) == 0
    assert "broken.png" in capsys.readouterr().err
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    assert [task["data"]["ocr"].rpartition("=")[2] for task in tasks] == ["blank.png", "a.png"]
    for task in tasks:
        result = task.pop("predictions")[0]["result"]
        for item in result:
            if item["type"] == "textarea":
                item["value"]["text"] = ["corrected"]
        task["annotations"] = [{"result": result}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    command = ["label", str(folder), "--format", "label-studio", "--from"]
    command += [str(tmp_path / "export.json"), "--out", str(folder / "det.tsv")]
    assert main([*command, "--lines", str(tmp_path / "lines")]) == 0
    source = load_pages(folder / "det.tsv")
    assert {p.name: [r.text for r in p.regions] for p in source.samples} == {
        "a.png": ["corrected"],
        "blank.png": [],
    }
    assert [s.text for s in load_source(tmp_path / "lines" / "labels.tsv").samples] == ["corrected"]


def test_what_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", str(tmp_path / "none")]) == 1
    assert main(["label", str(tmp_path), "--quiet"]) == 1
    assert main(["label", "--from", str(tmp_path / "Label.txt")]) == 1
    errors = capsys.readouterr().err
    for part in ("there is no folder of images", "no image in", "--out, --lines or both"):
        assert part in errors
