"""How well a detector finds the text of images: recall, precision and their harmonic mean.

The protocol is that of ICDAR 2015 for incidental text (Karatzas et al., ICDAR 2015 Competition on
Robust Reading, 2015): a box is found where one that a detector gives has an IoU of at least 0.5
with it, one to one; a found box with more than half of its area in an ignored region counts neither
way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from hubocr.detection import TextDetector
from hubocr.detection.matching import MIN_IOU, Corners, match_polygons, share_inside
from hubocr.evaluation.pages import Page
from hubocr.settings import DetectionSettings

_MOST_IGNORED = 0.5


@dataclass(frozen=True)
class BoxCounts:
    """Counts of boxes; those of several images are added up.

    Attributes:
        images: Number of images.
        expected: Boxes that are there.
        found: Boxes that were found, without those in ignored regions.
        matched: Boxes of both kinds that are pairs.
    """

    images: int = 0
    expected: int = 0
    found: int = 0
    matched: int = 0

    def __add__(self, other: BoxCounts) -> BoxCounts:
        return BoxCounts(
            self.images + other.images,
            self.expected + other.expected,
            self.found + other.found,
            self.matched + other.matched,
        )

    @property
    def recall(self) -> float:
        """Share of the boxes that are there that were found; 1 where there are none."""
        return self.matched / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the boxes found that are there; 1 where none were found."""
        return self.matched / self.found if self.found else 1.0

    @property
    def hmean(self) -> float:
        """Harmonic mean of recall and precision."""
        total = self.expected + self.found
        return 2 * self.matched / total if total else 1.0


def count_boxes(page: Page, found: Sequence[Corners], min_iou: float = MIN_IOU) -> BoxCounts:
    """Compare what was found in a page with its regions."""
    expected = [region.points for region in page.regions if not region.ignored]
    ignored = [region.points for region in page.regions if region.ignored]
    kept = [
        box
        for box in found
        if not any(share_inside(box, region) > _MOST_IGNORED for region in ignored)
    ]
    matched = len(match_polygons(expected, kept, min_iou))
    return BoxCounts(1, len(expected), len(kept), matched)


@dataclass(frozen=True, eq=False)
class FoundPage:
    """A labelled page and what a detector found in it.

    Attributes:
        page: The page.
        polygons: What was found, corners (x, y) in pixels.
        counts: How that compares with the labels.
    """

    page: Page
    polygons: Sequence[NDArray[Any]]
    counts: BoxCounts


def find_pages(
    detector: TextDetector, pages: Sequence[Page], settings: DetectionSettings | None = None
) -> list[FoundPage]:
    """Return what a detector finds in pages, as it is served, in order."""
    found = []
    for page in pages:
        polygons = detector.detect(page.image(), settings).polygons
        found.append(FoundPage(page, polygons, count_boxes(page, polygons)))
    return found


def total_counts(found: Sequence[FoundPage]) -> BoxCounts:
    """Return the counts of all pages together."""
    return sum((page.counts for page in found), BoxCounts())
