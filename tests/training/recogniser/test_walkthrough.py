"""The walk-through of docs/train_lines.md, from lines to an endpoint, at a tiny size."""

from __future__ import annotations

import base64
import json
import shlex
import sys
from pathlib import Path

import pytest
import requests

from tests.documentation import TRAIN_LINES_DOC, block_with, blocks, shell
from tests.server.running import free_port, started
from tests.training import digit_strings, write_set
from tests.training.graph.test_network import RELEASED, released

pytestmark = pytest.mark.usefixtures("training")

_TINY = " --epochs 1 --batch-size 4 --threads 1 --time-limit 0 --device cpu --stream on --quiet"


def test_both_languages_show_the_same() -> None:
    assert blocks(TRAIN_LINES_DOC, "bash") == blocks("docs/train_lines_zh.md", "bash")


def test_from_lines_to_an_endpoint(tmp_path: Path) -> None:
    released(RELEASED[0])
    lines = tmp_path / "lines"
    write_set(lines, digit_strings(4, 9))
    write_set(lines, ["314 159", "271"], "val.tsv", seed=50)
    train, evaluate = block_with(TRAIN_LINES_DOC, "bash", "my_hand --html").rsplit("hubocr", 1)
    assert "line accuracy" in shell(train.strip() + _TINY, folder=tmp_path)
    printed = shell("hubocr" + evaluate, folder=tmp_path)
    for name in ("character accuracy", "acc", "norm_edit_dis", "fps"):
        assert f"{name:<20}" in printed
    model = tmp_path / "inference" / "my_hand"
    # Its characters are all of the base, and the space that it may have lacked.
    assert len((model / "dictionary.txt").read_text(encoding="utf-8").splitlines()) > 6000

    shell(block_with(TRAIN_LINES_DOC, "bash", "--interpolation"), folder=tmp_path)
    assert "0.25 of them" in (model.parent / "my_hand_25" / "README.md").read_text("utf-8")

    port = free_port()
    block = block_with(TRAIN_LINES_DOC, "bash", "hand.json <<")
    configuration, serve = block.rsplit("END\n", 1)
    shell(f"{configuration}END\n".replace("8866", str(port)), folder=tmp_path)
    program, *arguments = shlex.split(serve)
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    with started(command, tmp_path, port) as server:
        sent = base64.b64encode((lines / "val_1.png").read_bytes()).decode()
        url = f"{server.url}/predict/my_hand"
        answer = requests.post(url, json={"images": [sent]}, timeout=30).json()
    ((item,),) = answer["results"]
    shown = json.loads(json.dumps(item))
    assert shown["text"] == "271"
