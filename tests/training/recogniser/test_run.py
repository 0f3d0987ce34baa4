"""Whole runs on a tiny network: it learns, goes on after a kill, is served as it was trained."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readings import read_samples
from hubocr.recognition import TextRecognizer, decode_greedy
from hubocr.settings import EngineName, EngineSettings
from hubocr.training.recogniser.shape import InputShape
from tests.arrays import bgr
from tests.training import DIGITS, digit_strings, draw_text, write_set
from tests.training.graph.test_network import RELEASED, released
from tests.training.resuming import assert_same, curve, kill_after

if TYPE_CHECKING:
    from hubocr.training.request import TrainingRequest
    from hubocr.training.run import TrainingResult

pytestmark = pytest.mark.usefixtures("training")


def request(base: Path, digits: Path, out: Path, **changes: Any) -> TrainingRequest:
    from hubocr.training.request import TrainingRequest

    wanted = TrainingRequest(
        data=(str(digits / "train.tsv"),),
        out=out,
        validation=(str(digits / "train.tsv"),),
        base=str(base),
        preset="none",
        width=96,
        epochs=150,
        batch_size=10,
        learning_rate=5e-3,
        patience=0,
        time_limit_min=0,
        threads=1,
        device="cpu",
    )
    return replace(wanted, **changes)


@pytest.fixture(scope="module")
def trained(
    tiny_base: Path, digits: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult]:
    from hubocr.training.recogniser.prepare import train_recognizer

    out = tmp_path_factory.mktemp("trained") / "my_digits"
    return out, train_recognizer(request(tiny_base, digits, out))


def test_twenty_images_are_learnt_by_heart(trained: tuple[Path, TrainingResult]) -> None:
    _, result = trained
    assert result.baseline < 0.1
    assert result.evaluation["line_accuracy"] >= 0.95
    assert result.difference < 1e-5
    assert result.problems == ()


def test_what_no_label_shows_is_left_as_the_base_has_it(
    tiny_base: Path, digits: Path, tmp_path: Path
) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.head import find_head
    from hubocr.training.recogniser.prepare import train_recognizer

    # The base knows a and b but not c, and its biases are 0.
    charset = DIGITS + "abc"
    train_recognizer(request(tiny_base, digits, tmp_path, charset=charset, epochs=3))
    graph = Graph.load(tmp_path / "inference.onnx")
    bias = find_head(graph).bias
    assert bias is not None
    shown = {c for sample in load_source(digits / "train.tsv").samples for c in sample.text}
    assert shown == set(DIGITS)
    learnt = dict(zip(["blank", *charset], graph.tensors[bias] != 0, strict=True))
    assert learnt == {name: name not in "ab" for name in learnt}


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_read_what_training_read(
    trained: tuple[Path, TrainingResult], digits: Path, engine: EngineName
) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    out, _ = trained
    settings = EngineSettings(engine=engine, cpu_threads=1)
    recognizer = TextRecognizer.load(out, settings)
    assert recognizer.network.name == engine
    assert "".join(recognizer.vocabulary.characters) == DIGITS
    graph = Graph.load(out / "inference.onnx")
    network = Network(graph, graph.output)
    for name in ("train.tsv", "val.tsv"):
        samples = load_source(digits / name).samples
        # As wide as they like: the model wants them stretched.
        images = [
            bgr(cv2.resize(sample.image(), (80 + 9 * n, 40))) for n, sample in enumerate(samples)
        ]
        tensor = InputShape(48, 96).tensor(images, 96)
        expected = [decode_greedy(line, recognizer.vocabulary) for line in network.logits(tensor)]
        found = recognizer.recognize(images)
        assert [text.text for text in found] == [text.text for text in expected]
        assert np.allclose([t.score for t in found], [t.score for t in expected], atol=1e-4)
        if name == "train.tsv":
            readings = read_samples(recognizer, samples)
            right = sum(reading.expected == reading.found for reading in readings)
            assert right / len(readings) == trained[1].evaluation["line_accuracy"]


def test_a_run_leaves_its_papers(trained: tuple[Path, TrainingResult]) -> None:
    out, _ = trained
    card = (out / "README.md").read_text(encoding="utf-8")
    for part in ("# my_digits", "0123456789", "train.tsv | 20 | 0", "96 wide, stretched"):
        assert part in card
    assert (out / "dictionary.txt").read_text(encoding="utf-8").splitlines() == list(DIGITS)
    page = (out / "training" / "samples.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == 20
    if (out / "training" / "chart.png").is_file():
        assert cv2.imread(str(out / "training" / "chart.png")) is not None
    log = [json.loads(line) for line in curve(out)]
    losses = [line["loss"] for line in log if "loss" in line]
    assert len(losses) == 300
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("scratch", [False, True])
def test_a_killed_run_goes_on_along_the_same_curve(
    tiny_base: Path, digits: Path, tmp_path: Path, scratch: bool
) -> None:
    from hubocr.training.recogniser.prepare import train_recognizer

    out = tmp_path / "whole"
    wanted = request(tiny_base, digits, out, epochs=40, preset="captcha", scratch=scratch)
    whole = train_recognizer(wanted)
    killed = replace(wanted, out=tmp_path / "killed")
    script = (
        "import sys, torch, pathlib; from hubocr.training.request import TrainingRequest; "
        "from hubocr.training.recogniser.prepare import train_recognizer; "
        "torch.set_num_threads(1); train_recognizer(TrainingRequest(data=(sys.argv[1],), "
        "validation=(sys.argv[1],), base=sys.argv[2], out=pathlib.Path(sys.argv[3]), "
        "preset='captcha', width=96, epochs=40, batch_size=10, learning_rate=5e-3, patience=0, "
        "time_limit_min=0, threads=1, device='cpu', scratch=len(sys.argv) > 4))"
    )
    arguments = [str(digits / "train.tsv"), str(tiny_base), str(killed.out)]
    arguments += ["scratch"] * scratch
    kill_after(30, script, arguments, killed.out)
    assert len(curve(killed.out)) < len(curve(wanted.out))
    assert_same(whole, train_recognizer(replace(killed, resume=True)))


def test_the_time_limit_ends_a_run(tiny_base: Path, digits: Path, tmp_path: Path) -> None:
    from hubocr.training.recogniser.prepare import train_recognizer

    wanted = request(tiny_base, digits, tmp_path / "m", epochs=100_000, time_limit_min=0.03)
    started = time.monotonic()
    train_recognizer(wanted)
    assert time.monotonic() - started < 20
    rates = [json.loads(line).get("learning_rate") for line in curve(wanted.out)]
    assert wanted.learning_rate is not None
    assert [rate for rate in rates if rate][-1] < 0.1 * wanted.learning_rate


def test_lines_of_all_lengths_keep_their_shape(tiny_base: Path, tmp_path: Path) -> None:
    from hubocr.training.recogniser.prepare import train_recognizer

    texts = [t for n in (2, 16) for t in digit_strings(4, n, seed=n)]
    labels = write_set(tmp_path, texts)
    # Thirty equal digits take 59 steps and some to spare, and an image of this width has 40.
    cv2.imwrite(str(tmp_path / "long.png"), cv2.resize(draw_text("1" * 20), (60, 32)))
    with labels.open("a", encoding="utf-8") as file:
        file.write("long.png\t" + "1" * 30 + "\nbroken.png\t1\n")
    wanted = request(
        tiny_base, tmp_path, tmp_path / "m", width=None, preset="line", epochs=2, batch_size=4
    )
    result = train_recognizer(wanted)
    assert len(result.problems) == 3  # the missing file twice, in training and validation data
    assert any("takes 71 steps, its width gives 40" in str(problem) for problem in result.problems)
    recognizer = TextRecognizer.load(wanted.out)
    readings = read_samples(recognizer, load_source(labels).samples)
    right = sum(reading.expected == reading.found for reading in readings)
    assert right / len(readings) == result.evaluation["line_accuracy"]


def test_a_released_model_learns(digits: Path, tmp_path: Path) -> None:
    """A few steps from the released weights, with characters that it never knew."""
    from hubocr.training.recogniser.prepare import train_recognizer

    released(RELEASED[0])
    rows = (digits / "train.tsv").read_text(encoding="utf-8").splitlines()[:6]
    other = str.maketrans("01234", "ⅠⅡⅢⅣⅤ")
    labels = digits / "other.tsv"
    pairs = (row.split("\t") for row in rows)
    lines = (f"{file}\t{text.translate(other)}\n" for file, text in pairs)
    labels.write_text("".join(lines), encoding="utf-8")
    wanted = request(
        Path(RELEASED[0]),
        digits,
        tmp_path / "m",
        data=(str(labels),),
        validation=(str(labels),),
        epochs=16,
        batch_size=6,
        learning_rate=2e-4,
    )
    result = train_recognizer(wanted)
    losses = [json.loads(line).get("loss") for line in curve(wanted.out)]
    losses = [loss for loss in losses if loss is not None]
    assert losses[-1] < 0.5 * losses[0]
    assert result.difference < 5e-5
