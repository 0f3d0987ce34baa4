from __future__ import annotations

from collections import Counter

import pytest

from hubocr.errors import SettingsError
from hubocr.evaluation.images import Source
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import Sample
from hubocr.training.data.sources import epoch_order, split_off


def test_sources_are_mixed_by_their_ratios() -> None:
    sources = [
        Source("a", tuple(Sample(f"a{n}", "1") for n in range(10)), ratio=0.5),
        Source("b", tuple(Sample(f"b{n}", "1") for n in range(4)), ratio=2.5),
    ]
    first, second = epoch_order(sources, 0, 0), epoch_order(sources, 0, 1)
    assert Counter(source for source, _ in first) == {0: 5, 1: 10}
    assert max(Counter(first).values()) == 3
    assert first != second
    assert epoch_order(sources, 0, 0) == first
    assert epoch_order(sources, 1, 0) != first


def test_a_part_is_kept_aside() -> None:
    source = Source("a", tuple(Sample(str(n), "1") for n in range(20)))
    training, validation = split_off(source, 0.1, 0)
    assert len(training.samples) == 18
    assert {*training.samples, *validation.samples} == {*source.samples}
    with pytest.raises(SettingsError, match="too few"):
        split_off(Source("b", source.samples[:3]), 0.1, 0)
    damaged = Source("c", source.samples[:3], (Problem("x.png", "not an image"),) * 4)
    with pytest.raises(SettingsError, match=r"3 images \(4 are skipped, the first: x.png: not an"):
        split_off(damaged, 0.1, 0)
