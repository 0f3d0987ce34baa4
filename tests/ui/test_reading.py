"""Pictures in every way that they come, read as the API reads them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from PIL import Image
from playwright.sync_api import expect

from tests.server.running import Server
from tests.ui.conftest import FIXTURES, Ui, asked, texts_of

RECEIPT = FIXTURES / "pages" / "receipt.png"
NOTICE = FIXTURES / "pages" / "notice.png"
POSTER = FIXTURES / "pages" / "poster.png"

SCENES = {
    "general": RECEIPT,
    "document": NOTICE,
    "screen": RECEIPT,
    "scene": POSTER,
    "handwriting": FIXTURES / "lines" / "zh_plain.png",
    "plate": FIXTURES / "captchas" / "b.png",
    "captcha": FIXTURES / "captchas" / "a.png",
    "vertical": POSTER,
    "seal": NOTICE,
}


def test_a_picture_is_read_and_told_as_the_api_answers(ui: Ui) -> None:
    ui.bring(RECEIPT)
    ui.use_server_settings()
    ui.read()
    (items,) = asked(ui.server, "ocr_system", [RECEIPT.read_bytes()])
    assert ui.texts() == [item["text"] for item in items]
    shown = ui.rows.locator("td.score").all_inner_texts()
    assert shown == [f"{item['confidence']:.3f}" for item in items]
    expect(ui.id("summary")).to_contain_text(f"{len(items)} lines")
    models = requests.get(f"{ui.server.url}/v2/models", timeout=10).json()["models"]
    for path in models[0]["models"].values():
        expect(ui.id("models")).to_contain_text(Path(path).name)
    # Each box is drawn where the API says, and its text lies on it.
    polygons = ui.page.locator(".boxes polygon")
    assert polygons.count() == len(items)
    for index, item in enumerate(items):
        corners = " ".join(f"{x},{y}" for x, y in item["text_region"])
        assert polygons.nth(index).get_attribute("points") == corners
    for index in (0, 4, len(items) - 1):
        text = ui.page.locator(".reading-text").nth(index).bounding_box()
        drawn = polygons.nth(index).bounding_box()
        assert text and drawn
        for side in ("x", "y", "width", "height"):
            assert abs(text[side] - drawn[side]) < 0.2 * drawn["height"] + 4, (index, side)


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_read_as_the_api_reads_it(
    open_ui: Callable[..., Ui], server: Server, scene: str
) -> None:
    options = requests.get(f"{server.url}/options", timeout=10).json()["ocr_system"]
    profiles = {name for o in options if o["name"] == "profile" for name in o["enum"]}
    if scene not in profiles:
        pytest.skip(f"this server has no profile {scene!r} that a request may name")
    ui = open_ui(server)
    ui.bring(SCENES[scene])
    ui.page.locator(f".scenes input[value={scene}]").check(force=True)
    (profile,) = (o for o in options if o["name"] == "profile")
    expect(ui.id("scene-help")).to_have_text(profile["choices"][scene]["en"])
    ui.read()
    assert ui.texts() == texts_of(server, SCENES[scene].read_bytes(), profile=scene)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _event(ui: Ui, kind: str, path: Path) -> None:
    """Drop or paste a file, with the events that the browser itself sends."""
    ui.page.evaluate(
        """async ([kind, name, data]) => {
            const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type: "image/png" }));
            const rest = { bubbles: true, cancelable: true };
            if (kind === "paste")
                document.body.dispatchEvent(
                    new ClipboardEvent("paste", { clipboardData: transfer, ...rest }));
            else for (const type of ["dragover", "drop"])
                document.body.dispatchEvent(
                    new DragEvent(type, { dataTransfer: transfer, ...rest }));
        }""",
        [kind, path.name, base64.b64encode(path.read_bytes()).decode()],
    )


def test_pictures_are_pasted_and_dropped(ui: Ui) -> None:
    _event(ui, "paste", RECEIPT)
    expect(ui.entries).to_have_count(1)
    _event(ui, "drop", POSTER)
    expect(ui.entries).to_have_count(2)
    ui.read()
    for entry, path in zip(ui.entries.all(), (RECEIPT, POSTER), strict=True):
        entry.locator(".entry-name").click()
        assert ui.texts() == texts_of(ui.server, path.read_bytes())


def test_a_picture_is_taken_with_the_camera(ui: Ui) -> None:
    ui.page.get_by_role("button", name="Camera").click()
    ui.page.locator("video").evaluate(
        "video => new Promise(r => video.readyState > 1 ? r() : video.onloadeddata = r)"
    )
    ui.page.get_by_role("button", name="Take the picture").click()
    expect(ui.entries.locator(".name")).to_contain_text("camera-")
    ui.read()
    expect(ui.entries).to_have_attribute("data-status", "done")


def test_pages_of_a_pdf_are_chosen_and_read(ui: Ui, tmp_path: Path) -> None:
    pdf = tmp_path / "three pages.pdf"
    first, *others = map(opened, (RECEIPT, NOTICE, POSTER))
    first.save(pdf, save_all=True, append_images=others, resolution=72)
    ui.id("files").set_input_files(pdf)
    ui.id("page-range").fill("2-")
    checks = ui.page.locator(".thumbnails input")
    expect(checks).to_have_count(3)
    assert [check.is_checked() for check in checks.all()] == [False, True, True]
    checks.nth(2).uncheck()
    expect(ui.id("page-range")).to_have_value("2")
    ui.id("add-pages").click()
    expect(ui.entries).to_have_count(1)
    expect(ui.entries.locator(".name")).to_have_text("three pages.pdf #2")
    ui.read()
    reply = requests.post(
        f"{ui.server.url}/pages",
        files={"file": pdf.read_bytes()},
        data={"page_range": "2"},
        timeout=60,
    )
    (page,) = reply.json()["pages"]
    assert (page["page"], page["count"]) == (2, 3)
    assert ui.texts() == texts_of(ui.server, base64.b64decode(page["image"]))
    assert len(ui.texts()) > 3


def test_pages_of_a_tiff_that_browsers_do_not_show(ui: Ui, tmp_path: Path) -> None:
    tiff = tmp_path / "scan.tif"
    first, other = map(opened, (RECEIPT, POSTER))
    first.save(tiff, save_all=True, append_images=[other])
    ui.id("files").set_input_files(tiff)
    expect(ui.entries).to_have_count(2)
    ui.read()
    expect(ui.page.locator('.entry[data-status="done"]')).to_have_count(2)


def test_regions_are_read_alone_or_ignored(ui: Ui) -> None:
    ui.bring(RECEIPT)
    ui.read()
    everything = ui.texts()
    image = ui.page.locator(".stage img").bounding_box()
    assert image

    def drag(tool: str, top: float, bottom: float) -> None:
        ui.page.get_by_role("radio", name=tool).check(force=True)
        ui.page.mouse.move(image["x"] + 2, image["y"] + top * image["height"])
        ui.page.mouse.down()
        right, below = image["x"] + image["width"] - 2, image["y"] + bottom * image["height"]
        ui.page.mouse.move(right, below, steps=3)
        ui.page.mouse.up()

    drag("Ignore", 0.0, 0.5)
    ui.read()
    rest = ui.texts()
    assert 0 < len(rest) < len(everything)
    assert rest == everything[-len(rest) :]
    ui.page.get_by_role("button", name="Remove region 1").click()
    drag("Read only", 0.0, 0.5)
    ui.read()
    upper = [box.get_attribute("points") for box in ui.page.locator(".boxes polygon").all()]
    height = opened(RECEIPT).height
    assert upper
    assert all(float(p.split()[0].split(",")[1]) < 0.55 * height for p in upper if p)
    assert len(upper) + len(rest) == pytest.approx(len(everything), abs=1)
