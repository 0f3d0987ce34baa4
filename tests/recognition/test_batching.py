"""Which lines go together and how wide, against the rules written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.recognition.batching import bucket_width, join_equal, plan_padded, plan_single

SIZES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 900)), min_size=1, max_size=50)


def images_of(sizes: list[tuple[int, int]]) -> list[NDArray[np.uint8]]:
    return [np.zeros((height, width, 3), np.uint8) for height, width in sizes]


@given(width=st.integers(1, 200_000), smallest=st.sampled_from([100, 320, 640]))
def test_buckets_hold_the_line_and_waste_at_most_a_tenth(width: int, smallest: int) -> None:
    bucket = bucket_width(width, smallest)
    assert bucket >= max(width, smallest)
    if width <= smallest:
        assert bucket == smallest
    elif width >= 320:
        assert bucket <= 1.1 * width
        assert bucket % 32 == 0


@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=2), st.integers(8, 1000))
def test_wider_lines_never_get_narrower_buckets(widths: list[int], smallest: int) -> None:
    low, high = (bucket_width(width, smallest) for width in sorted(widths))
    assert low <= high


def test_buckets_are_few() -> None:
    # Every width is a shape that the engine has to compile.
    assert len({bucket_width(width, 320) for width in range(1, 2561)}) == 31


@given(sizes=SIZES)
def test_single_lines_have_the_width_of_nothing_but_themselves(
    sizes: list[tuple[int, int]],
) -> None:
    plan = plan_single(images_of(sizes), 48, 320)
    assert [batch.indices for batch in plan] == [(index,) for index in range(len(sizes))]
    for batch, (height, width) in zip(plan, sizes, strict=True):
        assert batch.width >= 48 * min(width / height, 100)
        (alone,) = plan_single(images_of([(height, width)]), 48, 320)
        assert batch.width == alone.width


@given(sizes=SIZES, batch_num=st.integers(1, 12), smallest=st.sampled_from([160, 320]))
def test_padded_batches_follow_the_reference(
    sizes: list[tuple[int, int]], batch_num: int, smallest: int
) -> None:
    plan = plan_padded(images_of(sizes), 48, smallest, batch_num)
    ratios = [min(width / height, 100.0) for height, width in sizes]
    assert sorted(index for batch in plan for index in batch.indices) == list(range(len(sizes)))
    # Lines of one ratio may stand in any order, so the ratios are compared.
    ascending = sorted(ratios)
    groups = [ascending[start : start + batch_num] for start in range(0, len(sizes), batch_num)]
    assert [[ratios[index] for index in batch.indices] for batch in plan] == groups
    widths = [int(48 * max([smallest / 48, *group])) for group in groups]
    assert [batch.width for batch in plan] == widths


@given(sizes=SIZES, threads=st.integers(1, 5), smallest=st.sampled_from([40, 160, 320]))
def test_joined_lines_have_one_size_and_the_threads_the_same_number(
    sizes: list[tuple[int, int]], threads: int, smallest: int
) -> None:
    single = plan_single(images_of(sizes), 48, smallest)
    joined = join_equal(single, threads)
    width_of = {batch.indices[0]: batch.width for batch in single}
    assert sorted(index for batch in joined for index in batch.indices) == list(range(len(sizes)))
    several = [batch for batch in joined if len(batch.indices) > 1]
    for batch in joined:
        assert {width_of[index] for index in batch.indices} == {batch.width}
    assert all(len(batch.indices) * batch.width <= 640 for batch in several)
    for width in {batch.width for batch in joined}:
        of_width = [batch for batch in joined if batch.width == width]
        assert sum(batch in several for batch in of_width) % threads == 0
        # What is left single would not fill one more round.
        left = sum(batch not in several for batch in of_width)
        assert left < threads * max(1, 640 // width) or 640 // width < 2


def test_a_strip_is_squeezed_and_costs_no_gigabytes() -> None:
    strip = [np.zeros((1, 100_000, 3), np.uint8)]
    assert plan_single(strip, 48, 320)[0].width <= 5000
    assert plan_padded(strip, 48, 320, 6)[0].width <= 5000


def test_no_lines() -> None:
    assert plan_single([], 48, 320) == []
    assert plan_padded([], 48, 320, 6) == []
