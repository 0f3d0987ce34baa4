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
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)


def scan(data: bytes) -> Layout:
    """Return the layout of a JPEG file."""
    place, orientation, frame = 2, 0, None
    for _ in range(MAX_JPEG_SEGMENTS):
        place = data.find(b"\xff", place)
        while place >= 0 and data[place + 1 : place + 2] == b"\xff":
            place += 1
        marker = data[place + 1] if 0 <= place < len(data) - 1 else _END
        if marker == _END:
            raise damaged()
        place += 2
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
    passes = data.count(START_OF_SCAN, place - 2)
    if passes > channels:
        passes = _count_scans(data, place)
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
    )


def _count_scans(data: bytes, place: int) -> int:
    """Count the scans up to the image's end, as far as a bit beyond the limit."""
    scans = 1
    for _ in range(MAX_JPEG_SEGMENTS):
        place += max(2, int.from_bytes(data[place : place + 2], "big"))
        while found := _MARKER.search(data, place):
            marker, place = data[found.end() - 1], found.end()
            if marker not in _STANDALONE:
                break
        if found is None or marker == _END:
            return scans
        scans += marker == _SCAN
        if scans > MAX_JPEG_SCANS:
            return scans
    raise refused(f"the JPEG file has more than {MAX_JPEG_SEGMENTS} segments")


def ends_early(data: bytes) -> bool:
    """Return whether a JPEG file lacks its end."""
    return data.rfind(END) < data.rfind(START_OF_SCAN)


def zeros_at_end(data: bytes) -> int:
    """Return how many zero bytes stand at the end of the pixels."""
    body = data.removesuffix(END)
    return len(body) - len(body.rstrip(b"\0"))
