"""benchmarks.parity: what is counted as equal."""

from __future__ import annotations

from pathlib import Path

from benchmarks.agreement import compare_crops, compare_images, corners_within
from benchmarks.peers.protocol import Box, PeerLine
from hubocr.evaluation.sets import SETS, Dataset, Sample


def dataset(name: str, count: int) -> Dataset:
    samples = (Sample(f"{i}.png", Path(f"{i}.png"), "x", "") for i in range(count))
    return Dataset(SETS[name], tuple(samples))


def box(x: float, y: float) -> Box:
    return ((x, y), (x + 20, y), (x + 20, y + 10), (x, y + 10))


def line(x: float, y: float, text: str = "a", turned: bool = False, kept: bool = True) -> PeerLine:
    return PeerLine(box=box(x, y), text=text, turned=turned, kept=kept, score=0.9)


def test_texts_of_crops() -> None:
    found = compare_crops(
        dataset("lines_zh", 2),
        "rec",
        [(PeerLine(text="a", score=0.9),), (PeerLine(text="b", score=0.9),)],
        [(PeerLine(text="a", score=0.8),), (PeerLine(text="c", score=0.9),)],
    )
    (count,) = found.counts
    assert (count.what, count.equal, count.total, count.share) == ("rec texts", 1, 2, 0.5)
    (difference,) = found.differences
    assert (difference.set_name, difference.image) == ("lines_zh", "1.png")
    assert difference.reference == {"text": "b", "score": 0.9, "kept": True}
    assert difference.hubocr == {"text": "c", "score": 0.9, "kept": True}


def test_decisions_count_and_labels_below_the_threshold_do_not() -> None:
    found = compare_crops(
        dataset("lines_zh", 2),
        "cls",
        [(PeerLine(label="180", turned=False),), (PeerLine(label="180", turned=True),)],
        [(PeerLine(label="0", turned=False),), (PeerLine(label="180", turned=False),)],
    )
    assert [(count.what, count.equal, count.total) for count in found.counts] == [
        ("cls decisions", 1, 2)
    ]


def test_images() -> None:
    found = compare_images(
        dataset("scene", 2),
        "system",
        [(line(0, 0), line(0, 50, "b", kept=False), line(100, 0, "c")), (line(0, 0),)],
        [(line(1, 0), line(0, 50, "x", turned=True, kept=False)), (line(0, 0),)],
    )
    counts = {count.what: (count.equal, count.total) for count in found.counts}
    assert counts == {
        "system boxes with a partner": (3, 4),
        "system corners equal": (8, 16),
        "system corners within 1 px": (12, 16),
        "system decisions": (2, 4),
        "system texts": (2, 4),
        "system kept or dropped": (3, 4),
        "system images with equal answer": (1, 2),
    }
    assert [difference.what for difference in found.differences] == [
        "system boxes with a partner",
        "system corners equal",
        "system decisions",
        "system texts",
    ]


def test_the_order_of_detected_boxes_counts() -> None:
    one, other = PeerLine(box=box(0, 0)), PeerLine(box=box(0, 50))
    found = compare_images(dataset("scene", 1), "det", [(one, other)], [(other, one)])
    counts = {count.what: (count.equal, count.total) for count in found.counts}
    assert counts["det boxes with a partner"] == (2, 2)
    assert counts["det corners equal"] == (8, 8)
    assert counts["det images with equal boxes in order"] == (0, 1)


def test_corners_within() -> None:
    first = ((0, 0), (10, 0), (10, 10), (0, 10))
    second = ((0, 0), (11, 0), (11, 11), (0, 12))
    assert [corners_within(first, second, pixels) for pixels in (0, 1, 2)] == [1, 3, 4]
    # Another first corner is another box.
    assert corners_within(first, (*first[1:], first[0]), 1) == 0
