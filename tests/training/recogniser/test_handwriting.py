"""Lines of all lengths: what is kept of the base, what is streamed, what is joined."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hubocr.cli import main
from hubocr.errors import SettingsError
from tests.training import digit_strings, write_set

if TYPE_CHECKING:
    from hubocr.training.request import TrainingRequest

pytestmark = pytest.mark.usefixtures("training")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    return write_set(folder, [t for n in (2, 5, 9) for t in digit_strings(8, n, seed=n)])


def request(base: Path, lines: Path, out: Path, **changes: Any) -> TrainingRequest:
    from hubocr.training.request import TrainingRequest

    wanted = TrainingRequest(
        data=(str(lines),),
        out=out,
        validation=(str(lines),),
        base=str(base),
        preset="handwriting",
        epochs=3,
        batch_size=4,
        learning_rate=2e-3,
        patience=0,
        time_limit_min=0,
        threads=1,
        device="cpu",
        precision="fp32",
    )
    return replace(wanted, **changes)


def losses(out: Path) -> list[float]:
    text = (out / "training" / "log.jsonl").read_text(encoding="utf-8")
    return [row["loss"] for row in map(json.loads, text.splitlines()) if "loss" in row]


def test_handwriting_keeps_the_characters_of_the_base(
    tiny_base: Path, lines: Path, tmp_path: Path
) -> None:
    from hubocr.training.recogniser.prepare import prepare

    wanted = request(tiny_base, lines, tmp_path / "m")
    run = prepare(wanted)
    record = run.record.to_dict()
    assert "".join(record["characters"]) == "0123456789ab"
    assert record["concatenation"] == 0.2
    assert prepare(replace(wanted, learning_rate=None)).record.learning_rate == 4e-5
    assert (record["widening"], record["interpolation"]) == (1.25, 0.5)
    other = prepare(replace(wanted, widening=1.0, interpolation=1.0)).record.to_dict()
    assert (other["widening"], other["interpolation"]) == (1, 1)
    # Of 24 lines to validate on the last weights are the best ones, of 120 the most accurate.
    assert run.task.ranking == ()
    many = write_set(tmp_path, digit_strings(120, 4))
    chosen = prepare(replace(wanted, validation=(str(many),))).task.ranking
    assert chosen[0] == "character_accuracy"
    captcha = prepare(request(tiny_base, lines, tmp_path / "m", preset="captcha"))
    assert "".join(captcha.record.to_dict()["characters"]) == "0123456789"
    assert captcha.record.to_dict()["recombination"] == 0.5
    assert record["recombination"] == 0


def test_published_weights_lie_between_the_bases_and_the_trained_ones(
    tiny_base: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubocr.training.checkpoint import Checkpoint
    from hubocr.training.graph import Graph
    from hubocr.training.recogniser.prepare import train_recognizer
    from hubocr.training.recogniser.task import RecogniserTask

    # Of equal evaluations the last is the best.
    same = dict.fromkeys(("line_accuracy", "character_accuracy", "edit_similarity"), 0.0)
    monkeypatch.setattr(RecogniserTask, "evaluate", lambda *_: same)
    out, other = tmp_path / "mixed", tmp_path / "other"
    train_recognizer(request(tiny_base, lines, out, interpolation=0.25))
    checkpoint = out / "training" / "checkpoint.pt"
    start = Graph.load(out / "training" / "start.onnx").tensors
    trained = Checkpoint.load(checkpoint).averaged
    assert main(["export", str(checkpoint), "--out", str(other), "--interpolation", "0.75"]) == 0
    for folder, share in ((out, 0.25), (other, 0.75)):
        made = Graph.load(folder / "inference.onnx").tensors
        for name, weight in trained.items():
            before = start[name]
            expected = before + share * (weight.numpy() - before)
            assert np.allclose(made[name], expected, atol=1e-6)
        assert any(np.abs(made[name] - start[name]).max() > 1e-3 for name in trained)
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert f"{share:g} of them" in card
        assert "the weights are the last ones" in card
        # What was measured were the weights of the run's own share.
        assert ("not measured" in card) == (folder == other)
        assert ("0.0000" in card) == (folder == out)
    command = ["export", str(checkpoint), "--out", str(tmp_path / "no"), "--interpolation", "2"]
    assert main(command) == 1


def test_a_widened_model_stays_so(tiny_base: Path, lines: Path, tmp_path: Path) -> None:
    from hubocr.training.recogniser.prepare import prepare, train_recognizer

    out = tmp_path / "wide"
    train_recognizer(request(tiny_base, lines, out, epochs=1, widening=1.5))
    for base, factor in ((out, 1.5), (tiny_base, 1)):
        made = prepare(request(base, lines, tmp_path / "again", preset="line")).record.to_dict()
        assert made["widening"] == factor


@pytest.mark.parametrize("workers", [0, 1])
def test_a_streamed_run_that_was_stopped_goes_on_along_the_same_curve(
    tiny_base: Path,
    lines: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:
    from hubocr.training.recogniser.prepare import train_recognizer
    from hubocr.training.recogniser.task import RecogniserTask

    keep = (str(lines.parent),)
    wanted = request(tiny_base, lines, tmp_path / "whole", stream="on", keep=keep, keep_ratio=0.5)
    whole = train_recognizer(wanted)
    loss = RecogniserTask.loss

    def stopped(self: RecogniserTask, forward: Any, epoch: int, place: int) -> Any:
        if (epoch, place) == (1, 4):
            raise KeyboardInterrupt
        return loss(self, forward, epoch, place)

    cut = replace(wanted, out=tmp_path / "cut", workers=workers)
    with monkeypatch.context() as patched:
        patched.setattr(RecogniserTask, "loss", stopped)
        with pytest.raises(KeyboardInterrupt):
            train_recognizer(cut)
    resumed = train_recognizer(replace(cut, resume=True))
    assert losses(cut.out) == losses(wanted.out)
    assert resumed.evaluation == whole.evaluation


def test_what_is_kept_changes_less(tiny_base: Path, lines: Path, tmp_path: Path) -> None:
    """Labels that say the opposite change the reading, unless it is kept."""
    from hubocr.training.recogniser.prepare import prepare

    wrong = lines.with_name("wrong.tsv")
    rows = [row.split("\t") for row in lines.read_text(encoding="utf-8").splitlines()]
    wrong.write_text("".join(f"{file}\t{'7' * len(t)}\n" for file, t in rows), encoding="utf-8")
    tensor = np.random.default_rng(0).uniform(-1, 1, (2, 3, 48, 320)).astype(np.float32)

    def moved(out: Path, **changes: Any) -> float:
        run = prepare(request(tiny_base, wrong, out, epochs=6, preset="none", **changes))
        before = run.start.network().logits(tensor)
        state = run.run()
        after = run.start.network()
        after.load(state.averaged)
        return float(np.abs(after.logits(tensor) - before).mean())

    keep = (str(lines.parent),)
    assert moved(tmp_path / "kept", keep=keep, keep_ratio=4) < 0.7 * moved(tmp_path / "free")


def test_settings_that_do_not_go_together(tiny_base: Path, lines: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="`keep` goes with `base`"):
        request(tiny_base, lines, tmp_path / "m", scratch=True, keep=("x",))
    with pytest.raises(SettingsError, match="concatenation must be"):
        request(tiny_base, lines, tmp_path / "m", concatenation=2.0)
