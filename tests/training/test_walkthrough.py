"""The walk-through of docs/train_captchas.md, from images to an endpoint, at a tiny size."""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
from pathlib import Path

import cv2
import pytest
import requests

from tests.documentation import TRAIN_CAPTCHAS_DOC, block_with, shell
from tests.server.running import free_port, started
from tests.training import draw_text
from tests.training.graph.test_network import RELEASED, released

pytestmark = pytest.mark.usefixtures("training")

_TINY = " --epochs 2 --batch-size 8 --threads 1 --time-limit 0 --device cpu --quiet"
_ROW = re.compile(r'<td class="text found">(.*?)</td><td>.*?</td><td>(.*?)</td></tr>')


def test_from_a_folder_to_an_endpoint(tmp_path: Path) -> None:
    released(RELEASED[0])
    captchas = tmp_path / "captchas"
    captchas.mkdir()
    names = ["7gx4", "7gx4_2", *(f"{number * 541 % 9000 + 1000}" for number in range(28))]
    for number, name in enumerate(names):
        image = draw_text(name.partition("_")[0], seed=number)
        cv2.imwrite(str(captchas / f"{name}.png"), image)

    shell(block_with(TRAIN_CAPTCHAS_DOC, "bash", "labels.tsv"), folder=tmp_path)
    rows = (captchas / "train.tsv").read_text(encoding="utf-8").splitlines()
    aside = (captchas / "val.tsv").read_text(encoding="utf-8").splitlines()
    assert len(aside) == 3
    assert sorted(rows + aside) == sorted(f"{n}.png\t{n.partition('_')[0]}" for n in names)

    train, evaluate = block_with(TRAIN_CAPTCHAS_DOC, "bash", "train rec").splitlines()
    assert "line accuracy" in shell(train + _TINY, folder=tmp_path)
    printed = shell(evaluate, folder=tmp_path)
    model = tmp_path / "inference" / "my_captcha"
    page = (model / "training" / "samples.html").read_text(encoding="utf-8")
    read = {name: text for text, name in _ROW.findall(page)}
    assert all(read.values())
    assert read.keys() == {row.partition("\t")[0] for row in aside}
    right = sum(read[name] == text for name, text in (row.split("\t") for row in aside))
    assert f"line accuracy       {right / 3:.4f}" in printed
    assert (tmp_path / "report.html").is_file()
    for file in ("inference.onnx", "dictionary.txt", "README.md", "training/chart.png"):
        assert (model / file).stat().st_size > 0

    port = free_port()
    configuration, serve = block_with(TRAIN_CAPTCHAS_DOC, "bash", "captcha.json <<").rsplit(
        "END\n", 1
    )
    shell(f"{configuration}END\n".replace("8866", str(port)), folder=tmp_path)
    program, *arguments = shlex.split(serve)
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    with started(command, tmp_path, port) as server:
        question = block_with(TRAIN_CAPTCHAS_DOC, "bash", "predict/my_captcha")
        ((item,),) = json.loads(shell(question, server, folder=tmp_path))["results"]
        assert item["confidence"] > 0
        for name, text in read.items():
            sent = base64.b64encode((captchas / name).read_bytes()).decode()
            url = f"{server.url}/predict/my_captcha"
            found = requests.post(url, json={"images": [sent]}, timeout=30).json()
            assert found["results"][0][0]["text"] == text
        assert "/predict/ocr_rec" in server.log
