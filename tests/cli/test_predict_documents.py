"""``hubocr predict`` over documents: what is written, what is passed over, what fails."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import cv2
import pikepdf
import pytest

from hubocr.imaging import read_image
from tests.cli.running import FIXTURES, hubocr
from tests.documents.pdfs import PdfPage, make_pdf, text_at

GREY = FIXTURES / "odd" / "grey.png"
BROKEN = FIXTURES / "odd" / "text.png"


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    (folder / "sub").mkdir(parents=True)
    shutil.copy(GREY, folder / "a.png")
    shutil.copy(GREY, folder / "sub" / "a.png")
    shutil.copy(BROKEN, folder / "broken.png")
    pages = [PdfPage(text_at(72, 700, f"Page number {n}", 24)) for n in (1, 2, 3)]
    (folder / "letter.pdf").write_bytes(make_pdf(*pages))
    frame = read_image(GREY)
    assert cv2.imwritemulti(str(folder / "fax.tiff"), [frame, frame])
    return folder


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_is_saved_and_failures_are_named(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--recursive", "--save-path", out, "--format", "json,txt,image,paddlex")
    done = hubocr("predict", scans, *options)
    assert done.returncode == 1
    assert done.stdout == ""
    assert str(scans / "broken.png") in done.stderr
    assert "4 files read, 1 failures" in done.stderr
    names = ("a", "sub/a", "letter", "fax")
    expected = {f"{name}{end}" for name in names for end in (".json", ".txt", ".paddlex.json")}
    expected |= {"a.png", "sub/a.png", "fax-1.png", "fax-2.png"}
    expected |= {f"letter-{n}.png" for n in (1, 2, 3)}
    assert files(out) == expected
    letter = json.loads((out / "letter.json").read_text(encoding="utf-8"))
    assert [page["lines"][0]["text"] for page in letter["pages"]] == [
        f"Page number {n}" for n in (1, 2, 3)
    ]
    assert (out / "letter.txt").read_text().count("\f") == 2


def test_parts_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    names = (".123-0.part", ".124-0.part", "mine.part")
    for name in names:
        (out / name).write_bytes(b"{")
    an_hour_ago = time.time() - 3600
    for name in (names[0], names[2]):
        os.utime(out / name, (an_hour_ago, an_hour_ago))
    done = hubocr("predict", GREY, "--save-path", out)
    assert done.returncode == 0
    assert files(out) == {"grey.json", *names[1:]}  # one may be in work, one is somebody's


def test_a_stopped_run_goes_on(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("predict", scans, "--save-path", out, "--format", "json,image", "--skip-existing")
    assert hubocr(*options).returncode == 1
    kept = {name: (out / name).stat().st_mtime_ns for name in files(out)}
    (out / "fax-1.png").unlink()  # is given its name last, so that the rest says nothing
    (out / "letter.json").unlink()
    done = hubocr(*options)
    assert "2 files read, 1 failures, 1 skipped" in done.stderr
    again = {name: (out / name).stat().st_mtime_ns for name in files(out)}
    assert again.keys() == kept.keys()
    assert {name for name in kept if again[name] == kept[name]} == {"a.json", "a.png"}


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    shutil.copy(GREY, picture)
    done = hubocr("predict", picture, "--save-path", tmp_path, "--format", "image,json")
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes() == GREY.read_bytes()
    assert files(tmp_path) == {"a.png", "a.image.png", "a.json"}


def test_json_lines_are_for_each_page_and_each_error(scans: Path) -> None:
    done = hubocr("predict", "--json", "--page-range", "2-", scans / "letter.pdf", BROKEN)
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [(row["input_path"], row["page_index"]) for row in rows] == [
        (str(scans / "letter.pdf"), 1),
        (str(scans / "letter.pdf"), 2),
        (str(BROKEN), None),
    ]
    assert rows[0]["lines"][0]["text"] == "Page number 2"
    assert "error" in rows[2]
    assert done.returncode == 1


def test_names_and_bytes_come_on_standard_input(scans: Path, tmp_path: Path) -> None:
    names = f"{scans / 'a.png'}\n\n{BROKEN}\n".encode()
    rows = hubocr("predict", "--stdin", "--json", stdin=names).stdout.splitlines()
    assert [json.loads(row)["input_path"] for row in rows] == [str(scans / "a.png"), str(BROKEN)]
    saved = hubocr("predict", "--stdin", "--save-path", tmp_path / "out", stdin=names)
    assert saved.returncode == 1
    assert files(tmp_path / "out") == {"a.json"}
    assert hubocr("predict", "-", stdin=GREY.read_bytes()).stdout.strip().endswith("20480")
    both = hubocr("predict", "-", "--stdin")
    assert both.returncode == 1
    assert "standard input is either" in both.stderr


def test_a_locked_pdf_needs_its_password(tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    page = PdfPage(text_at(72, 700, "Secret", 24))
    locked.write_bytes(make_pdf(page, encryption=pikepdf.Encryption(owner="o", user="open")))
    assert "password" in hubocr("predict", locked).stderr
    (tmp_path / "password").write_text("open\n")
    done = hubocr("predict", locked, "--password-file", tmp_path / "password")
    assert done.stdout.splitlines()[1:] == ["Secret"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name an input"),
        ((GREY, "--format", "json"), "--save-path"),
        ((GREY, "--save-path", "out", "--format", "docy"), "there is no format 'docy'"),
        ((GREY, "--device", "cpu:0"), "device must be"),
        ((GREY, "--page-range", "x"), "page"),
        ((GREY, "--config", "/nonexistent.yaml"), "can't read /nonexistent.yaml"),
        (("http://127.0.0.1:9/a.png",), "URLs are not allowed"),
    ],
)
def test_mistakes_are_named(arguments: tuple[object, ...], message: str, tmp_path: Path) -> None:
    done = hubocr("predict", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert files(tmp_path) == set()


def test_a_file_of_paddlex_or_of_ours_configures(tmp_path: Path) -> None:
    ours = tmp_path / "ours.yaml"
    ours.write_text("drop_score: 1.0\npage_range: '2'\n", encoding="utf-8")
    assert hubocr("predict", GREY, "--settings", ours).stdout == ""
    assert hubocr("predict", GREY, "--settings", ours, "--drop-score", "0.5").stdout
    theirs = tmp_path / "OCR.yaml"
    theirs.write_text(
        "pipeline_name: OCR\nSubModules:\n  TextRecognition:\n    score_thresh: 1.0\n",
        encoding="utf-8",
    )
    assert hubocr("predict", GREY, "--config", theirs).stdout == ""


def test_what_can_not_be_done_is_said_before_anything_is_read(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    for options, message in (
        (("--save-path", taken), f"can't write results to '{taken}'"),
        (("--output", taken / "below"), "can't write results to"),
        (("--jobs", -3), "--jobs must be an integer from 0 to 1000, not -3"),
        (("--page-range", "3-1"), "--page-range has a range that runs backwards: '3-1'"),
    ):
        done = hubocr("predict", "--json", GREY, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("hubocr: ")
        assert message in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_names_that_are_not_utf8_are_read_printed_and_saved(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    try:
        shutil.copy(GREY, tmp_path / name)
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    formats = "json,jsonl,txt,csv,md,hocr,alto,page,paddlex,hubserving"
    done = hubocr("predict", ".", "--save-path", "out", "--format", formats, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "out").iterdir())) == len(formats.split(","))
    (page,) = (tmp_path / "out").glob("*.jsonl")
    assert json.loads(page.read_text(encoding="utf-8"))["document"] == "caf\udce9"
    done = hubocr("predict", name, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["input_path"] == name
    done = hubocr("--pipeline", "OCR", "--input", name, "--save_path", "px", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (saved,) = (tmp_path / "px").glob("*.json")
    assert json.loads(saved.read_text(encoding="utf-8"))["input_path"] == name
    done = hubocr("label", ".", "--quiet", cwd=tmp_path)
    assert done.returncode == 1
    assert "its name can't be written as UTF-8" in done.stderr


def test_a_warning_names_its_file(tmp_path: Path) -> None:
    data = (FIXTURES / "odd" / "truncated_data.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data)
    done = hubocr("predict", tmp_path)
    assert f"{tmp_path / 'cut.jpg'}: " in done.stderr


def test_names_command_no_terminal(tmp_path: Path) -> None:
    for name in ("a\x1b[31m.png", "b\n== c.png"):
        try:
            shutil.copy(GREY, tmp_path / name)
        except OSError:
            pytest.skip("this file system has no such names")
    shutil.copy(BROKEN, tmp_path / "d\x1b]0;title\x07.png")
    done = hubocr("predict", tmp_path)
    headings = [line for line in done.stdout.splitlines() if line.startswith("== ")]
    assert headings == [f"== {tmp_path}/a\\x1b[31m.png", f"== {tmp_path}/b\\n== c.png"]
    assert "\x1b" not in done.stdout + done.stderr
    assert "d\\x1b]0;title\\x07.png" in done.stderr
    done = hubocr("predict", "x\x1bc.png")
    assert done.stderr == "hubocr: can't read x\\x1bc.png: there is no such file\n"
