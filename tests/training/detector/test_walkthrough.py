"""The walk-through of docs/train_detector.md, from boxes to an endpoint, at a tiny size."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from hubocr.detection import TextDetector
from hubocr.imaging import read_image
from hubocr.settings import DetectionSettings
from tests.documentation import block_with, blocks, shell
from tests.server.running import free_port, started
from tests.training import write_pages
from tests.training.graph.test_network import DETECTORS, released

pytestmark = pytest.mark.usefixtures("training")

DOC = "docs/train_detector.md"
_TINY = " --epochs 1 --batch-size 2 --crop 64 --threads 1 --time-limit 0 --device cpu --quiet"


@pytest.mark.parametrize("language", ["bash", "text"])
def test_both_languages_show_the_same(language: str) -> None:
    assert blocks(DOC, language) == blocks("docs/train_detector_zh.md", language)


def test_the_example_of_a_label_is_one(tmp_path: Path) -> None:
    from hubocr.evaluation.pages import load_pages

    write_pages(tmp_path, 1)
    (tmp_path / "det_0.png").rename(tmp_path / "street_1.jpg")
    (tmp_path / "det.tsv").write_text(block_with(DOC, "text", "EXIT 7"), encoding="utf-8")
    source = load_pages(tmp_path / "det.tsv")
    assert source.problems == ()
    assert [region.ignored for region in source.samples[0].regions] == [False, True]


def test_from_labelled_boxes_to_an_endpoint(tmp_path: Path) -> None:
    released(DETECTORS[0])
    pages = tmp_path / "pages"
    write_pages(pages, 3, "train.tsv")
    write_pages(pages, 2, "val.tsv", seed=50)
    train, evaluate = block_with(DOC, "bash", "train det").splitlines()
    assert "hmean" in shell(train + _TINY, folder=tmp_path)
    printed = shell(evaluate, folder=tmp_path)
    assert re.search(r"images +2\n", printed)
    model = tmp_path / "inference" / "my_det"
    for file in ("inference.onnx", "README.md", "training/samples.html", "training/checkpoint.pt"):
        assert (model / file).stat().st_size > 0
    assert (tmp_path / "report.html").is_file()

    port = free_port()
    configuration, serve = block_with(DOC, "bash", "det.json <<").rsplit("END\n", 1)
    shell(f"{configuration}END\n".replace("8866", str(port)), folder=tmp_path)
    program, *arguments = shlex.split(serve)
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    with started(command, tmp_path, port) as server:
        question = block_with(DOC, "bash", "predict/my_det")
        ((*found,),) = json.loads(shell(question, server, folder=tmp_path))["results"]
    # The module ocr_det has thresholds of its own, those of the reference.
    detector = TextDetector.load(model)
    settings = DetectionSettings(box_thresh=0.6, unclip_ratio=1.5)
    expected = detector.detect(read_image(pages / "val_0.png"), settings).polygons
    assert sorted(item["text_region"] for item in found) == sorted(p.tolist() for p in expected)
    assert len(found) >= 2
