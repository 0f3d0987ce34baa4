"""``hubocr predict``, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.arrays import read_bgr
from tests.cli.running import hubocr

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
RECEIPT = FIXTURES / "pages" / "receipt.png"
BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))


def predict(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hubocr", "predict", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def squeeze(text: str) -> str:
    """The recogniser is free with spaces: compare without them."""
    return "".join(text.split())


def test_texts_are_printed_line_by_line() -> None:
    result = predict(RECEIPT)
    assert result.returncode == 0, result.stderr
    read = {squeeze(line) for line in result.stdout.splitlines()}
    assert {squeeze(item["text"]) for item in BOXES["pages/receipt.png"]} <= read


def test_json_has_boxes_where_the_text_is() -> None:
    result = predict("--json", RECEIPT)
    answer = json.loads(result.stdout)
    assert (answer["width"], answer["height"]) == read_bgr(RECEIPT).shape[1::-1]
    found = {squeeze(line["text"]): line for line in answer["lines"]}
    for item in BOXES["pages/receipt.png"]:
        line = found[squeeze(item["text"])]
        centre = np.mean(line["text_region"], axis=0)
        assert np.abs(centre - np.mean(item["points"], axis=0)).max() < 10
        assert 0.5 <= line["confidence"] <= 1


def test_a_folder_is_read_and_drawn(tmp_path: Path) -> None:
    result = predict(FIXTURES / "pages", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    for name in ("notice", "poster", "receipt"):
        assert f"== {FIXTURES / 'pages' / name}.png" in result.stdout
        drawn = read_bgr(tmp_path / f"{name}.png.png")
        height, width = read_bgr(FIXTURES / "pages" / f"{name}.png").shape[:2]
        assert drawn.shape == (height, 2 * width, 3)
        red = (drawn[:, :width] == (0, 0, 220)).all(axis=2)
        assert red.sum() > 500


def test_an_unreadable_file_is_named_and_the_others_are_read() -> None:
    broken = FIXTURES / "odd" / "text.png"
    result = predict(broken, FIXTURES / "odd" / "grey.png", "/nonexistent.png")
    assert result.returncode == 1
    assert str(broken) in result.stderr
    assert "/nonexistent.png" in result.stderr
    assert "20480" in result.stdout


def test_options_reach_the_pipeline() -> None:
    assert predict(RECEIPT, "--drop-score", "1").stdout == ""
    refused = predict(RECEIPT, "--drop-score", "2")
    assert refused.returncode == 1
    assert "--drop-score must be a number from 0 to 1" in refused.stderr


def test_parameters_are_set_by_their_public_names() -> None:
    refused = predict(RECEIPT, "-o", "det_db_thresh=2", "-o", "det_limit_type=min")
    assert refused.returncode == 1
    assert "det_db_thresh must be a number from 0 to 1" in refused.stderr
    assert "nonsense" in predict(RECEIPT, "-o", "nonsense=1").stderr
    assert predict(RECEIPT, "-o", "drop_score=1.0").stdout == ""


def test_a_captcha_is_read_as_a_line() -> None:
    captchas = FIXTURES / "captchas"
    assert predict("--line", captchas / "a.png").stdout == "7394\n"
    options = ("-o", "rec_charset=digits", "-o", "rec_length=4", "-o", "rec_alternatives=2")
    answer = json.loads(predict("--line", "--json", captchas / "a.png", *options).stdout)
    assert answer["text"] == "7394"
    first, second = answer["alternatives"]
    assert first["text"] == "7394"
    assert second["text"].isdecimal()
    assert len(second["text"]) == 4


def test_lines_are_inputs_and_files_as_pages_are(tmp_path: Path) -> None:
    pdf, broken = tmp_path / "in" / "line.pdf", tmp_path / "in" / "text.png"
    pdf.parent.mkdir()
    with Image.open(FIXTURES / "captchas" / "a.png") as image:
        image.convert("RGB").save(pdf, save_all=True, append_images=[image.convert("RGB")])
    broken.write_bytes((FIXTURES / "odd" / "text.png").read_bytes())
    result = predict("--line", "--json", pdf.parent, "--save-path", tmp_path / "out")
    assert result.returncode == 1
    assert str(broken) in result.stderr
    read, failed = map(json.loads, result.stdout.splitlines()[:2]), result.stdout.splitlines()[2]
    assert [(one["page_index"], one["text"]) for one in read] == [(0, "7394"), (1, "7394")]
    assert json.loads(failed)["input_path"] == str(broken)
    saved = json.loads((tmp_path / "out" / "line.json").read_text())
    assert [line["text"] for page in saved["pages"] for line in page["lines"]] == ["7394"] * 2
    again = predict("--line", pdf, "--save-path", tmp_path / "out", "--skip-existing")
    assert (again.returncode, again.stdout) == (0, "")


def test_a_scene_lies_under_the_options() -> None:
    captcha = FIXTURES / "captchas" / "a.png"

    def score(*options: str) -> float:
        return float(
            json.loads(predict("--line", "--json", captcha, *options).stdout)["confidence"]
        )

    v4 = ("-o", "rec_model_dir=PP-OCRv4_mobile_rec")
    general, scene, default = score(), score("--scene", "captcha"), score("--profile", "default")
    assert default not in (general, scene)
    assert score("-o", "profile=captcha") == scene
    assert score("--profile", "captcha", *v4) not in (general, scene)
    refused = predict(captcha, "--profile", "captchas")
    assert refused.returncode == 1
    assert "must be one of 'default', 'fast', 'cascade', 'general'" in refused.stderr


def test_a_missing_model_says_how_to_get_it() -> None:
    result = predict(RECEIPT, "--rec-model", "inference/nothing_here")
    assert result.returncode == 1
    assert "inference/nothing_here" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_terminal_of_another_encoding_gets_escapes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hubocr", "predict", str(RECEIPT)],
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    first = BOXES["pages/receipt.png"][0]["text"]
    assert first in {line.decode("unicode_escape") for line in done.stdout.splitlines()}


def test_the_help_shows_the_models_that_are_used() -> None:
    help_text = " ".join(predict("--help").stdout.split())
    assert "recogniser (PP-OCRv6_small_rec)" in help_text


def test_an_unknown_flag_leads_to_the_help_of_its_command() -> None:
    done = predict("--lang", "ch", RECEIPT)
    assert done.returncode == 2
    assert "unrecognized arguments: --lang; hubocr predict --help lists" in done.stderr


def test_a_report_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path) -> None:
    """Whatever a command writes: here the report of an evaluation."""
    (tmp_path / "file").write_text("")
    page = tmp_path / "file" / "report.html"
    arguments = ("--data", FIXTURES / "labels.tsv", "--model", "PP-OCRv6_tiny_rec", "--html", page)
    done = hubocr("eval", "rec", *arguments)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"hubocr: {page.parent}: ")
    assert "Traceback" not in done.stderr
