"""How many chunks a chunked body has.

The HTTP library takes some microseconds for a chunk, so that a body of single bytes keeps it busy
for seconds. Where the body ends is the library's to say; this only counts.
"""

from __future__ import annotations

import re

_FREE = 10_000
_BYTES = 256
"""A body may have so many chunks, and one more for so many of its bytes: programs write chunks of a
kilobyte and more, and some each of their small texts."""

_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}(?=[;\r \t])")
_LONGEST_LINE = 32_768


class ChunkCounter:
    """Walks over the framing of a chunked body (RFC 9112, section 7.1) as it comes."""

    def __init__(self) -> None:
        self._chunks = 0
        self._bytes = 0
        self._left = 0
        """Bytes of the chunk in hand that haven't come, with the line end behind it."""
        self._line = b""
        self._is_over = False

    def feed(self, data: bytes) -> int | None:
        """Take what has come.

        Returns:
            Where the first chunk begins that is one too many; None where there is none.
        """
        place = 0
        while place < len(data) and not self._is_over:
            if self._left:
                step = min(self._left, len(data) - place)
                self._left -= step
                self._bytes += step
                place += step
                continue
            end = data.find(b"\n", place)
            if end < 0:
                self._line += data[place:]
                self._is_over = len(self._line) > _LONGEST_LINE
                break
            if self._chunks >= _FREE + self._bytes // _BYTES:
                self._is_over = True
                return place
            self._begin(self._line + data[place : end + 1])
            self._line, place = b"", end + 1
        return None

    def _begin(self, line: bytes) -> None:
        found = _SIZE.match(line)
        size = int(found.group(), 16) if found else 0
        self._chunks += 1
        self._left = size + 2
        # The last one, or what the library refuses.
        self._is_over = size == 0
