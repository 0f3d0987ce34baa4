"""Defaults of the Python interface, ``hubocr predict`` and the web page.

hubserving's modules answer as the reference does; these take what reads best.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubocr.settings.scenes import GENERAL, SCENES

PIPELINE_PROFILE = GENERAL
"""The profile where none is named."""

PIPELINE_DEFAULTS: Mapping[str, object] = {
    "page_direction": "auto",
    "performance": "throughput",
    "reading_order": "auto",
    "scenes": tuple(SCENES),
}
"""Parameters by public name; they lie under a profile and under all that is set."""
