"""The structure of a JPEG file (ITU-T T.81, annex B)."""

from __future__ import annotations

import re

from hubocr.imaging.containers.exif import orientation_of
from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_JPEG_SCANS, MAX_JPEG_SEGMENTS

SIGNATURE = b"\xff\xd8\xff"
END = b"\xff\xd9"
START_OF_SCAN = b"\xff\xda"

_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MULTI_SCAN = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})

# A marker within the pixels that ends them: not a stuffed or fill byte, not a restart marker.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]", re.DOTALL)
_NOT_FILL = re.compile(rb"[^\xff]", re.DOTALL)


def scan(data: bytes) -> Layout:
    """Return the layout of a JPEG file."""
    place, orientation, frame = 2, 0, None
    for _ in range(MAX_JPEG_SEGMENTS):
        place = data.find(b"\xff", place)
        found = _NOT_FILL.search(data, place + 1) if place >= 0 else None
        marker = data[found.start()] if found else _END
        if found is None or marker == _END:
            raise damaged()
        place = found.end()
        if marker in _STANDALONE or marker == 0:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        if marker in _FRAMES and frame is None:
            frame = (marker, data[place + 2 : place + 8])
        elif marker == _APP1 and not orientation and data[place + 2 : place + 6] == b"Exif":
            orientation = orientation_of(data[place + 2 : place + length])
        elif marker == _SCAN:
            break
        place += max(2, length)
    else:
        raise refused(f"the JPEG file has more than {MAX_JPEG_SEGMENTS} segments")
    if frame is None or len(frame[1]) < 6:
        raise damaged()
    height, width = (int.from_bytes(frame[1][i : i + 2], "big") for i in (1, 3))
    channels = frame[1][5]
    # Within pixels 0xFF is followed by 0, so that this counts each scan and a few chances more.
    passes, cut = data.count(START_OF_SCAN, place - 2), False
    if passes > channels or not data.endswith(END):
        passes, cut = _walk(data, place)
    if passes > MAX_JPEG_SCANS:
        raise refused(f"the JPEG file has more than {MAX_JPEG_SCANS} scans")
    return Layout(
        "JPEG",
        width,
        height,
        passes=max(1, passes),
        orientation=orientation or 1,
        bits=frame[1][0],
        multi_channel=channels > 1,
        cut=cut,
    )


def _walk(data: bytes, place: int) -> tuple[int, bool]:
    """Count the scans, as far as a bit beyond the limit, and look for the image's end.

    Args:
        data: The file.
        place: Where the length of the first scan's header is.

    Returns:
        The scans, and whether the end is missing.
    """
    scans = 1
    for _ in range(MAX_JPEG_SEGMENTS):
        place += max(2, int.from_bytes(data[place : place + 2], "big"))
        found = _MARKER.search(data, place)
        if found is None:
            return scans, True
        marker, place = data[found.end() - 1], found.end()
        scans += marker == _SCAN
        if marker == _END or scans > MAX_JPEG_SCANS:
            return scans, False
    raise refused(f"the JPEG file has more than {MAX_JPEG_SEGMENTS} segments")


def zeros_at_end(data: bytes) -> int:
    """Return how many zero bytes stand at the end of the pixels."""
    body = data.removesuffix(END)
    return len(body) - len(body.rstrip(b"\0"))
