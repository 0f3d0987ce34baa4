"""The walk-through of docs/train_directions.md, from lines to an endpoint, at a tiny size."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from hubocr.classification import AngleClassifier
from hubocr.imaging import read_image
from tests.documentation import block_with, blocks, shell
from tests.server.running import free_port, started
from tests.training import digit_strings, write_directions, write_set
from tests.training.graph.test_network import released

pytestmark = pytest.mark.usefixtures("training")

DOC = "docs/train_directions.md"
_TINY = " --epochs 1 --batch-size 4 --threads 1 --time-limit 0 --device cpu --quiet"


@pytest.mark.parametrize("language", ["bash", "text"])
def test_both_languages_show_the_same(language: str) -> None:
    assert blocks(DOC, language) == blocks("docs/train_directions_zh.md", language)


def test_from_lines_to_an_endpoint(tmp_path: Path) -> None:
    released("ch_ppocr_mobile_v2.0_cls")
    markers = tmp_path / "markers"
    write_directions(markers, 4, "train.tsv")
    write_directions(markers, 3, "val.tsv", seed=50)
    train, evaluate = block_with(DOC, "bash", "eval cls").splitlines()
    assert "turned found" in shell(train + _TINY, folder=tmp_path)
    assert re.search(r"images +3\n", shell(evaluate, folder=tmp_path))
    model = tmp_path / "inference" / "my_cls"
    for file in ("inference.onnx", "README.md", "training/samples.html", "training/checkpoint.pt"):
        assert (model / file).stat().st_size > 0
    assert (tmp_path / "report.html").is_file()

    write_set(tmp_path / "lines", digit_strings(10), "labels.tsv")
    upright = block_with(DOC, "bash", "--upright").strip()
    assert "accuracy" in shell(upright + _TINY, folder=tmp_path)

    port = free_port()
    configuration, serve = block_with(DOC, "bash", "cls.json <<").rsplit("END\n", 1)
    shell(f"{configuration}END\n".replace("8866", str(port)), folder=tmp_path)
    program, *arguments = shlex.split(serve)
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    with started(command, tmp_path, port) as server:
        question = block_with(DOC, "bash", "predict/my_cls")
        ((found,),) = json.loads(shell(question, server, folder=tmp_path))["results"]
    classifier = AngleClassifier.load(model)
    (expected,) = classifier.classify([read_image(markers / "val_0.png")])
    assert found["angle"] == expected.label
    assert found["confidence"] == pytest.approx(expected.score, abs=1e-3)
