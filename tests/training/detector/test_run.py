"""Whole runs on a tiny detector: it learns, goes on after a kill, is served as it was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from hubocr.conversion.equality import largest_difference
from hubocr.detection import TextDetector
from hubocr.detection.preprocess import detector_input
from hubocr.engines import load_engine
from hubocr.evaluation.boxes import find_pages, total_counts
from hubocr.evaluation.pages import load_pages
from hubocr.models import find_model
from hubocr.settings import DetectionSettings, EngineName, EngineSettings, OcrOptions
from tests.arrays import read_bgr
from tests.training import draw_text, write_pages
from tests.training.graph.test_network import DETECTORS, released
from tests.training.resuming import assert_same, curve, kill_after

if TYPE_CHECKING:
    from hubocr.training.detector.request import DetectorRequest
    from hubocr.training.run import TrainingResult

pytestmark = pytest.mark.usefixtures("training")


def request(base: Path, pages: Path, out: Path, **changes: Any) -> DetectorRequest:
    from hubocr.training.detector.request import DetectorRequest

    wanted = DetectorRequest(
        data=(str(pages / "det.tsv"),),
        out=out,
        validation=(str(pages / "val.tsv"),),
        base=str(base),
        preset="none",  # the tiny network sees no further than from one character to the next
        crop=96,
        epochs=60,
        learning_rate=1e-2,
        time_limit_min=0,
        threads=1,
        device="cpu",
        precision="fp32",
    )
    return replace(wanted, **changes)


@pytest.fixture(scope="module")
def trained(
    tiny_detector: Path, pages: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult]:
    from hubocr.training.detector.prepare import train_detector

    out = tmp_path_factory.mktemp("trained") / "my_det"
    return out, train_detector(request(tiny_detector, pages, out))


def test_boxes_are_learnt(trained: tuple[Path, TrainingResult]) -> None:
    _, result = trained
    assert result.baseline < 0.2
    assert result.evaluation["hmean"] > 0.6
    assert result.difference < 1e-4
    assert result.problems == ()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_find_what_training_found(
    trained: tuple[Path, TrainingResult], pages: Path, engine: EngineName
) -> None:
    out, result = trained
    detector = TextDetector.load(out, EngineSettings(engine=engine, cpu_threads=1))
    samples = load_pages(pages / "val.tsv").samples
    counts = total_counts(find_pages(detector, samples, OcrOptions().detection))
    for name in ("hmean", "precision", "recall"):
        assert getattr(counts, name) == result.evaluation[name]


def test_a_run_leaves_its_papers(trained: tuple[Path, TrainingResult]) -> None:
    out, _ = trained
    card = (out / "README.md").read_text(encoding="utf-8")
    for part in ("# my_det", "det.tsv | 8 | 0", "Crops of 96 pixels"):
        assert part in card
    page = (out / "training" / "samples.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64") == 3
    losses = [line["loss"] for line in map(json.loads, curve(out)) if "loss" in line]
    assert len(losses) == 120
    assert losses[-1] < 0.5 * losses[0]


def page_tensor() -> np.ndarray:
    page = np.full((160, 256, 3), 250, np.uint8)
    page[40:72, 30:110] = draw_text("314")
    return detector_input(page, DetectionSettings())


@pytest.mark.parametrize("name", DETECTORS)
def test_before_the_first_step_it_is_the_model_that_is_served(
    name: str, pages: Path, tmp_path: Path
) -> None:
    from hubocr.training.detector.prepare import prepare

    files = released(name)
    wanted = request(Path(name), pages, tmp_path / "m", learning_rate=1e-9, epochs=1, crop=64)
    run = prepare(replace(wanted, base=name))
    assert 0 < run.start.difference < 1e-3
    result = run.complete()
    settings = EngineSettings(engine="onnxruntime", precision="fp32", cpu_threads=1)
    before = load_engine(files, settings, streams=1)
    after = load_engine(find_model(result.model.parent), settings, streams=1)
    assert before.run(page_tensor()).max() > 0.5
    # Two steps at a billionth of a sensible rate.
    assert largest_difference(before.run, after.run, [page_tensor()]) < 1e-4


def test_a_killed_run_goes_on_along_the_same_curve(
    tiny_detector: Path, pages: Path, tmp_path: Path
) -> None:
    from hubocr.training.detector.prepare import train_detector

    keep = (str(pages),)
    wanted = request(tiny_detector, pages, tmp_path / "whole", epochs=20, keep=keep)
    whole = train_detector(wanted)
    killed = replace(wanted, out=tmp_path / "killed")
    script = (
        "import sys, torch, pathlib; from hubocr.training.detector.request import DetectorRequest; "
        "from hubocr.training.detector.prepare import train_detector; "
        "torch.set_num_threads(1); train_detector(DetectorRequest(data=(sys.argv[1],), "
        "validation=(sys.argv[2],), keep=(sys.argv[3],), base=sys.argv[4], "
        "out=pathlib.Path(sys.argv[5]), preset='none', crop=96, epochs=20, learning_rate=1e-2, "
        "time_limit_min=0, threads=1, device='cpu', precision='fp32'))"
    )
    arguments = [*wanted.data, *wanted.validation, *keep, str(tiny_detector), str(killed.out)]
    kill_after(15, script, arguments, killed.out)
    assert len(curve(killed.out)) < len(curve(wanted.out))
    assert_same(whole, train_detector(replace(killed, resume=True)))


def test_what_is_kept_changes_less(
    trained: tuple[Path, TrainingResult], pages: Path, tmp_path: Path
) -> None:
    """Labels that call everything background take the text away, unless it is kept elsewhere."""
    from hubocr.training.detector.prepare import train_detector

    base, _ = trained
    dark = tmp_path / "dark"
    labels = write_pages(dark, 6)
    rows = labels.read_text(encoding="utf-8").splitlines()
    for row in rows:  # white numbers on black, of which one is labelled
        file, label = row.split("\t")
        cv2.imwrite(str(dark / file), 255 - read_bgr(dark / file))
        first = json.dumps(json.loads(label)[:1])
        labels.write_text(
            labels.read_text(encoding="utf-8").replace(label, first), encoding="utf-8"
        )
    wanted = request(base, dark, tmp_path / "m", validation=(str(labels),), epochs=40)
    samples = load_pages(pages / "val.tsv").samples

    def left(folder: Path, **changes: Any) -> float:
        result = train_detector(replace(wanted, out=folder, **changes))
        detector = TextDetector.load(result.model.parent, EngineSettings(cpu_threads=1))
        return total_counts(find_pages(detector, samples, OcrOptions().detection)).hmean

    keep = (str(pages),)
    assert left(tmp_path / "kept", keep=keep, keep_ratio=1.0) > left(tmp_path / "other") + 0.2


def test_labels_without_text_are_an_error(tiny_detector: Path, pages: Path, tmp_path: Path) -> None:
    from hubocr.errors import ModelError, SettingsError
    from hubocr.training.detector.prepare import prepare

    (pages / "none.tsv").write_text("det_0.png\t[]\ndet_1.png\t[]\n", encoding="utf-8")
    data = (str(pages / "none.tsv"),)
    with pytest.raises(SettingsError, match="no text in it"):
        prepare(request(tiny_detector, pages, tmp_path / "m", data=data))
    with pytest.raises(SettingsError, match="is not a folder of images"):
        prepare(request(tiny_detector, pages, tmp_path / "m", keep=("none",)))
    with pytest.raises(SettingsError, match="multiple of 32"):
        request(tiny_detector, pages, tmp_path / "m", crop=100)
    with pytest.raises(ModelError, match="not a DB detector"):
        prepare(request(Path("PP-OCRv6_small_rec"), pages, tmp_path / "m"))
    assert not (tmp_path / "m").exists()
