"""Lines that are read when they are needed."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from hubocr.errors import DatasetError
from hubocr.evaluation.readers import open_lines
from hubocr.training.data.augmentation import Augmentation
from hubocr.training.data.stream import LineStream, StreamBatches
from hubocr.training.recogniser.concatenation import Concatenation
from hubocr.training.recogniser.making import Batch, Maker
from hubocr.training.recogniser.shape import InputShape
from tests.training import DIGITS, draw_text

COUNT = 100
SIZE = 4


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A hundred lines of which each says its number."""
    rows = []
    for number in range(COUNT):
        cv2.imwrite(str(tmp_path / f"{number}.png"), draw_text(f"{number:03}"))
        rows.append(f"{number}.png\t{number:03}\n")
    (tmp_path / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return tmp_path / "labels.tsv"


def stream(path: Path, ratio: float = 1.0) -> LineStream:
    index = open_lines(path)
    return LineStream(str(path), index, np.arange(len(index)), ratio)


def batches(
    *streams: LineStream, workers: int = 0, share: float = 0.0, characters: str = DIGITS
) -> StreamBatches[Batch]:
    maker = Maker(
        {c: n for n, c in enumerate(characters, start=1)},
        InputShape(48, None),
        Augmentation(share=0.5, light=20, shear=0.1),
        seed=3,
        concatenation=Concatenation(share),
    )
    return StreamBatches(streams, maker, SIZE, workers)


def texts(batch: Batch) -> list[str]:
    ends = np.cumsum(batch.lengths)
    return [
        "".join(DIGITS[c - 1] for c in batch.classes[e - n : e])
        for e, n in zip(ends, batch.lengths, strict=True)
    ]


def epoch(source: StreamBatches[Batch], number: int) -> list[str]:
    return [
        text for place in range(-(-COUNT // SIZE)) for text in texts(source.batch(number, place))
    ]


def test_an_epoch_takes_every_line_once_in_another_order(labels: Path) -> None:
    source = batches(stream(labels))
    first, second = epoch(source, 0), epoch(source, 1)
    everything = [f"{number:03}" for number in range(COUNT)]
    assert sorted(first) == sorted(second) == everything
    assert first != second and first != everything
    # Shuffled over all of the set, not only among neighbours.
    early = [int(text) for text in first[:30]]
    assert min(early) < 20 and max(early) > 80


def test_workers_and_a_new_start_give_the_same_batches(labels: Path) -> None:
    alone = batches(stream(labels), share=0.5)
    several = batches(stream(labels), share=0.5, workers=2)
    try:
        for number in range(60):
            left, right = (s.batch(*divmod(number, 25)) for s in (alone, several))
            assert np.array_equal(left.tensor, right.tensor)
            assert np.array_equal(left.classes, right.classes)
        # As a run that goes on after a stop would ask.
        again = batches(stream(labels), share=0.5).batch(1, 13)
        assert np.array_equal(again.tensor, batches(stream(labels), share=0.5).batch(1, 13).tensor)
        assert np.array_equal(again.tensor, several.batch(1, 13).tensor)
    finally:
        several.close()


def test_sources_are_mixed_by_their_ratios(labels: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tsv"
    rows = labels.read_text(encoding="utf-8").splitlines()
    other.write_text("".join(f"{row.split(chr(9))[0]}\t7\n" for row in rows[:10]), encoding="utf-8")
    source = batches(stream(labels, 0.5), stream(other, 2.5))
    found = Counter(
        text for place in range(-(-75 // SIZE)) for text in texts(source.batch(0, place))
    )
    assert found["7"] == 25
    assert found.total() == 75


def test_what_is_damaged_is_skipped_and_counted(labels: Path) -> None:
    raw = labels.read_text(encoding="utf-8").splitlines()
    raw[3] = "gone.png\t003"
    raw[4] = "4.png"
    raw[5] = "5.png\tabc"
    raw[6] = "6.png\t" + "1" * 40
    labels.write_text("\n".join(raw), encoding="utf-8")
    source = batches(stream(labels))
    assert sorted(epoch(source, 0)) == [f"{n:03}" for n in range(COUNT) if n not in (3, 4, 5, 6)]
    assert source.skipped == 4


def test_a_window_without_any_line_is_an_error(tmp_path: Path) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text("gone.png\t1\n" * 40, encoding="utf-8")
    for workers in (0, 1):
        source = batches(stream(labels), workers=workers)
        with pytest.raises(DatasetError, match=r"of 32 lines none can be used.*gone\.png"):
            source.batch(0, 0)


def test_joined_lines_have_both_texts_and_a_gap(labels: Path) -> None:
    source = batches(stream(labels), share=1.0)
    batch = source.batch(0, 0)
    assert set(batch.lengths) == {6}
    assert batch.tensor.shape[3] == 320


def test_a_stream_goes_to_another_process_without_its_pixels(labels: Path) -> None:
    source = batches(stream(labels))
    source.batch(0, 0)
    assert len(pickle.dumps(source)) < 20_000
