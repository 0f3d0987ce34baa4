#!/usr/bin/env python3
"""Send images to a hubserving server, print the results and, on request, draw them.

A command-line client, not a test: the name is the one PaddleOCR users know. It is one file that
can be copied to any machine with Python 3.10+ and
``pip install requests numpy opencv-python-headless``. Where hubocr is installed as well, its module
draws: numbered boxes, and the texts beside the image; else there are the boxes alone.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import cv2
import numpy as np
import requests
from numpy.typing import NDArray

try:
    from PIL import ImageFont

    from hubocr.errors import ImageError
    from hubocr.imaging import decode_image
    from hubocr.imaging import draw as drawing
    from hubocr.imaging.fonts import MISSING_FONT_HINT, Lettering, find_lettering
except ImportError:
    drawing = None  # type: ignore[assignment]

SUFFIXES = (".jpg", ".bmp", ".png", ".jpeg", ".rgb", ".tif", ".tiff", ".gif", ".webp")
WRITABLE = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
DROP_SCORE = 0.5
RED = (0, 0, 220)  # BGR
FONT_VARIABLE = "HUBOCR_FONT"
KEY_VARIABLE = "HUBOCR_API_KEY"
KEY_HELP = f"the server's API key; better in {KEY_VARIABLE}, where other users don't see it"
ONLY_BOXES = (
    "warning: hubocr isn't installed here, so that drawings show the boxes without their texts: "
    "pip install hubocr"
)

EPILOG = f"""\
exit status:
  0    every file was answered (and drawn, if asked for)
  1    at least one file failed: file, status and message are on stderr, the others went on
  2    wrong arguments, no image found, unusable --font or --output
  130  interrupted

drawing:
  ocr_det     the boxes, in red, with their numbers
  ocr_system  the boxes, and beside the image a list "number: text   score" of what scores
              {DROP_SCORE} or more; it needs a font with Chinese characters, looked for in --font,
              the variable {FONT_VARIABLE}, fontconfig and the usual places
  ocr_rec, ocr_cls  have no boxes: nothing is drawn
  GIF and RGB files are saved as PNG; a name that is taken by another file gets a number.

examples:
  test_hubserving.py --server_url=http://127.0.0.1:8868/predict/ocr_system \\
      --image_dir=./imgs --visualize=true
  test_hubserving.py http://127.0.0.1:8867/predict/ocr_rec ./word.png     (the older form)
"""

Pixels = NDArray[np.uint8]


class ClientError(Exception):
    """What went wrong with one file or with the arguments, in words for the user."""


class Console:
    """Lines on stdout and stderr; below them a progress bar where stderr is a terminal."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._bar = total > 1 and sys.stderr.isatty()

    def say(self, text: str, stream: TextIO | None = None) -> None:
        """Print a line, to stdout unless told otherwise."""
        self._below("")
        print(text, file=stream or sys.stdout, flush=True)
        self.advance(0)

    def advance(self, count: int = 1) -> None:
        """Count files as done and show the bar."""
        self._done += count
        filled = 40 * self._done // self._total
        self._below(f"[{'#' * filled:.<40}] {self._done}/{self._total}")

    def close(self) -> None:
        """Remove the bar."""
        self._below("")
        self._bar = False

    def _below(self, text: str) -> None:
        if self._bar:
            room = shutil.get_terminal_size().columns - 1
            print(f"\r{' ' * room}\r{text[:room]}", end="", file=sys.stderr, flush=True)


