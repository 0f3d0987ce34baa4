"""The kinds of recognisers: how each wants its lines, what its output means, whose characters.

A family is a file with ``match`` and ``load``, and a line in `FAMILIES`; see `hubocr.families` for
those of other packages.
"""

from hubocr.families import FamilyRegistry
from hubocr.recognition.families.base import Family, LineModel, LoadedFamily

FAMILIES: FamilyRegistry[LineModel, LoadedFamily] = FamilyRegistry(
    "hubocr.recognition_families",
    own=(
        "hubocr.recognition.families.ddddocr",
        "hubocr.recognition.families.modelscope",
    ),
    usual="hubocr.recognition.families.ppocr",
)
"""The families of recognisers."""

__all__ = ["FAMILIES", "Family", "LineModel", "LoadedFamily"]
