"""The web page in several browser contexts at once: mixed-up results, time to the next paint."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import requests
from PIL import Image, ImageDraw, ImageFont

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.served import ServerStartError, own_server, running
from hubocr.errors import MissingPackageError
from hubocr.optional import require

# Interaction to Next Paint (https://web.dev/articles/inp): the browser's own times of events, from
# the input to the frame that shows what came of it, in steps of 8 ms.
_OBSERVE = """() => {
    window.interactions = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
            if (entry.interactionId) window.interactions.push([entry.name, entry.duration]);
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
}"""
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_PATIENCE_MS = 300_000
_GOOD_MS = 200


@dataclass(frozen=True)
class Visit:
    """A browser context with the page in it.

    Attributes:
        page: Playwright's page.
        files: The pictures that it reads, by name.
    """

    page: Any
    files: Mapping[str, bytes]

    def start(self) -> None:
        """Read one picture, so that there are rows to click, then start on all."""
        payloads = [
            {"name": name, "mimeType": "image/png", "buffer": data}
            for name, data in self.files.items()
        ]
        files, read = self.page.get_by_test_id("files"), self.page.get_by_test_id("read")
        files.set_input_files(payloads[:1])
        read.click()
        self.page.locator(".result tbody tr").first.wait_for(timeout=_PATIENCE_MS)
        self.page.evaluate(_OBSERVE)
        files.set_input_files(payloads[1:])
        self.page.locator(".list .entry").nth(len(payloads) - 1).wait_for(timeout=_PATIENCE_MS)
        read.click()

    def interact(self) -> None:
        """Do once what a user does while pictures are being read."""
        self.page.locator(".result .number").first.click()
        frame = self.page.get_by_test_id("frame")
        frame.press("+")
        frame.press("0")
        self.page.get_by_test_id("language").click()
        self.page.get_by_test_id("theme").click()
        self.page.get_by_test_id("options").locator("summary").click()

    @property
    def is_reading(self) -> bool:
        """Whether pictures are still waited for."""
        return bool(self.page.get_by_test_id("stop").count())

    def results(self) -> dict[str, str]:
        """Wait for all pictures and return the texts by name."""
        self.page.get_by_test_id("read").wait_for(timeout=_PATIENCE_MS)
        with self.page.expect_download() as coming:
            self.page.get_by_test_id("download-all").click()
        with zipfile.ZipFile(coming.value.path()) as archive:
            return {
                name.removesuffix(".txt"): archive.read(name).decode().strip()
                for name in archive.namelist()
            }

    def durations(self) -> list[float]:
        """Return the times of all interactions to the next paint, in milliseconds."""
        return [duration for _, duration in self.page.evaluate("() => window.interactions")]


def _pictures(context: int, count: int) -> dict[str, bytes]:
    """Return pictures whose text names the context and its place."""
    font = ImageFont.load_default(40)
    files = {}
    for place in range(count):
        image = Image.new("RGB", (640, 360), "white")
        draw = ImageDraw.Draw(image)
        for row in range(4):
            draw.text((30, 30 + 80 * row), f"Room {context} sheet {place} row {row}", "black", font)
        file = io.BytesIO()
        image.save(file, "PNG")
        files[f"{context}-{place}.png"] = file.getvalue()
    return files


def _truth(url: str, files: Mapping[str, bytes]) -> Iterator[str]:
    for data in files.values():
        reply = requests.post(
            f"{url}/predict/ocr_system",
            files=[("images", data)],
            data={"options": json.dumps({"profile": "general"})},
            timeout=120,
        )
        reply.raise_for_status()
        (items,) = reply.json()["results"]
        yield "\n".join(item["text"] for item in items)


def measure(url: str, browser: Any, contexts: int, pictures: int) -> dict[str, Any]:
    """Read pictures in all contexts at once, use each page meanwhile, and compare with the API."""
    visits = []
    for number in range(contexts):
        page = browser.new_context(
            locale="en-US", viewport={"width": 1400, "height": 900}
        ).new_page()
        page.goto(f"{url}/ui")
        visits.append(Visit(page, _pictures(number, pictures)))
    for visit in visits:
        visit.start()
    rounds = 0
    while any(visit.is_reading for visit in visits):
        for visit in visits:
            visit.interact()
        rounds += 1
    mixed_up = 0
    for visit in visits:
        found = visit.results()
        truth = dict(zip(visit.files, _truth(url, visit.files), strict=True))
        for name, text in truth.items():
            if found.get(name) != text:
                mixed_up += 1
                print(f"{name}: {found.get(name)!r}, the API says {text!r}", file=sys.stderr)
    durations = sorted(duration for visit in visits for duration in visit.durations())
    return {
        "contexts": contexts,
        "pictures": contexts * pictures,
        "mixed_up": mixed_up,
        "rounds": rounds,
        "slow_interactions": len(durations),
        "interactions": 6 * rounds * contexts,
        "median_ms": median(durations) if durations else 0,
        "p98_ms": durations[int(0.98 * len(durations))] if durations else 0,
        "max_ms": durations[-1] if durations else 0,
        "beyond_200_ms": sum(duration > _GOOD_MS for duration in durations),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page",
        description="Open the page of hubocr serve in several browser contexts that all read "
        "pictures, use each meanwhile, and print how long it takes to the next paint "
        "(interactions under 16 ms have no entry), and how many results differ from the API's.",
    )
    parser.add_argument("--contexts", type=int, default=10, metavar="N")
    parser.add_argument("--pictures", type=int, default=8, metavar="N", help="of each context")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "page.json")
    options = parser.parse_args(arguments)
    system = own_server(options.threads)
    system = replace(system, command=(*system.command, "--ui"))
    try:
        playwright_api = require("playwright.sync_api", "dev", "driving a browser")
        with (
            running(system) as server,
            playwright_api.sync_playwright() as playwright,
            playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(_FLAGS)
            ) as browser,
        ):
            found = measure(
                f"http://127.0.0.1:{server.port}", browser, options.contexts, options.pictures
            )
    except (MissingPackageError, ServerStartError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}\n")
    print(markdown_table(tuple(found), [tuple(str(value) for value in found.values())]))
    write_results(options, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
