"""Labels that the model reads otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubocr.cli import main
from tests.training import write_set
from tests.training.graph.test_network import RELEASED, released

TEXTS = ["2468", "1357", "9024", "7711"]


def test_a_wrong_label_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    released(RELEASED[0])
    labels = write_set(tmp_path, TEXTS)
    command = ["eval", "labels", "--data", str(labels), "--model", RELEASED[0], "--quiet"]
    command += ["--rec-charset", "digits"]
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    content = labels.read_text(encoding="utf-8").replace("9024", "9028").replace("1357", "13 57")
    labels.write_text(content, encoding="utf-8")
    page = tmp_path / "page.html"
    assert main([*command, "--json", "--html", str(page)]) == 0
    ((found,),) = [json.loads(capsys.readouterr().out)]
    assert (found["file"], found["label"], found["reading"]) == ("train_2.png", "9028", "9024")
    assert page.read_text(encoding="utf-8").count("data:image/png;base64") == 1
    assert main([*command, "--out", str(tmp_path / "wrong.tsv")]) == 0
    assert (
        (tmp_path / "wrong.tsv").read_text(encoding="utf-8").startswith("train_2.png\t9028\t9024")
    )
