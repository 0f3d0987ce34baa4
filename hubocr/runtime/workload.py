"""What kind of work a stage brings; the runtime decides what that means for threads."""

from __future__ import annotations

from enum import Enum


class Workload(Enum):
    """How the tensors of a stage come, and how large they are."""

    PAGE = "page"
    """Whole images, one a call: a tenth of a second or more each."""

    LINES = "lines"
    """Lines of text, mostly many a call: some milliseconds each."""

    LINE = "line"
    """Lines of text, mostly one a call: a network is made ready for that first."""

    CROPS = "crops"
    """Small pieces, about a millisecond each: dividing one among threads gains nothing."""
