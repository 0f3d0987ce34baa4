"""The kinds of text detectors: how each wants its image, what its output means.

A family is a file with ``match`` and ``load``, and a line in `FAMILIES`; see `hubocr.families` for
those of other packages. ``match`` and ``load`` are given a `hubocr.families.Candidate`.
"""

from hubocr.detection.families.base import Family, LoadedFamily, ScoredPolygon
from hubocr.families import Candidate, FamilyRegistry

FAMILIES: FamilyRegistry[Candidate, LoadedFamily] = FamilyRegistry(
    "hubocr.detection_families",
    own=(),
    usual="hubocr.detection.families.db",
)
"""The families of detectors."""

__all__ = ["FAMILIES", "Family", "LoadedFamily", "ScoredPolygon"]
