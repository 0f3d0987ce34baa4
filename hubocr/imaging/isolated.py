"""Decoding in a process of its own, with limits on its time and memory.

HEIC, AVIF and JPEG 2000 are decoded by libraries whose work can't be told from a file's outside: a
box may say 64 x 64 pixels where the code stream within has 8192 x 8192, derived images refer to
each other, a packet can be repeated for layers without number. A thread can't be stopped; a
process can. It costs about a fifth of a second to start, which these formats' own decoding exceeds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging.containers.layout import DAMAGED, Layout, refused

_COMMAND = (sys.executable,)
_WORKER = Path(__file__).with_name("_isolated_worker.py")

_SECONDS, _SECONDS_PER_MEGAPIXEL = 4.0, 0.5
"""Processor time: starting, and twice what OpenJPEG, the slowest of them, takes for a megapixel."""

_WALL_FACTOR = 4
"""How much longer than its processor time a process may live, on a busy machine."""

_BYTES, _BYTES_PER_PIXEL = 1 << 30, 64
"""Address space: of Python with its libraries and threads, and of a pixel (OpenJPEG holds each
sample as 32 bits, twice)."""

_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4, "I;16": 1}


def decode(data: bytes, layout: Layout, frame: int, max_pixels: int) -> tuple[NDArray[Any], int]:
    """Return the pixels, and how many frames there are.

    They are (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8, or grey of uint16.

    Raises:
        ImageError: The file is damaged, its decoder isn't installed, or it takes too long.
        ImageTooLargeError: It has more pixels than its structure said, and than are allowed.
    """
    megapixels = layout.width * layout.height / 1e6
    seconds = _SECONDS + _SECONDS_PER_MEGAPIXEL * megapixels
    limits = {
        "format": layout.format,
        "frame": frame,
        "max_pixels": max_pixels,
        "turned": layout.turned,
        "seconds": int(seconds) + 1,
        "bytes": _BYTES + _BYTES_PER_PIXEL * layout.width * layout.height,
    }
    # What parses hostile bytes needs no keys.
    inherited = {name: value for name, value in os.environ.items() if "HUBOCR" not in name.upper()}
    process = subprocess.Popen(
        [*_COMMAND, str(_WORKER), json.dumps(limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**inherited, "MALLOC_ARENA_MAX": "2"},
    )
    killer = threading.Timer(seconds * _WALL_FACTOR, process.kill)
    killer.start()
    try:
        return _exchange(process, data)
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> tuple[NDArray[Any], int]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has ended, and may have said why
    answer = json.loads(process.stdout.readline() or b"{}")
    if answer.get("error") == "size":
        raise ImageTooLargeError(answer["message"])
    if "error" in answer:
        raise ImageError(answer["message"] or DAMAGED)
    if "mode" not in answer:
        raise refused("decoding it takes too long or too much memory")
    channels = _CHANNELS[answer["mode"]]
    kind = np.dtype(np.uint16 if answer["mode"] == "I;16" else np.uint8)
    shape = (answer["height"], answer["width"], *((channels,) if channels > 1 else ()))
    pixels = np.empty(shape, kind)
    view = pixels.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(view):
        read = process.stdout.readinto(view[filled:])  # type: ignore[attr-defined]
        if not read:
            raise refused("decoding it takes too long or too much memory")
        filled += read
    return pixels, int(answer["frames"])
