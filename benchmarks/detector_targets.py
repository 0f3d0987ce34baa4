"""What a detector could reach that answered as it is trained to: labels as maps, read as served.

Two ways of shrinking regions are compared: by DB's distance, area * (1 - 0.4^2) / perimeter, and by
`hubocr.training.detector.targets.shrink_distance`, which is what serving grows regions by.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.detector_sets import DOMAINS, GENERAL, write_general
from benchmarks.report import markdown_table
from hubocr.detection.db import find_polygons
from hubocr.detection.preprocess import input_size
from hubocr.errors import HubocrError
from hubocr.evaluation.boxes import BoxCounts, count_boxes
from hubocr.evaluation.pages import Page, load_pages
from hubocr.settings import OcrOptions
from hubocr.training.detector import targets

_SETS = (*(name for domain in DOMAINS for name in domain.sets), *GENERAL)
_SERVED = OcrOptions().detection

Distance = Callable[[float, float], float]
"""From area and perimeter to how far a region is shrunk."""


def paper_distance(area: float, perimeter: float) -> float:
    """Return DB's distance with its ratio of 0.4."""
    return area * (1 - 0.4**2) / perimeter


def reachable(pages: Sequence[Page], distance: Distance) -> BoxCounts:
    """Return the counts of a detector that answers exactly what it is trained to."""
    total = BoxCounts()
    with patch.object(targets, "shrink_distance", distance):
        for page in pages:
            height, width = page.size
            rows, columns = input_size(height, width, _SERVED)
            size = max(rows, columns)
            matrix = np.array([[columns / width, 0, 0], [0, rows / height, 0]], np.float64)
            image = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
            drawn = targets.draw_targets(targets.targets_of(page.regions), image, matrix, size)
            found = find_polygons(drawn[0, :rows, :columns], width, height, _SERVED)
            total += count_boxes(page, [polygon for polygon, _ in found])
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the two ways on the sets that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detector_targets",
        description="Print the hmean at an IoU of 0.5 that a detector could reach which answered "
        "exactly as it is trained to, for two ways of shrinking regions.",
    )
    parser.add_argument("--sets", nargs="+", choices=_SETS, default=list(_SETS), metavar="SET")
    options = parser.parse_args(arguments)
    rows = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name in options.sets:
                pages = load_pages(write_general(name, Path(folder))).samples
                ways = (paper_distance, targets.shrink_distance)
                found = [reachable(pages, way) for way in ways]
                figures = [f"{counts.hmean:.3f}" for counts in found]
                rows.append([name, str(len(pages)), str(found[0].expected), *figures])
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(markdown_table(["set", "images", "boxes", "DB's distance", "what serving grows"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
