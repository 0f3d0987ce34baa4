"""What can be done with what was read."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Dialog, expect

from hubocr.evaluation.lines import load_source
from hubocr.evaluation.pages import load_pages
from tests.conftest import fixture_labels
from tests.server.running import Server
from tests.ui.conftest import FIXTURES, Ui, asked, texts_of

POSTER = FIXTURES / "pages" / "poster.png"
RECEIPT = FIXTURES / "pages" / "receipt.png"


def test_a_correction_is_kept_and_exported_for_training(ui: Ui, tmp_path: Path) -> None:
    ui.bring(POSTER)
    ui.read()
    before = ui.texts()
    ui.page.get_by_role("button", name="Correct line 2", exact=True).click()
    ui.id("editor").fill("校正后的文字 <b>42</b>")
    ui.id("editor").press("Enter")
    after = [*before[:1], "校正后的文字 <b>42</b>", *before[2:]]
    shown = ui.rows.locator(".read").all_inner_texts()
    assert [text.removesuffix("corrected") for text in shown] == after

    ui.id("format").select_option("labels")
    with zipfile.ZipFile(ui.download("download")) as archive:
        archive.extractall(tmp_path)
    lines = load_source(tmp_path / "rec.tsv")
    assert [sample.text for sample in lines.samples] == after
    assert lines.problems == ()
    (page,) = load_pages(tmp_path / "det.tsv").samples
    assert [region.text for region in page.regions] == after
    # Every line was cut out level: read by itself it says what it said on the page.
    names = sorted((tmp_path / "lines").iterdir())
    (alone,) = asked(ui.server, "ocr_rec", [name.read_bytes() for name in names])
    same = [item["text"] == text for item, text in zip(alone, before, strict=True)]
    assert sum(same) >= len(before) - 1

    ui.page.reload()  # and the browser remembers it
    ui.page.get_by_role("button", name="History", exact=True).click()
    ui.page.locator("dialog .entry-name").click()
    assert [text.removesuffix("corrected") for text in ui.texts()] == after
    ui.page.get_by_role("button", name="History", exact=True).click()
    ui.page.get_by_role("button", name="Forget all").click()
    expect(ui.page.get_by_text("There is nothing in it.")).to_be_visible()


def test_exports_say_what_the_table_says(ui: Ui) -> None:
    ui.bring(RECEIPT)
    ui.read()
    texts = ui.texts()
    assert ui.download("download").read_text(encoding="utf-8").splitlines() == texts
    ui.id("format").select_option("json")
    answer = json.loads(ui.download("download").read_text(encoding="utf-8"))
    plain = [{k: v for k, v in item.items() if k != "char_scores"} for item in answer["results"]]
    options = {k: v for k, v in answer["options"].items() if k != "rec_char_scores"}
    assert plain == asked(ui.server, "ocr_system", [RECEIPT.read_bytes()], **options)[0]
    ui.id("format").select_option("hocr")  # the server's own
    reply = requests.post(
        f"{ui.server.url}/export/hocr",
        files=[("files", RECEIPT.read_bytes())],
        data={"options": json.dumps(options)},
        timeout=60,
    )
    written = ui.download("download").read_text(encoding="utf-8")
    words = [re.findall(r">([^<>]+)<", text) for text in (written, reply.text)]
    assert words[0][1:] == words[1][1:]
    assert "2024" in "".join(words[0])
    ui.id("copy-text").click()
    expect(ui.page.get_by_text("Copied").first).to_be_visible()
    assert ui.clipboard().splitlines() == texts


@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_copied_command_does_the_same(ui: Ui, language: str, tmp_path: Path) -> None:
    ui.bring(RECEIPT)
    ui.read()
    ui.id(f"copy-{language}").click()
    expect(ui.page.locator(".export").get_by_text("Copied")).to_be_visible()
    (tmp_path / RECEIPT.name).write_bytes(RECEIPT.read_bytes())
    command = (
        ["sh", "-c", ui.clipboard()]
        if language == "curl"
        else [sys.executable, "-c", ui.clipboard()]
    )
    result = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore"},
    )
    assert result.returncode == 0, result.stderr
    if language == "curl":
        texts = [item["text"] for item in json.loads(result.stdout)["results"][0]]
    else:
        texts = [line.rpartition(" ")[0] for line in result.stdout.splitlines()]
    assert texts == ui.texts()


def test_other_readings_are_asked_for_and_taken(ui: Ui) -> None:
    ui.bring(FIXTURES / "captchas" / "d.png")
    ui.id("module").select_option("ocr_rec")
    ui.read()
    ui.page.get_by_role("button", name="Other readings of line 1").click()
    listed = ui.page.locator(".alternatives button")
    expect(listed.first).to_be_visible()
    ((item,),) = asked(
        ui.server, "ocr_rec", [(FIXTURES / "captchas" / "d.png").read_bytes()], rec_alternatives=5
    )
    assert listed.all_inner_texts() == [other["text"] for other in item["alternatives"]]
    listed.nth(1).click()
    expect(ui.rows.locator(".read")).to_contain_text(item["alternatives"][1]["text"])


def test_doubtful_characters_are_marked(ui: Ui) -> None:
    path = FIXTURES / "lines" / "en_blurred.png"
    ui.bring(path)
    ui.id("module").select_option("ocr_rec")
    ui.read()
    ((item,),) = asked(ui.server, "ocr_rec", [path.read_bytes()], rec_char_scores=True)
    doubtful = [
        char for char, score in zip(item["text"], item["char_scores"], strict=True) if score < 0.8
    ]
    assert ui.rows.locator("mark").all_inner_texts() == doubtful


def test_a_text_of_html_stays_a_text(ui: Ui) -> None:
    canvas = Image.new("RGB", (1000, 220), "white")
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(56)
    draw.text((30, 30), "<script>alert(1)</script>", fill="black", font=font)
    draw.text((30, 130), "<img src=x onerror=alert(2)>", fill="black", font=font)
    file = io.BytesIO()
    canvas.save(file, "PNG")
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    ui.page.on("dialog", note)
    name = "<img src=x onerror=alert(3)>.png"
    ui.bring({"name": name, "mimeType": "image/png", "buffer": file.getvalue()})
    ui.read()
    texts = texts_of(ui.server, file.getvalue())
    assert any("script" in text and "<" in text for text in texts)
    assert ui.texts() == texts
    expect(ui.entries.locator(".name")).to_have_text(name)
    assert ui.page.locator("script").count() == 1
    assert ui.page.locator("img[src=x]").count() == 0
    assert dialogs == []


def test_fifty_files_of_which_two_are_broken(ui: Ui) -> None:
    labels = fixture_labels("lines")
    names = [name for name in labels if "turned" not in name]
    files = []
    for number in range(50):
        data = (FIXTURES / names[number % len(names)]).read_bytes()
        broken = number in (7, 31)
        files.append(
            {
                "name": f"{number:02}.png",
                "mimeType": "image/png",
                "buffer": b"no image" if broken else data,
            }
        )
    ui.bring(*files)
    ui.id("module").select_option("ocr_rec")
    ui.read()
    expect(ui.id("progress")).to_contain_text("48 of 50 read")
    expect(ui.id("progress")).to_contain_text("2 failed")
    expect(ui.page.locator('.entry[data-status="failed"] .name')).to_have_text(["07.png", "31.png"])
    expect(ui.id("entry-error").first).to_contain_text("not an image")
    with zipfile.ZipFile(ui.download("download-all")) as archive:
        texts = {name: archive.read(name).decode().strip() for name in archive.namelist()}
    (truth,) = asked(ui.server, "ocr_rec", [(FIXTURES / name).read_bytes() for name in names])
    assert texts == {
        f"{number:02}.png.txt": truth[number % len(names)]["text"].strip()
        for number in range(50)
        if number not in (7, 31)
    }


def test_a_batch_is_stopped(ui: Ui) -> None:
    data = RECEIPT.read_bytes()
    ui.bring(*({"name": f"{n}.png", "mimeType": "image/png", "buffer": data} for n in range(9)))
    ui.id("read").click()
    expect(ui.page.locator('.entry[data-status="done"]').first).to_be_visible(timeout=60_000)
    ui.id("stop").click()
    ui.wait()
    states = [entry.get_attribute("data-status") for entry in ui.entries.all()]
    assert set(states) == {"done", "cancelled"}
    assert states.count("cancelled") > 4
    expect(ui.id("read")).to_have_text(f"Read {states.count('cancelled')} pictures")


def test_pages_side_by_side_do_not_mix_up(open_ui: Callable[..., Ui], server: Server) -> None:
    labels = list(fixture_labels("lines"))
    opened = [open_ui(server) for _ in labels]
    for ui, name in zip(opened, labels, strict=True):
        ui.bring(FIXTURES / name)
        ui.id("module").select_option("ocr_rec")
    for ui in opened:
        ui.id("read").click()
    (truth,) = asked(server, "ocr_rec", [(FIXTURES / name).read_bytes() for name in labels])
    for ui, item in zip(opened, truth, strict=True):
        ui.wait()
        assert ui.texts() == [item["text"]]
