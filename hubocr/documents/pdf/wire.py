"""What the two ends of a PDF process send each other: a JSON object and bytes that belong to it.

Both ends are ours, but the process reads untrusted files: nothing that it sends is run or
unpickled.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

LENGTHS = struct.Struct(">IQ")
"""Lengths of the object and of the bytes, in front of both."""

Message = dict[str, Any]


def pack(message: Message, payload_size: int) -> bytes:
    """Return what goes in front of the payload."""
    body = json.dumps(message).encode("ascii")
    return LENGTHS.pack(len(body), payload_size) + body


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes.

    Raises:
        EOFError: The stream ends before.
    """
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
