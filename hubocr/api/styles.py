"""In whose form results come: PaddleX 3.x's, its second beta's, or its first draft's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hubocr.api.beta import BetaResult
from hubocr.api.result import OCRResult
from hubocr.documents import PageError
from hubocr.errors import SettingsError
from hubocr.services.documents import ReadPage


@dataclass(frozen=True)
class Style:
    """A form of results.

    Attributes:
        result: Makes what the caller's loop gets of a page.
        is_beta: Whether calls take what 3.0-beta took: ``{"img": ...}`` as input, batch sizes.
        defaults: Our parameters that the form needs.
    """

    result: Callable[[ReadPage | PageError], Any]
    is_beta: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict)


# The beta left no line out.
_BETA: Mapping[str, object] = {"drop_score": 0.0}

STYLES: Mapping[str, Style] = {
    "paddlex": Style(OCRResult),
    "paddlex-beta": Style(BetaResult, True, _BETA),
    "paddlex-draft": Style(lambda item: [{"result": BetaResult(item)}], True, _BETA),
}
"""The forms by the name that ``create_pipeline(compat=...)`` takes."""


def find_style(name: str) -> Style:
    """Return a form by its name.

    Raises:
        SettingsError: There is none of that name.
    """
    if name not in STYLES:
        raise SettingsError(
            f"compat must be one of {', '.join(STYLES)}, not {name!r}", setting="compat"
        )
    return STYLES[name]
