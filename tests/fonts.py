"""A font for the tests that draw text."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_FONT = "DejaVuSans.ttf"
_PLACES = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu"))


def find_font() -> Path:
    """DejaVu Sans, of the system or of matplotlib."""
    places = list(_PLACES)
    package = importlib.util.find_spec("matplotlib")
    if package is not None and package.origin:
        places.append(Path(package.origin).parent / "mpl-data" / "fonts" / "ttf")
    found = next((place / _FONT for place in places if (place / _FONT).is_file()), None)
    if found is None:
        pytest.skip("DejaVu Sans is neither on the system nor in matplotlib")
    return found