def find_images(path: Path) -> list[Path]:
    """Return the image file ``path``, or the image files directly in the folder ``path``."""
    if not path.exists():
        raise ClientError(f"no such file or folder: {path}")
    try:
        candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise ClientError(f"can't list {path}: {error.strerror or error}") from error
    files = [file for file in candidates if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not files:
        endings = " ".join(suffix[1:] for suffix in SUFFIXES)
        where = f"in the folder {path}" if path.is_dir() else f"at {path}"
        raise ClientError(f"no image found {where} (by name ending: {endings})")
    return files


def output_names(files: Iterable[Path]) -> dict[Path, str]:
    """Give each file the name of its drawing; no two are the same."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    # Files that keep their name come first, so that a converted one makes way.
    for file in sorted(files, key=lambda file: file.suffix.lower() not in WRITABLE):
        suffix = file.suffix if file.suffix.lower() in WRITABLE else ".png"
        name, number = f"{file.stem}{suffix}", 2
        while name in taken:
            name, number = f"{file.stem}_{number}{suffix}", number + 1
        taken.add(name)
        names[file] = name
    return names


def request_result(url: str, data: bytes, timeout: float, key: str = "") -> Any:
    """Send one image, with an API key where there is one; return the module's result for it."""
    headers = {"X-API-Key": key} if key else {}
    body = {"images": [base64.b64encode(data).decode("ascii")]}
    try:
        reply = requests.post(url, json=body, headers=headers, timeout=timeout)
    except requests.Timeout as error:
        raise ClientError(f"timeout: no answer from {url} within {timeout:g} s") from error
    except requests.RequestException as error:
        cause: BaseException = error
        while (deeper := cause.__cause__ or cause.__context__) is not None:
            cause = deeper
        raise ClientError(
            f"the request to {url} failed: {_clean(str(cause) or repr(cause))}"
        ) from error
    try:
        answer = reply.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or "status" not in answer:
        start = reply.content[:4000].decode("utf-8", "replace")
        text = _clean(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", start, flags=re.S))
        raise ClientError(f"HTTP {reply.status_code}, no answer of hubserving: {text or '(empty)'}")
    status, results = answer["status"], answer.get("results")
    message = _clean(str(answer.get("msg") or "(no message)"))
    if reply.status_code != 200:
        raise ClientError(f"HTTP {reply.status_code}, status {status}: {message}")
    if status != "000":
        raise ClientError(f"status {status}: {message}")
    if not isinstance(results, list) or not results:
        raise ClientError(f"status {status}, but no result for the image; msg: {message}")
    return results[0]


def _clean(text: str, limit: int = 400) -> str:
    """Make one line of ``text``, without control characters and not endless."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line if len(line) <= limit else f"{line[:limit]}..."


def find_font(named: str | None) -> Lettering | None:
    """Return the font that the user named, or one with Chinese characters, or what there is."""
    if drawing is None:
        return None
    if named:
        try:
            ImageFont.truetype(named, 12)
        except OSError as error:
            raise ClientError(f"can't use the font {named}: {error}") from error
        return Lettering(Path(named))
    return find_lettering()


def load_pixels(data: bytes) -> Pixels:
    """Decode an image, as the server does where hubocr is installed."""
    refused = "can't draw: the image can't be decoded on this machine"
    if drawing is not None:
        try:
            return decode_image(data)
        except ImageError as error:
            raise ClientError(refused) from error
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ClientError(refused)
    return np.asarray(pixels, dtype=np.uint8)


def draw(pixels: Pixels, items: Sequence[dict[str, Any]], lettering: Lettering | None) -> Pixels:
    """Return the image with the items' boxes and, where they have texts, a list beside it."""
    with_text = any("text" in item for item in items)
    shown = [
        (number, item, _region(number, item))
        for number, item in enumerate(items, start=1)
        if not with_text or _score(item) >= DROP_SCORE
    ]
    if drawing is None or lettering is None:
        boxed: Pixels = pixels.copy()
        for _, _, region in shown:
            cv2.polylines(boxed, [region], isClosed=True, color=RED, thickness=2)
        return boxed
    marks = [
        drawing.Mark(
            [(int(x), int(y)) for x, y in region],
            str(item.get("text", "")) if with_text else None,
            _score(item) if with_text else None,
            number,
        )
        for number, item, region in shown
    ]
    if with_text:
        return drawing.draw_list(pixels, marks, lettering)
    return drawing.draw_boxes(pixels, marks)


def _score(item: dict[str, Any]) -> float:
    try:
        return float(item.get("confidence", 1.0))
    except (TypeError, ValueError, OverflowError):
        return math.nan  # not a number, so not above any threshold


def _region(number: int, item: dict[str, Any]) -> NDArray[np.int32]:
    try:
        points = np.asarray(item.get("text_region"), dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        raise ClientError(f"can't draw: item {number} has no usable text_region") from error
    if not points.size or not np.isfinite(points).all():
        raise ClientError(f"can't draw: item {number} has no usable text_region")
    return np.asarray(points.round().clip(-1_000_000, 1_000_000), dtype=np.int32)


def save(pixels: Pixels, path: Path) -> None:
    """Write an image file in the format of its ending."""
    try:
        encoded, data = cv2.imencode(path.suffix.lower(), pixels)
        if not encoded:
            raise OSError("the drawing doesn't fit this format")
        path.write_bytes(data.tobytes())  # imwrite can't open every file name on Windows
    except (cv2.error, OSError) as error:
        raise ClientError(f"can't save {path}: {_clean(str(error))}") from error


def process(
    file: Path, args: argparse.Namespace, target: Path, lettering: Lettering | None, out: Console
) -> float:
    """Handle one file and return the seconds that its answer took."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ClientError(f"can't be read: {error.strerror or error}") from error
    start = time.perf_counter()
    result = request_result(args.server_url, data, args.timeout, args.api_key)
    seconds = time.perf_counter() - start
    out.say(f"Predict time of {file}: {seconds:.3f}")
    out.say(json.dumps(result, ensure_ascii=False))

    is_items = isinstance(result, list) and all(isinstance(item, dict) for item in result)
    items: list[dict[str, Any]] = result if is_items else []
    errors = [_clean(str(item["error"])) for item in items if item.get("error") is not None]
    drawable = [item for item in items if item.get("error") is None]
    if args.visualize and (drawable or not errors):
        if not is_items or any("text_region" not in item for item in drawable):
            out.say(f"drawing is invalid for a result without boxes, nothing saved for {file}")
        else:
            save(draw(load_pixels(data), drawable, lettering), target)
            out.say(f"saved {target}")
    if errors:
        raise ClientError(f"status 000, error of the image: {'; '.join(errors)}")
    return seconds


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Send images to a hubserving server, print the results and draw them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--server_url", help="for example http://127.0.0.1:8868/predict/ocr_system")
    add("--image_dir", help="an image file, or a folder of images (not searched recursively)")
    add("--visualize", type=_boolean, default=False, help="draw the results (default: false)")
    add("--output", default="./hubserving_result", help="folder of drawings (default: %(default)s)")
    add("--timeout", type=_seconds, default=60.0, help="longest wait per file, default: 60 s")
    add("--api-key", "--api_key", default=os.environ.get(KEY_VARIABLE, ""), help=KEY_HELP)
    add("--font", help="font file for the texts in drawings")
    add("old", nargs="*", metavar="server_url image_path", help="the older form of the two flags")
    args = parser.parse_intermixed_args(argv)
    if args.old:
        if len(args.old) != 2 or args.server_url or args.image_dir:
            parser.error("give --server_url and --image_dir, or just the two positionals")
        args.server_url, args.image_dir = args.old
    if not args.server_url or not args.image_dir:
        parser.error("--server_url and --image_dir are needed")
    try:
        address = urlsplit(args.server_url)
    except ValueError as error:
        parser.error(f"--server_url: {error}")
    args.api_key = args.api_key.strip()
    if not all("!" <= sign <= "~" for sign in args.api_key):
        parser.error("--api-key has signs that no key can have: white space or beyond ASCII")
    if address.scheme not in ("http", "https") or not address.hostname:
        parser.error(f"--server_url must begin with http:// or https://, not {args.server_url}")
    return args


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "yes", "t", "y", "1"):
        return True
    if text.lower() in ("false", "no", "f", "n", "0"):
        return False
    raise argparse.ArgumentTypeError(f"true or false, not {text!r}")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 86400:
        raise argparse.ArgumentTypeError(f"a number of seconds up to 86400, not {text!r}")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the client and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a narrow terminal encoding must not end the run
            stream.reconfigure(errors="backslashreplace")
    args = _parse(argv)
    output, lettering = Path(args.output), None
    try:
        files = find_images(Path(args.image_dir))
        if args.visualize:
            if output.resolve() == files[0].parent.resolve():
                raise ClientError(f"--output {output} is the folder of the images themselves")
            output.mkdir(parents=True, exist_ok=True)
            lettering = find_font(args.font or os.environ.get(FONT_VARIABLE))
    except (ClientError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    names, times, failed = output_names(files), [], 0
    out = Console(len(files))
    if args.visualize and lettering is None:
        out.say(ONLY_BOXES, sys.stderr)
    elif lettering is not None and not lettering.has_cjk:
        out.say(f"warning: {MISSING_FONT_HINT}", sys.stderr)
    try:
        for number, file in enumerate(files, start=1):
            try:
                times.append(process(file, args, output / names[file], lettering, out))
            except ClientError as error:
                failed += 1
                out.say(f"error: {file}: {error}", sys.stderr)
            out.advance()
            if number % 100 == 0:
                out.say(f"{number} processed")
    except KeyboardInterrupt:
        out.say("interrupted", sys.stderr)
        return 130
    finally:
        out.close()
    if times:
        out.say(f"avg time cost: {sum(times) / len(times):.3f}")
    if failed:
        out.say(f"error: {failed} of {len(files)} files failed", sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
