"""The page itself: languages, keys, errors, keyboard, screen readers, telephones, headers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import expect
from starlette.routing import Route

from hubocr.server import ModuleEntry, ServerSettings, create_app
from tests.server.running import ROOT, Server, running
from tests.ui.conftest import FIXTURES, Ui

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
LINE = FIXTURES / "lines" / "zh_plain.png"
POSTER = FIXTURES / "pages" / "poster.png"
LIMIT_BYTES = 300_000


def test_the_language_is_the_browsers_and_can_be_switched(
    open_ui: Callable[..., Ui], server: Server
) -> None:
    ui = open_ui(server, locale="zh-CN")
    expect(ui.id("read")).to_have_text("识别")
    expect(ui.page.locator("html")).to_have_attribute("lang", "zh-CN")
    ui.id("options").locator("summary").click()
    options = requests.get(f"{server.url}/options", timeout=10).json()["ocr_system"]
    (drop,) = (option for option in options if option["name"] == "drop_score")
    expect(ui.id("options")).to_contain_text(drop["meaning"]["zh"])
    ui.id("language").click()
    expect(ui.id("read")).to_have_text("Read")
    expect(ui.id("options")).to_contain_text(drop["meaning"]["en"])
    ui.page.reload()
    expect(ui.page.locator("html")).to_have_attribute("lang", "en")
    assert ui.page.title().startswith("hubocr")


def test_the_form_of_options_is_the_servers_description(ui: Ui) -> None:
    described = requests.get(f"{ui.server.url}/options", timeout=10).json()["ocr_system"]
    ui.id("options").locator("summary").click()
    shown = set(ui.page.locator(".option code").all_inner_texts())
    own = {"profile", "rec_char_scores", "rec_alternatives"}  # the page sets them by itself
    assert shown == {option["name"] for option in described} - own
    ui.page.locator('.option input[name="drop_score"]').fill("0.99999")
    ui.page.locator('.option select[name="use_angle_cls"]').select_option("false")
    ui.bring(POSTER)
    with ui.page.expect_request("**/predict/ocr_system") as sent:
        ui.read()
    body = sent.value.post_data_buffer or b""
    assert b'"drop_score":0.99999' in body
    assert b'"use_angle_cls":false' in body


def test_an_error_is_shown_in_the_servers_words(ui: Ui) -> None:
    ui.id("options").locator("summary").click()
    ui.page.locator('.option input[name="drop_score"]').fill("7")
    ui.bring(LINE)
    ui.read()
    reply = requests.post(
        f"{ui.server.url}/predict/ocr_system",
        files=[("images", LINE.read_bytes())],
        data={"options": '{"drop_score": 7}'},
        timeout=30,
    )
    expect(ui.id("entry-error")).to_have_text(reply.json()["msg"])
    expect(ui.id("result-empty")).to_have_text(reply.json()["msg"])


def test_a_server_that_is_gone_is_told(ui: Ui) -> None:
    ui.bring(LINE)
    ui.page.context.set_offline(True)
    ui.read()
    expect(ui.id("entry-error")).to_contain_text("can't be reached")


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Server]:
    with running(
        tmp_path, modules=("ocr_rec",), environment={"HUBOCR_API_KEYS": "secret-1"}
    ) as started:
        yield started


def test_the_key_is_asked_for_and_kept_in_the_tab_alone(
    open_ui: Callable[..., Ui], locked: Server
) -> None:
    ui = open_ui(locked)
    ui.id("key").fill("wrong")
    ui.id("key").press("Enter")
    expect(ui.id("key")).to_have_value("")  # asked again
    ui.id("key").fill("secret-1")
    ui.id("key").press("Enter")
    expect(ui.id("key")).to_have_count(0)
    ui.bring(LINE)
    ui.read()
    assert ui.texts() == ["今天下午三点在二楼会议室开会"]
    ui.id("copy-curl").click()
    expect(ui.page.locator(".export").get_by_text("Copied")).to_be_visible()
    assert "secret-1" not in ui.clipboard()
    stores = ui.page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage)]")
    assert ["secret-1" in store for store in stores] == [False, True]


@pytest.mark.parametrize(
    ("host", "wanted", "is_shown"),
    [
        ("127.0.0.1", None, True),
        ("localhost", None, True),
        ("[::1]", None, True),
        ("0.0.0.0", None, False),
        ("192.0.2.7", None, False),
        ("0.0.0.0", True, True),
        ("127.0.0.1", False, False),
    ],
)
def test_the_page_is_shown_by_default_on_this_machine_alone(
    host: str, wanted: bool | None, is_shown: bool
) -> None:
    app = create_app(ServerSettings((ModuleEntry("ocr_rec"),), host=host, ui=wanted))
    paths = {route.path for route in app.routes if isinstance(route, Route)}
    assert ("/ui" in paths) == ("/ui/{name}" in paths) == is_shown


def test_no_script_or_style_but_the_servers_own(server: Server) -> None:
    size = 0
    for path in ("/ui", "/ui/app.js", "/ui/app.css", "/ui/icon.svg"):
        reply = requests.get(server.url + path, timeout=10)
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        size += len(gzip.compress(reply.content))
        again = requests.get(
            server.url + path, headers={"If-None-Match": reply.headers["ETag"]}, timeout=10
        )
        assert (again.status_code, again.content) == (304, b"")
    assert size < LIMIT_BYTES
    plain = requests.get(f"{server.url}/", headers={"Accept": "text/html"}, timeout=10)
    assert plain.url == f"{server.url}/ui"  # a browser that opens the server's address
    assert "<script>" not in plain.text
    assert " style=" not in plain.text
    assert requests.get(f"{server.url}/ui/", timeout=10).url == f"{server.url}/ui"
    for name in ("nothing.js", "..%2Fassets.py", "__init__.py"):
        assert requests.get(f"{server.url}/ui/{name}", timeout=10).status_code == 404


def _violations(ui: Ui) -> list[str]:
    if not ui.page.evaluate("() => 'axe' in window"):
        ui.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = ui.page.evaluate(
        """async () => (await axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))"""
    )
    return [
        f"{rule['id']}: {node['html']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci in ui/")


@needs_axe
@pytest.mark.parametrize(("locale", "colours"), [("en-US", "light"), ("zh-CN", "dark")])
def test_nothing_keeps_anyone_out(
    open_ui: Callable[..., Ui], server: Server, locale: str, colours: str
) -> None:
    ui = open_ui(server, locale=locale, color_scheme=colours)
    assert _violations(ui) == []
    ui.bring(POSTER, FIXTURES / "odd" / "empty.png")
    ui.read()
    ui.id("options").locator("summary").click()
    ui.page.locator(".regions summary").click()
    ui.page.locator(".regions button").first.click()
    ui.rows.nth(1).locator(".actions button").nth(0).click()
    ui.rows.nth(2).locator(".actions button").nth(1).click()
    expect(ui.page.locator(".alternatives").first).to_be_visible()
    ui.rows.nth(0).locator(".number").click()
    assert _violations(ui) == []
    ui.page.locator(".top-actions button").first.click()
    expect(ui.page.locator("dialog .entry")).to_have_count(1)
    assert _violations(ui) == []


@needs_axe
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_dialogs_on_a_telephone_keep_no_one_out(
    open_ui: Callable[..., Ui], server: Server, tmp_path: Path, colours: str
) -> None:
    small = {"width": 360, "height": 740}
    ui = open_ui(server, viewport=small, has_touch=True, is_mobile=True, color_scheme=colours)
    pdf = tmp_path / "two.pdf"
    with Image.open(POSTER) as poster:
        page = poster.convert("RGB")
        page.save(pdf, save_all=True, append_images=[page], resolution=72)
    ui.id("files").set_input_files(pdf)
    expect(ui.page.locator(".thumbnails input")).to_have_count(2)
    assert _violations(ui) == []
    assert ui.page.evaluate("document.documentElement.scrollWidth") <= small["width"]
    ui.page.keyboard.press("Escape")
    ui.page.get_by_role("button", name="Camera").tap()
    expect(ui.page.locator("video")).to_be_visible()
    assert _violations(ui) == []


@needs_axe
def test_the_question_for_the_key_keeps_no_one_out(
    open_ui: Callable[..., Ui], locked: Server
) -> None:
    ui = open_ui(locked)
    expect(ui.id("key")).to_be_focused()
    assert _violations(ui) == []


def test_all_works_without_a_mouse(ui: Ui) -> None:
    ui.page.keyboard.press("Tab")
    expect(ui.page.locator(".skip")).to_be_focused()
    ui.bring(POSTER)
    ui.id("read").press("Enter")
    ui.wait()
    number = ui.rows.nth(3).locator(".number")
    number.press("Enter")
    expect(number).to_have_attribute("aria-pressed", "true")
    expect(ui.page.locator('.box[data-line="4"]')).to_contain_class("chosen")
    frame = ui.id("frame")
    before = ui.page.locator(".zoom output").inner_text()
    frame.press("+")
    expect(ui.page.locator(".zoom output")).not_to_have_text(before)
    frame.press("0")
    expect(ui.page.locator(".zoom output")).to_have_text(before)
    expect(ui.id("announcement")).to_contain_text("poster.png: ")
    ui.page.get_by_role("button", name="History", exact=True).press("Enter")
    expect(ui.page.locator("dialog")).to_be_visible()
    ui.page.keyboard.press("Escape")
    expect(ui.page.locator("dialog")).to_have_count(0)


def test_box_and_row_point_at_each_other(ui: Ui) -> None:
    ui.bring(POSTER)
    ui.read()
    ui.rows.nth(2).hover()
    expect(ui.page.locator('.box[data-line="3"]')).to_contain_class("hovered")
    ui.page.locator(".reading-text").nth(1).click()
    expect(ui.rows.nth(1)).to_contain_class("chosen")
    text = ui.page.locator(".reading-text").nth(1)
    text.evaluate("node => getSelection().selectAllChildren(node)")
    assert ui.page.evaluate("String(getSelection())") == ui.texts()[1]


def test_it_fits_a_telephone(open_ui: Callable[..., Ui], server: Server) -> None:
    ui = open_ui(server, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    ui.bring(POSTER)
    ui.read()
    assert ui.page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("read", "frame", "download"):
        box = ui.id(name).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


def test_dark_and_light(open_ui: Callable[..., Ui], server: Server) -> None:
    ui = open_ui(server, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = ui.page.evaluate(colour)
    ui.id("theme").click()
    expect(ui.page.locator("html")).to_have_attribute("data-theme", "light")
    assert ui.page.evaluate(colour) != dark
    ui.page.reload()
    expect(ui.page.locator("html")).to_have_attribute("data-theme", "light")
