"""ModelScope's ConvNextViT recognisers: networks built here whose text is known."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hubocr.errors import ModelError, VocabularyError
from hubocr.imaging import BgrImage
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineName, EngineSettings, RecognitionSettings
from tests.recognition.families.networks import (
    Node,
    draw_blocks,
    level_logits,
    shares,
    write_network,
)

LETTERS = "甲乙丙 B"
REDS = (60, 100, 140, 180, 220)
LEVELS = [0, 5, *(red / 255 for red in REDS)]
"""Of the blank, which is black as the padding; of the class that stands for nothing; and of the
vocabulary."""


def write_model(folder: Path, vocabulary: str = LETTERS, batch: int | str = 3) -> Path:
    """Write a network that joins its three pieces as ViTSTR.forward of ModelScope does."""
    red = np.zeros((1, 3, 1, 1), np.float32)
    red[:, 0] = 1
    constants = {"red": red, "axes": np.array([0, 1])}
    before: list[Node] = [
        ("Conv", "input1 red", "reds", {}),
        ("AveragePool", "reds", "means", {"kernel_shape": [32, 4], "strides": [32, 4]}),
        ("Squeeze", "means", "pieces", {"axes": [1, 2]}),
    ]
    for piece, (first, last) in enumerate([(0, 69), (6, 69), (6, 75)]):
        before.append(("Slice", f"pieces from{piece} to{piece} axes", f"part{piece}", {}))
        constants[f"from{piece}"] = np.array([piece, first])
        constants[f"to{piece}"] = np.array([piece + 1, last])
    before.append(("Concat", "part0 part1 part2", "joined", {"axis": 1}))
    before.append(("Unsqueeze", "joined", "values", {"axes": [2]}))
    write_network(
        folder / "model.onnx",
        (batch, 3, 32, 300),
        LEVELS,
        before,
        constants,
        [],
        [("logits", "FLOAT")],
    )
    (folder / "vocab.txt").write_text("".join(f"{sign}\n" for sign in vocabulary), "utf-8")
    return folder


def draw(text: str, size: tuple[int, int], width: int = 12, gap: int = 12) -> BgrImage:
    return draw_blocks([REDS[LETTERS.index(sign)] for sign in text], size, 0, width, gap)


def load(folder: Path, engine: EngineName = "openvino", threads: int = 1) -> TextRecognizer:
    return TextRecognizer.load(folder, EngineSettings(engine=engine, cpu_threads=threads))


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("batch", [3, "n"])
def test_the_pieces_are_the_line(tmp_path: Path, engine: EngineName, batch: int | str) -> None:
    recognizer = load(write_model(tmp_path, batch=batch), engine)
    assert recognizer.vocabulary.characters == tuple(LETTERS)
    long = "甲乙B 丙" * 6 + "甲甲B"  # 33 blocks of 24 pixels: they fill all three pieces
    lines = {
        "乙": draw("乙", (32, 36)),
        "丙B": draw("丙B", (32, 64)),
        long: draw(long, (32, 804)),
        long[:20]: draw(long[:20], (64, 1000), 24, 24),
        long[::-1]: draw(long[::-1], (16, 804), 12, 12),  # twice as wide: squeezed into 804
        long[3:]: draw(long[3:], (64, 3216), 48, 48),
    }
    assert [line.text for line in recognizer.recognize(list(lines.values()))] == list(lines)


def test_every_place_of_a_line_is_read_once(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path))
    images = []
    for start in range(0, 804, 12):
        image = np.zeros((32, 804, 3), np.uint8)
        image[:, start : start + 12] = REDS[4]
        images.append(image)
    assert {line.text for line in recognizer.recognize(images)} == {"B"}


def test_probabilities_are_the_softmax_of_the_logits(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path))
    image = draw_blocks([95, 190], (32, 64), 0, 12, 12)
    wanted = RecognitionSettings(char_scores=True, alternatives=2)
    (line,) = recognizer.recognize([image], wanted)
    assert line.text == "乙 "
    expected = [shares(level_logits(red / 255, LEVELS)).max() for red in (95, 190)]
    assert line.char_scores == pytest.approx(expected, abs=1e-4)
    assert max(expected) < 0.9
    limited = RecognitionSettings(charset="甲丙", length="1")
    image = draw_blocks([95], (32, 40), 0, 12, 12)
    assert recognizer.recognize([image], limited)[0].text == "甲"


def test_batches_and_threads_change_nothing(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path), threads=2)
    random = np.random.default_rng(0)
    texts = ["".join(random.choice(list(LETTERS), random.integers(1, 20))) for _ in range(30)]
    images = [draw(text, (32, 24 * len(text) + 12)) for text in texts]
    padded = recognizer.recognize(images, RecognitionSettings(batching="padded"))
    assert [line.text for line in padded] == texts
    with ThreadPoolExecutor(4) as pool:
        for lines in pool.map(lambda _: recognizer.recognize(images), range(4)):
            assert lines == padded


@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 40), (2, 90)])
def test_lines_of_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    recognizer = load(write_model(tmp_path))
    assert recognizer.recognize([np.zeros((*size, 3), np.uint8)])[0].text == ""


@pytest.mark.parametrize("vocabulary", [LETTERS[:-1], LETTERS + "C"])
def test_a_vocabulary_of_another_size(tmp_path: Path, vocabulary: str) -> None:
    folder = write_model(tmp_path, vocabulary)
    lines = len(vocabulary)
    with pytest.raises(
        VocabularyError,
        match=rf"vocab\.txt has {lines} lines .* {lines + 2} classes; this one has 7",
    ):
        load(folder)


def test_a_vocabulary_under_another_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    other = tmp_path / "other.txt"
    other.write_text("v\nw\nx\ny\nz\n")
    recognizer = TextRecognizer.load(folder, dict_path=str(other))
    assert recognizer.recognize([draw("丙B", (32, 64))])[0].text == "xz"
    with pytest.raises(VocabularyError, match=r"missing\.txt does not exist"):
        TextRecognizer.load(folder, dict_path="missing.txt")


def test_other_models_with_such_a_dictionary_are_pp_ocr_s(tmp_path: Path) -> None:
    before: list[Node] = [
        ("Conv", "input1 red", "reds", {}),
        ("AveragePool", "reds", "means", {"kernel_shape": [48, 8], "strides": [48, 8]}),
        ("Squeeze", "means", "turned", {"axes": [1]}),
        ("Transpose", "turned", "values", {"perm": [0, 2, 1]}),
    ]
    red = np.zeros((1, 3, 1, 1), np.float32)
    red[:, 2] = 1
    levels = [red / 127.5 - 1 for red in (127.5, 60, 220)]
    after: Sequence[Node] = [("Softmax", "logits", "output", {"axis": 2})]
    shape = ("n", 3, 48, "w")
    write_network(
        tmp_path / "model.onnx", shape, levels, before, {"red": red}, after, [("output", "FLOAT")]
    )
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    image = draw_blocks([60, 220], (48, 80), 128)
    assert load(tmp_path).recognize([image])[0].text == "ab"


def test_an_output_of_another_shape(tmp_path: Path) -> None:
    before: list[Node] = [
        ("Conv", "input1 red", "reds", {}),
        ("AveragePool", "reds", "means", {"kernel_shape": [32, 4], "strides": [32, 4]}),
        ("Squeeze", "means", "turned", {"axes": [1]}),
        ("Transpose", "turned", "values", {"perm": [0, 2, 1]}),
    ]
    constants = {"red": np.ones((1, 3, 1, 1), np.float32)}
    path = tmp_path / "model.onnx"
    write_network(path, (3, 3, 32, 300), LEVELS, before, constants, [], [("logits", "FLOAT")])
    (tmp_path / "vocab.txt").write_text("".join(f"{sign}\n" for sign in LETTERS), "utf-8")
    with pytest.raises(ModelError, match=r"its output is \(3, 75, 7\), not \(1, steps, classes\)"):
        load(tmp_path).recognize([draw("乙", (32, 36))])
