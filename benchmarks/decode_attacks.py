"""Seconds of processor and memory that hostile image files take: decoding alone.

Each file is decoded in a process of its own. ``python -m benchmarks.decode_attacks`` prints a
table; ``--only NAME`` runs those whose name contains NAME.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks import image_bombs as bombs

_ZEROS = bombs.packed_profile(8 << 20)

ATTACKS: dict[str, Callable[[], bytes]] = {
    "JPEG, 5,000 progressive scans of 50 MP": lambda: bombs.progressive_jpeg(5_000),
    "JPEG, 400 progressive scans of 50 MP": lambda: bombs.progressive_jpeg(400),
    "JPEG, 20 progressive scans of 50 MP": lambda: bombs.progressive_jpeg(20),
    "JPEG, 500 progressive scans of 1 MP": lambda: bombs.progressive_jpeg(500, 1_000),
    "JPEG, 300 APP1 segments of 64 KiB": lambda: bombs.jpeg_with_segments(300, 65_000),
    "JPEG, 1,000,000 APP1 segments of 16 bytes": lambda: bombs.jpeg_with_segments(1_000_000, 16),
    "PNG, 9,000 iCCP chunks": lambda: bombs.png_with_chunks(
        b"iCCP", bombs.packed_profile(1 << 20), 9_000
    ),
    "PNG with alpha, 60 zTXt chunks of 8 MiB": lambda: bombs.png_with_chunks(
        b"zTXt", _ZEROS, 60, "RGBA"
    ),
    "PNG, 1,500,000 empty chunks": lambda: bombs.png_with_chunks(b"teSt", b"", 1_500_000),
    "PNG, 100,000 empty IDAT chunks": lambda: bombs.png_with_chunks(b"IDAT", b"", 99_000),
    "GIF, 15 MB of comment": lambda: bombs.gif_with_comments(15_000_000),
    "GIF, 3 MB of comment in blocks of a byte": lambda: bombs.gif_with_comments(3_000_000, 1),
    "GIF, 9,000 frames on 49 MP": lambda: bombs.gif_of_frames(9_000, 7_000),
    "WebP, animation of 50 MP": lambda: bombs.webp_animation(2, bombs.SIDE),
    "APNG, 50 frames of 12 MP": lambda: bombs.apng(50, 3_500),
    "TIFF, 200,000 pages": lambda: bombs.tiff_of_pages(200_000),
    "TIFF, 9,000 pages": lambda: bombs.tiff_of_pages(9_000),
    "TIFF, pages in a circle": lambda: bombs.grey_tiff(64, 64, following=8),
    "TIFF, tiles of 20,000": lambda: bombs.grey_tiff(
        64, 64, (322, 4, 1, 20_000), (323, 4, 1, 20_000), (324, 4, 1, 8), (325, 4, 1, 4_000)
    ),
    "TIFF, 900 entries of the same 4 MB": lambda: bombs.grey_tiff(
        2_000, 2_000, *((40_000 + i, 7, 3_900_000, 100) for i in range(900))
    ),
    "ICO, 65,535 entries": lambda: bombs.ico_of_entries(65_535),
    "JPEG 2000, 250,000 tiles": lambda: bombs.jpeg2000_of_tiles(7_000, 14),
    "JPEG 2000, 60,000 tiles": lambda: bombs.jpeg2000_of_tiles(7_000, 29),
}

_CODE = """
import sys, time, resource
from hubocr.imaging import decode_image
import cv2, numpy
from PIL import Image; Image.init()
data = sys.stdin.buffer.read()
def used():
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(p.ru_utime + p.ru_stime for p in parts), max(p.ru_maxrss for p in parts)
seconds, memory = used()
try:
    image = decode_image(data); said = f"{image.shape[1]}x{image.shape[0]}"
except Exception as error:
    said = f"{type(error).__name__}: {error}"
after, peak = used()
print(f"{after - seconds:.2f}\\t{(peak - memory) / 1024:.0f}\\t{said}")
"""


def measure(data: bytes, seconds: float) -> str:
    """Return processor seconds, the rise of the memory peak in MiB and the answer."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _CODE],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)),
        )
    except subprocess.TimeoutExpired:
        return f">{time.monotonic() - started:.0f}\t\tno end"
    return done.stdout.decode().strip() or f"\t\tended with status {done.returncode}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of the names to run")
    parser.add_argument("--seconds", type=float, default=60.0, help="longest run of one")
    args = parser.parse_args()
    print("attack\tbytes\tCPU s\tpeak MiB\tanswer")
    for name, make in ATTACKS.items():
        if args.only in name:
            data = make()
            print(f"{name}\t{len(data)}\t{measure(data, args.seconds)}", flush=True)


if __name__ == "__main__":
    main()
