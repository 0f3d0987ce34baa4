"""benchmarks.speed: rounds in turn, medians, paired ratios, tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import cast

import numpy as np
import pytest

from benchmarks.peers.protocol import ModelFolders, PeerError, PeerLine, PeerRound
from benchmarks.peers.session import PeerSession
from benchmarks.speed import main
from benchmarks.speed_images import TaskImages, box_agreement, fit
from benchmarks.speed_report import Row, as_json, draw, rows, scaling, start_table, table
from benchmarks.speed_rounds import Measured, measure, paired_ratio, slower_ways, throughput
from benchmarks.speed_startup import Start
from benchmarks.speed_systems import TASKS, Contender, Models, contenders
from hubocr.evaluation.sets import SETS, Dataset, Sample
from hubocr.settings import OcrOptions

LINES = ((PeerLine(text="right"),), (PeerLine(text="wrong"),))


def passes(*seconds: float) -> list[PeerRound]:
    return [PeerRound(value, 2 * value, 100) for value in seconds]


def contender(system: str, how: str = "", reference: bool = False, **more: object) -> Contender:
    return Contender(system, how, "hubocr" if reference else "peer", reference=reference, **more)  # type: ignore[arg-type]


def task_images() -> TaskImages:
    samples = tuple(Sample(f"{n}.png", Path(f"{n}.png"), "right", "") for n in range(2))
    return TaskImages((Dataset(SETS["scene_words_en"], samples),), ("0.npy", "1.npy"))


DET = OcrOptions().detection


class FakeSession:
    """Stands for a session; takes its seconds from a list and notes who ran."""

    def __init__(self, name: str, seconds: Sequence[float], log: list[str]) -> None:
        self.name, self._seconds, self._log = name, list(seconds), log
        self.ready = PeerRound(0, 0, 0)

    def __enter__(self) -> FakeSession:
        if self.name == "absent":
            raise PeerError("absent ended with status 1")
        self._log.append(f"start {self.name}")
        self.ready = type("Ready", (), {"versions": {"x": "1"}})()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._log.append(f"end {self.name}")

    def round(self) -> PeerRound:
        self._log.append(self.name)
        if not self._seconds:
            raise PeerError(f"{self.name} ended with status 2")
        return PeerRound(self._seconds.pop(0), 1, 50, LINES)


def run(seconds: Mapping[str, Sequence[float]], rounds: int) -> tuple[list[Measured], list[str]]:
    log: list[str] = []

    def start(one: Contender) -> PeerSession:
        return cast(PeerSession, FakeSession(one.system, seconds[one.system], log))

    return measure([contender(name) for name in seconds], start, rounds, "test"), log


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed_rounds._PAUSE_S", 0)


def test_systems_take_turns_and_the_first_round_does_not_count() -> None:
    found, log = run({"a": [9, 1, 2], "b": [9, 3, 4]}, 2)
    assert log == ["start a", "start b", *"abab", "a", "b", "end b", "end a"]
    assert [[done.seconds for done in one.rounds] for one in found] == [[1, 2], [3, 4]]
    assert found[0].lines == LINES
    assert found[0].versions == {"x": "1"}


def test_who_fails_drops_out_and_the_others_go_on() -> None:
    found, log = run({"a": [9, 1, 2], "absent": [], "dies": [9, 1]}, 2)
    assert [one.error for one in found] == [
        "",
        "absent ended with status 1",
        "dies ended with status 2",
    ]
    assert log.count("dies") == 3
    assert len(found[0].rounds) == 2


def test_throughput_is_the_median_of_the_rounds() -> None:
    assert throughput(passes(1, 2, 10), 20) == 10


def test_ratios_are_of_paired_rounds() -> None:
    # The second round of both was disturbed, which the ratio doesn't see.
    ratio = paired_ratio(passes(1, 5, 1), passes(2, 11, 3))
    assert (ratio.median, ratio.low, ratio.high) == (2.2, 2, 3)


def test_the_slower_way_of_calling_a_system() -> None:
    found = [
        Measured(contender("a", "one by one", at_once=False), passes(2, 2)),
        Measured(contender("a", "one call", at_once=True), passes(1, 1)),
        Measured(contender("b", "one call", at_once=True), passes(9, 9)),
        Measured(contender("ours", "one call", True, at_once=True), passes(9, 9)),
    ]
    assert slower_ways(found) == {"a, one by one"}


def measured_rows() -> list[Row]:
    found = [
        Measured(contender("ours", reference=True), passes(1, 1), LINES),
        Measured(contender("peer"), passes(2, 4), LINES),
        Measured(contender("gone"), error="it ended"),
    ]
    return rows(found, task_images())


def test_rows_and_their_table() -> None:
    ours, peer, gone = measured_rows()
    assert (ours.throughput, ours.cpu_ms) == (2, 1000)
    assert peer.ratios["fp32"].median == 3
    assert peer.accuracy["line accuracy"] == 0.5
    assert gone.error == "it ended"
    text = table([ours, peer, gone])
    assert "hubocr fp32 / this" in text
    assert "**3.00 (2.00–4.00)**" in text
    assert "lines 0.500" in text
    assert "failed" in text
    assert as_json([peer])[0]["ratios"]["fp32"] == {"median": 3.0, "low": 2.0, "high": 4.0}


def test_boxes_without_texts_are_counted() -> None:
    box = PeerLine(box=((0, 0), (1, 0), (1, 1), (0, 1)))
    assert task_images().accuracy([(box, box), ()]) == {"boxes": 2}
    assert task_images().accuracy([(), ()]) == {}


def test_boxes_are_compared_one_by_one_and_not_by_their_number() -> None:
    left = PeerLine(box=((0, 0), (10, 0), (10, 10), (0, 10)))
    right = PeerLine(box=((50, 0), (60, 0), (60, 10), (50, 10)))
    assert box_agreement([(left, right)], [(left, right)]) == 1
    assert box_agreement([(left, left)], [(left, right)]) == 0.5
    assert box_agreement([()], [()]) == 1


def test_all_detectors_run_the_same_thresholds() -> None:
    found = {one.peer: one for one in contenders("detect", MODELS, 2, has_bf16=True)}
    thresholds = (DET.box_thresh, DET.unclip_ratio)
    old, new = found["paddleocr210"].parameters, found["paddleocr37"].parameters
    assert (old["det_db_box_thresh"], old["det_db_unclip_ratio"]) == thresholds
    assert (new["box_thresh"], new["unclip_ratio"]) == thresholds


def test_starts_are_listed_by_task() -> None:
    starts = [
        Start("a", "fp32", "system", 2, (1, 3), 400),
        Start("a", "fp32", "rec", 0.5, (0.4, 0.6), 200),
    ]
    lines = start_table(starts).splitlines()
    assert "0.50 (0.40–0.60)" in lines[2]
    assert "receipt" in lines[3]


def test_scaling_compares_the_same_row() -> None:
    one, two = measured_rows(), measured_rows()
    assert scaling({2: {"lines": two}, 1: {"lines": one}}) == [
        "lines, ours, fp32: 2 threads give 1.00 times the images of 1"
    ]
    assert scaling({2: {"lines": two}}) == []


def test_a_chart_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert draw(measured_rows(), "lines", tmp_path / "lines.png")
    assert (tmp_path / "lines.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [(2000, 900), (500, 500), (30, 900)])
def test_pages_of_one_size(size: tuple[int, int]) -> None:
    page = fit(np.zeros((*size, 3), np.uint8))
    assert sorted(page.shape) == [3, 736, 960]
    assert page.dtype == np.uint8
    assert page.min() == 0


MODELS = Models(ModelFolders("d", "c", "r", "k"), ModelFolders("d", "c", "r", "k"))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("has_bf16", [True, False])
def test_every_task_has_one_reference_a_precision(task: str, has_bf16: bool) -> None:
    found = contenders(task, MODELS, 2, has_bf16=has_bf16)
    precisions = ["fp32", "bf16"] if has_bf16 else ["fp32"]
    assert [one.precision for one in found if one.reference] == precisions
    assert {one.precision for one in found} == set(precisions)
    names = [(one.name, one.precision) for one in found]
    assert len(set(names)) == len(names)


def test_more_threads_than_cores_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--threads", "4096"])
    assert "cores" in capsys.readouterr().err
