"""Keeping the memory of a process that reads many images small."""

from __future__ import annotations

import ctypes
import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)

# Numbers of mallopt's parameters in glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_MIB = 1 << 20
_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
_SETTINGS = ((_M_ARENA_MAX, 2), (_M_MMAP_THRESHOLD, _MIB), (_M_TRIM_THRESHOLD, 8 * _MIB))


def bound_heap() -> None:
    """Let glibc's allocator use few arenas and give large blocks back to the system at once.

    By itself it raises its limit for large blocks to 32 MB as soon as one has been freed, and keeps
    an arena for every few threads: images of all sizes, decoded in many threads, then leave holes
    of hundreds of megabytes. Elsewhere than on Linux with glibc nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # no glibc
        return
    for parameter, value in _SETTINGS:
        if not mallopt(parameter, value):
            logger.debug("mallopt refused %d", parameter)


def trim_heap() -> None:
    """Give free memory of the allocator back to the system; glibc only."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, TypeError, AttributeError):  # no glibc
        return


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes; 0 where the system doesn't tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_SIZE
    except (OSError, IndexError, ValueError):
        return 0
