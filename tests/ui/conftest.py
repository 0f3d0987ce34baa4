"""A real server, a real browser, and what the tests of the page do with both."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.server.running import ROOT, Server, running

FIXTURES = ROOT / "tests" / "fixtures"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
)
SCREENSHOTS = os.environ.get("HUBOCR_SCREENSHOTS")
"""A folder where the last sight of every test is kept."""

PATIENCE_MS = 60_000
"""Time that reading a picture may take on a busy machine."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Both modules that read, as `hubocr ui` serves them."""
    modules = {name: {"profile": "general"} for name in ("ocr_system", "ocr_rec")}
    with running(tmp_path_factory.mktemp("ui"), "--ui", modules=modules) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@dataclass
class Ui:
    """The page in a context of its own: empty stores, and no way out of this machine.

    Attributes:
        page: The browser's page.
        server: The server that gave it.
        outside: Addresses beyond this machine that something tried to reach.
        faults: What the browser complained of: scripts, styles and images that were refused.
    """

    page: Page
    server: Server
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def id(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    @property
    def entries(self) -> Locator:
        return self.page.locator(".list .entry")

    @property
    def rows(self) -> Locator:
        return self.page.locator(".result tbody tr")

    def open(self) -> None:
        self.page.goto(f"{self.server.url}/ui")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def use_server_settings(self) -> None:
        """Name no kind of image, where the server offers any."""
        choice = self.page.locator('.scenes input[value=""]')
        expect(self.id("read")).to_be_visible()
        if choice.count():
            choice.check(force=True)

    def bring(self, *files: Path | dict[str, Any]) -> None:
        before = self.entries.count()
        self.id("files").set_input_files(list(files))  # type: ignore[arg-type]
        expect(self.entries).to_have_count(before + len(files))

    def read(self) -> None:
        self.id("read").click()
        self.wait()

    def wait(self) -> None:
        expect(self.id("read")).to_be_visible(timeout=PATIENCE_MS)

    def texts(self) -> list[str]:
        """The texts of the table, without signs such as "corrected"."""
        return self.rows.locator(".read").all_inner_texts()

    def download(self, test_id: str) -> Path:
        with self.page.expect_download() as coming:
            self.id(test_id).click()
        return coming.value.path()

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


@pytest.fixture
def open_ui(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Ui]]:
    """Open the page of a server; the arguments are those of a browser's context."""
    opened: list[tuple[BrowserContext, Ui]] = []

    def open_context(server: Server, **arguments: Any) -> Ui:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1400, "height": 900}, **arguments}
        )
        context.set_default_timeout(20_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        ui = Ui(context.new_page(), server)

        def route(route: Any) -> None:
            if urlsplit(route.request.url).hostname == "127.0.0.1":
                route.continue_()
            else:
                ui.outside.append(route.request.url)
                route.abort()

        context.route("**/*", route)
        ui.page.on("pageerror", lambda error: ui.faults.append(str(error)))
        ui.page.on("console", lambda message: _note(ui, message.text))
        ui.open()
        opened.append((context, ui))
        return ui

    yield open_context
    for number, (context, ui) in enumerate(opened):
        if SCREENSHOTS:
            name = re.sub(r"\W+", "-", request.node.name)
            ui.page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{number}.png")
        context.close()
        assert ui.outside == []
        assert ui.faults == []


def _note(ui: Ui, text: str) -> None:
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        ui.faults.append(text)


@pytest.fixture
def ui(open_ui: Callable[..., Ui], server: Server) -> Ui:
    """The page in English on a desktop."""
    return open_ui(server)


def asked(
    server: Server, module: str, images: Sequence[bytes], **options: object
) -> list[list[dict[str, Any]]]:
    """What the API answers: the truth of these tests."""
    reply = requests.post(
        f"{server.url}/predict/{module}",
        files=[("images", image) for image in images],
        data={"options": json.dumps(options)},
        timeout=60,
    )
    assert reply.status_code == 200, reply.text
    results: list[list[dict[str, Any]]] = reply.json()["results"]
    return results


def texts_of(server: Server, image: bytes, **options: object) -> list[str]:
    """The texts of a picture as the API reads it."""
    return [item["text"] for item in asked(server, "ocr_system", [image], **options)[0]]
