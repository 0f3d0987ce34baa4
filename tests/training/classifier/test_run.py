"""Whole runs on a tiny classifier: it learns, goes on after a kill, is served as it was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from hubocr.conversion.equality import largest_difference
from hubocr.engines import load_engine
from hubocr.evaluation.directions import DirectionScores, decide, score_decisions, serving
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readers.directions import DirectionReader
from hubocr.imaging.lines import line_tensor
from hubocr.models import find_model
from hubocr.settings import ClassificationSettings, EngineName, EngineSettings
from tests.training import draw_text, write_tiny_classifier
from tests.training.graph.test_network import released
from tests.training.resuming import assert_same, curve, kill_after

if TYPE_CHECKING:
    from hubocr.training.classifier.request import ClassifierRequest
    from hubocr.training.run import TrainingResult

pytestmark = pytest.mark.usefixtures("training")


def request(base: Path, folder: Path, out: Path, **changes: Any) -> ClassifierRequest:
    from hubocr.training.classifier.request import ClassifierRequest

    wanted = ClassifierRequest(
        data=(str(folder / "cls.tsv"),),
        out=out,
        validation=(str(folder / "val.tsv"),),
        base=str(base),
        batch_size=8,
        epochs=20,
        learning_rate=2e-3,
        preset="none",
        time_limit_min=0,
        threads=1,
        device="cpu",
        precision="fp32",
    )
    return replace(wanted, **changes)


def served(model: Path, labels: Path, engine: EngineName = "onnxruntime") -> DirectionScores:
    settings = EngineSettings(engine=engine, precision="fp32", cpu_threads=1)
    classify, names, thresh = serving(str(model), settings, ClassificationSettings())
    samples = load_source(labels, index=DirectionReader(names)(labels)).samples
    return score_decisions(decide(classify, samples, names), names, thresh)


@pytest.fixture(scope="module")
def trained(
    tiny_classifier: Path, directions: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult]:
    from hubocr.training.classifier.prepare import train_classifier

    out = tmp_path_factory.mktemp("trained") / "my_cls"
    return out, train_classifier(request(tiny_classifier, directions, out))


def test_directions_are_learnt(trained: tuple[Path, TrainingResult]) -> None:
    _, result = trained
    assert result.baseline < 0.8
    assert result.evaluation["accuracy"] > 0.9
    assert result.difference < 1e-4
    assert result.problems == ()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_decide_what_training_decided(
    trained: tuple[Path, TrainingResult], directions: Path, engine: EngineName
) -> None:
    out, result = trained
    scores = served(out, directions / "val.tsv", engine)
    assert scores.images == 9
    for name in ("accuracy", "turned_found", "upright_turned"):
        assert getattr(scores, name) == result.evaluation[name]
    assert scores.probability == pytest.approx(result.evaluation["probability"], abs=1e-5)


def test_a_run_leaves_its_papers(trained: tuple[Path, TrainingResult]) -> None:
    out, _ = trained
    card = (out / "README.md").read_text(encoding="utf-8")
    for part in ("# my_cls", "cls.tsv | 24 | 0", "48 pixels high and 192 wide", "(0, 180 degrees"):
        assert part in card
    page = (out / "training" / "samples.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64") == 18
    losses = [line["loss"] for line in map(json.loads, curve(out)) if "loss" in line]
    assert len(losses) == 60
    assert losses[-1] < 0.5 * losses[0]


def test_before_the_first_step_it_is_the_model_that_is_served(
    directions: Path, tmp_path: Path
) -> None:
    from hubocr.training.classifier.prepare import prepare

    name = "ch_ppocr_mobile_v2.0_cls"
    files = released(name)
    wanted = request(Path(name), directions, tmp_path / "m", learning_rate=1e-9, epochs=1)
    run = prepare(replace(wanted, base=name))
    assert 0 < run.start.difference < 1e-4
    result = run.complete()
    settings = EngineSettings(engine="onnxruntime", precision="fp32", cpu_threads=1)
    before = load_engine(files, settings, streams=1)
    after = load_engine(find_model(result.model.parent), settings, streams=1)
    tensor = line_tensor([draw_text("FLAT"), np.rot90(draw_text("FLAT"), 2)], 48, 192)
    # Three steps at a billionth of a sensible rate.
    assert largest_difference(before.run, after.run, [tensor]) < 1e-5


def test_pages_are_learnt_in_four_directions(directions: Path, tmp_path: Path) -> None:
    from hubocr.training.classifier.prepare import train_classifier

    base = write_tiny_classifier(tmp_path / "base", classes=4)
    for place, label in enumerate((0, 90, 180, 270)):
        page = np.full((300, 300, 3), 240, np.uint8)
        page[20:52, 20:124] = draw_text("FLAT", place)
        cv2.imwrite(str(tmp_path / f"{label}.png"), np.rot90(page, -label // 90))
    rows = "".join(f"{label}.png\t{label}\n" for label in (0, 90, 180, 270))
    (tmp_path / "cls.tsv").write_text(rows, encoding="utf-8")
    (tmp_path / "val.tsv").write_text(rows, encoding="utf-8")
    result = train_classifier(request(base, tmp_path, tmp_path / "m", batch_size=2, epochs=10))
    assert result.evaluation["accuracy"] == 1.0
    assert served(tmp_path / "m", tmp_path / "val.tsv").accuracy == 1.0


def test_a_killed_run_goes_on_along_the_same_curve(
    tiny_classifier: Path, directions: Path, tmp_path: Path
) -> None:
    from hubocr.training.classifier.prepare import train_classifier

    keep = (str(directions),)
    wanted = request(tiny_classifier, directions, tmp_path / "whole", keep=keep, preset="line")
    whole = train_classifier(wanted)
    killed = replace(wanted, out=tmp_path / "killed")
    script = (
        "import sys, pathlib; from tests.training.classifier.test_run import request; "
        "from hubocr.training.classifier.prepare import train_classifier; import torch; "
        "torch.set_num_threads(1); paths = map(pathlib.Path, sys.argv[1:4]); "
        "train_classifier(request(*paths, keep=(sys.argv[4],), preset='line'))"
    )
    arguments = [str(tiny_classifier), str(directions), str(killed.out), *keep]
    kill_after(10, script, arguments, killed.out)
    assert len(curve(killed.out)) < len(curve(wanted.out))
    assert_same(whole, train_classifier(replace(killed, resume=True)))


def test_what_is_upright_needs_no_directions(
    tiny_classifier: Path, directions: Path, tmp_path: Path
) -> None:
    """Labels with texts, and a folder without labels, teach what label files of directions do."""
    import torch

    from hubocr.training.classifier.prepare import prepare

    folder = tmp_path / "lines"
    folder.mkdir()
    for place, text in enumerate(("FLAT", "TALL", "JET")):
        cv2.imwrite(str(folder / f"{place}.png"), draw_text(text, place))
    for name, labels in (("cls", "000"), ("rec", ("FLAT", "TALL", "JET"))):
        rows = [f"{place}.png\t{label}\n" for place, label in enumerate(labels)]
        (folder / f"{name}.tsv").write_text("".join(rows), encoding="utf-8")

    def first_batch(data: str, **changes: Any) -> np.ndarray:
        wanted = request(tiny_classifier, directions, tmp_path / "m", data=(data,), **changes)
        seen: list[np.ndarray] = []

        def forward(images: np.ndarray) -> torch.Tensor:
            seen.append(images)
            return torch.zeros(len(images), 2)

        prepare(replace(wanted, validation=(data,))).task.loss(forward, 0, 0)
        return seen[0]

    labelled = first_batch(str(folder / "cls.tsv"))
    assert len(labelled) == 6
    assert np.array_equal(labelled, first_batch(str(folder / "rec.tsv"), upright=True))
    assert np.array_equal(labelled, first_batch(str(folder), upright=True))


def test_what_is_kept_changes_less(
    trained: tuple[Path, TrainingResult], directions: Path, tmp_path: Path
) -> None:
    """Labels that say the opposite turn the classifier round, unless it is kept elsewhere."""
    from hubocr.training.classifier.prepare import train_classifier

    base, _ = trained
    dark = tmp_path / "dark"
    dark.mkdir()
    for place in range(8):  # darker words, labelled wrongly
        cv2.imwrite(str(dark / f"{place}.png"), draw_text("TALL", place) // 2)
    labels = "".join(f"{place}.png\t180\n" for place in range(8))
    (dark / "cls.tsv").write_text(labels, encoding="utf-8")
    wanted = request(base, dark, tmp_path / "m", validation=(str(dark / "cls.tsv"),))

    def left(folder: Path, **changes: Any) -> float:
        model = train_classifier(replace(wanted, out=folder, **changes)).model.parent
        return served(model, directions / "val.tsv").probability

    kept = left(tmp_path / "kept", keep=(str(directions),), keep_ratio=2.0)
    assert kept > left(tmp_path / "other") + 0.1


def test_what_can_not_be_trained_is_refused(
    tiny_classifier: Path, directions: Path, tmp_path: Path
) -> None:
    from hubocr.errors import ModelError, SettingsError
    from hubocr.training.classifier.prepare import prepare

    (directions / "texts.tsv").write_text("cls_0.png\tFLAT\n", encoding="utf-8")
    data = (str(directions / "texts.tsv"),)
    with pytest.raises(SettingsError, match=r"line 1: the label is 'FLAT', not one of 0, 180"):
        prepare(request(tiny_classifier, directions, tmp_path / "m", data=data))
    three = write_tiny_classifier(tmp_path / "three", classes=3)
    with pytest.raises(ModelError, match="not a direction classifier: it has 3 classes"):
        prepare(request(three, directions, tmp_path / "m"))
    assert not (tmp_path / "m").exists()
