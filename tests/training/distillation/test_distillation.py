from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hubocr.engines import load_engine
from hubocr.errors import ModelError, SettingsError
from hubocr.models import find_model
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import SynthSettings
from hubocr.training.distillation.request import DistillationRequest
from tests.fonts import find_font

pytestmark = pytest.mark.usefixtures("training")

_DIGITS = "0123456789"


@pytest.fixture(scope="module")
def bases(training: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two small networks with the same characters and other weights."""
    from hubocr.training.recogniser.scratch import write_small_network

    folder = tmp_path_factory.mktemp("bases")
    for seed, name in enumerate(("teacher", "student")):
        write_small_network(folder / name / "inference.onnx", _DIGITS, seed)
        (folder / name / "dictionary.txt").write_text("\n".join(_DIGITS), encoding="utf-8")
    return folder / "teacher", folder / "student"


@pytest.fixture
def request_(bases: tuple[Path, Path], tmp_path: Path) -> DistillationRequest:
    return DistillationRequest(
        teacher=str(bases[0]),
        student=str(bases[1]),
        out=tmp_path / "out",
        batch_size=8,
        learning_rate=2e-3,
        steps=12,
        device="cpu",
        precision="fp32",
        synth=SynthSettings(
            fonts=(str(find_font()),), kinds=("numbers",), styles=("document",), longest=8
        ),
    )


def divergences(out: Path) -> list[float]:
    lines = (out / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["divergence"] for line in lines]


def test_a_student_nears_its_teacher_and_is_served(
    request_: DistillationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubocr.training.distillation import run

    monkeypatch.setattr(run, "_LOGGED", 1)
    result = run.distil(request_)
    assert result.steps == 12
    found = divergences(request_.out)
    assert np.mean(found[-3:]) < np.mean(found[:3]) / 2
    reader = TextRecognizer.load(request_.out)
    assert "".join(reader.vocabulary.characters).strip() == _DIGITS
    line = LineGenerator(request_.synth).line(0)
    assert set(reader.recognize([line.image])[0].text) <= set(_DIGITS)
    card = (request_.out / "README.md").read_text(encoding="utf-8")
    assert "12, 8 lines each" in card


def test_a_run_goes_on_where_it_stopped(request_: DistillationRequest) -> None:
    from hubocr.training.distillation.run import distil

    distil(replace(request_, steps=3))
    result = distil(replace(request_, steps=5, resume=True))
    assert result.steps == 5
    with pytest.raises(SettingsError, match="had other options"):
        distil(replace(request_, resume=True, learning_rate=1e-3))


@pytest.mark.parametrize("int8", [False, True])
def test_a_student_reads_lines_as_wide_as_it_did(
    request_: DistillationRequest, bases: tuple[Path, Path], tmp_path: Path, int8: bool
) -> None:
    from hubocr.recognition.families.ppocr import WIDENING_KEY
    from hubocr.training.distillation.run import distil
    from hubocr.training.graph import Graph

    plain = Graph.load(bases[0] / "inference.onnx")
    shutil.copytree(bases[0], tmp_path / "wide")
    wide = plain.replaced({}, metadata={**plain.metadata, WIDENING_KEY: "1.5"})
    wide.save(tmp_path / "wide" / "inference.onnx")
    student = str(tmp_path / "wide")
    result = distil(replace(request_, student=student, int8=int8, steps=1 - int8))
    assert Graph.load(result.model).metadata[WIDENING_KEY] == "1.5"


def test_int8_without_a_step_measures_ranges_and_is_served(
    request_: DistillationRequest, bases: tuple[Path, Path]
) -> None:
    import onnx

    from hubocr.training.distillation.run import distil

    result = distil(replace(request_, student=str(bases[0]), int8=True, steps=0))
    assert result.steps == 0
    kinds = {node.op_type for node in onnx.load(str(result.model)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    # Random weights read nonsense that changes at the least touch: their numbers are compared.
    tensor = np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 320)).astype(np.float32)
    plain, rounded = (
        load_engine(find_model(model), EngineSettings(precision="fp32"), streams=1).run(tensor)
        for model in (bases[0], request_.out)
    )
    assert 1e-6 < np.abs(plain - rounded).mean() < 0.01
    lines = [LineGenerator(request_.synth).line(number).image for number in range(3)]
    assert len(TextRecognizer.load(request_.out).recognize(lines)) == 3


def test_int8_learns(request_: DistillationRequest, bases: tuple[Path, Path]) -> None:
    from hubocr.training.distillation.run import distil

    settings = replace(request_, student=str(bases[0]), int8=True, steps=2, learning_rate=1e-5)
    assert distil(settings).steps == 2


def test_a_teacher_that_lacks_characters_is_refused(
    request_: DistillationRequest, bases: tuple[Path, Path], tmp_path: Path
) -> None:
    from hubocr.training.distillation.run import distil
    from hubocr.training.recogniser.scratch import write_small_network

    write_small_network(tmp_path / "less" / "inference.onnx", "01234", 0)
    (tmp_path / "less" / "dictionary.txt").write_text("0\n1\n2\n3\n4", encoding="utf-8")
    with pytest.raises(ModelError, match="lacks 5 of the student's characters"):
        distil(replace(request_, teacher=str(tmp_path / "less")))


def test_what_ends_a_run_has_to_be_given(request_: DistillationRequest) -> None:
    with pytest.raises(SettingsError, match="`steps` or `minutes`"):
        replace(request_, steps=0)
    assert replace(request_, steps=0, int8=True).steps == 0


def test_equal_logits_have_no_divergence_and_labels_correct_a_wrong_teacher(
    training: None,
) -> None:
    import torch

    from hubocr.training.distillation.chunks import Chunk
    from hubocr.training.distillation.losses import losses

    def logits(classes: list[int]) -> Any:
        found = torch.full((1, len(classes), 4), -6.0)
        for step, place in enumerate(classes):
            found[0, step, place] = 6.0
        return found

    def chunk(*text: int) -> Chunk:
        empty = torch.zeros((1, 48, 40, 3), dtype=torch.uint8)
        classes = torch.tensor(text, dtype=torch.int64)
        return Chunk(empty, torch.tensor([40]), 40, classes, torch.tensor([len(text)]))

    right = logits([0, 1, 0, 2, 0])
    found = losses(right, right, chunk(1, 2), 0.0)
    assert abs(float(found.total)) < 1e-5
    assert float(found.agreement) == 1.0
    wrong = logits([0, 1, 0, 3, 0])
    # The label says 1 2 and the teacher 1 3: with labels the student is better off with the label.
    for_label = float(losses(right, wrong, chunk(1, 2), 1.0).total)
    for_teacher = float(losses(wrong, wrong, chunk(1, 2), 1.0).total)
    assert for_label < for_teacher
    assert float(losses(right, wrong, chunk(1, 2), 0.0).total) > 1


def test_chunks_are_as_serving_prepares_lines(request_: DistillationRequest) -> None:
    from hubocr.imaging.lines import line_tensor
    from hubocr.training.distillation.chunks import image_tensor, stream

    classes = {c: n for n, c in enumerate(_DIGITS, start=1)}
    chunk = next(stream(request_, classes, 0))
    generator = LineGenerator(request_.synth, tuple(classes))
    lines = [generator.line(number).image for number in range(60)]
    tensor = image_tensor(chunk).numpy()
    assert tensor.shape[1:] == (3, 48, chunk.pixels.shape[2])
    served = [line_tensor([line], 48, tensor.shape[3])[0] for line in lines]
    for row in tensor:
        assert any(np.abs(row - one).max() < 1e-5 for one in served)


def test_narrow_lines_are_cut_for_the_student_alone(request_: DistillationRequest) -> None:
    from hubocr.training.distillation.chunks import stream

    chunks = stream(replace(request_, narrow=1.0), {"1": 1}, 0)
    chunk = next(chunks)
    assert chunk.pixels.shape[2] == 320
    assert int(chunk.widths.max()) <= chunk.cut <= 320
    assert chunk.cut % 32 == 0


def test_damaged_crops_are_skipped_and_named(
    request_: DistillationRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from hubocr.training.distillation.chunks import load_crops

    with pytest.raises(SettingsError, match="there is no picture in"):
        load_crops([tmp_path])
    (tmp_path / "a.png").write_bytes(b"\x89PNG damaged")
    with pytest.raises(SettingsError, match=r"no picture in .* can be read"):
        load_crops([tmp_path])
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((20, 40, 3), np.uint8))
    assert len(load_crops([tmp_path])) == 1
    assert "a.png" in caplog.text
