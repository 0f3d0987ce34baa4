"""What the doors for people do that are told nothing else: Python, ``predict`` and the page.

hubserving's modules answer as the reference does; these take what reads best.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubocr.settings.scenes import GENERAL, SCENES

DOOR_PROFILE = GENERAL
"""The profile where none is named."""

DOOR_DEFAULTS: Mapping[str, object] = {
    "page_direction": "auto",
    "performance": "throughput",
    "reading_order": "auto",
    "scenes": tuple(SCENES),
}
"""Parameters by public name; they lie under a profile and under all that is set."""
