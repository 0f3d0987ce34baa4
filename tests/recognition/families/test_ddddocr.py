"""Models of dddd_trainer: networks built here whose text is known, and ddddocr itself as a peer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.cli import main
from hubocr.errors import ModelError, VocabularyError
from hubocr.imaging import BgrImage
from hubocr.recognition import Recognition, TextRecognizer
from hubocr.recognition.families.ddddocr import CharsetsFile, read_charsets
from hubocr.services import ImageSource, OcrRequest, RecognitionService
from hubocr.settings import EngineName, EngineSettings, PipelineSettings, RecognitionSettings
from hubocr.settings.params import apply_params
from hubocr.settings.rule import Task
from tests.arrays import bgr
from tests.conftest import FIXTURES
from tests.recognition.families.networks import (
    Node,
    as_grey,
    draw_blocks,
    level_logits,
    shares,
    write_network,
)

REC: tuple[Task, ...] = ("rec",)

LETTERS = "ABCDEF"
REDS = (0, 40, 80, 120, 160, 200)
WHITE = 255
ENGINES: Sequence[EngineName] = ("openvino", "onnxruntime")


def of_trainer(red: int, channels: int) -> float:
    """A pixel as dddd_trainer's networks see it: torchvision's Normalize with ImageNet's values."""
    mean, std = (0.456, 0.224) if channels == 1 else (0.485, 0.229)
    return (red / 255 - mean) / std


@dataclass(frozen=True)
class Kind:
    """A model to build; ``output`` is ``indices`` (dddd_trainer's) or ``logits``, time or batch
    first."""

    output: str = "indices"
    channels: int = 1
    image: tuple[int, int] = (-1, 64)
    word: bool = False

    @property
    def labels(self) -> list[str]:
        return [*([] if self.word else [" "]), *LETTERS]

    def value(self, red: int) -> float:
        return of_trainer(red, self.channels) if self.output == "indices" else red / 255

    @property
    def levels(self) -> list[float]:
        return [self.value(red) for red in (*(() if self.word else (WHITE,)), *REDS)]


def write_model(folder: Path, kind: Kind, random: int | None = None, **changes: Any) -> Path:
    """Write the ONNX file and charsets.json, with other values for some of its keys.

    With a seed the levels, and the weights of the channels, are random ones.
    """
    width, height = kind.image
    if kind.word and width == -1:
        width = height
    window = [height, width] if kind.word else [height, 8]
    red = np.zeros((1, kind.channels, 1, 1), np.float32)
    red[:, 0] = 1
    levels = kind.levels
    if random is not None:
        generator = np.random.default_rng(random)
        red[0, :, 0, 0] = generator.dirichlet(np.ones(kind.channels))
        levels = generator.uniform(0.2, 1, len(levels)).tolist()
    before: list[Node] = [
        ("Conv", "input1 red", "reds", {}),
        ("AveragePool", "reds", "means", {"kernel_shape": window, "strides": window}),
    ]
    if kind.word:
        before.append(("Flatten", "means", "values", {}))
    else:
        before.append(("Transpose", "means", "turned", {"perm": [3, 0, 1, 2]}))
        before.append(("Squeeze", "turned", "values", {"axes": [3]}))
    after: list[Node] = []
    outputs = [("logits", "FLOAT")]
    if kind.output == "logits_batch_first":
        after = [("Transpose", "logits", "output", {"perm": [1, 0, 2]})]
        outputs = [("output", "FLOAT")]
    elif kind.output == "indices" and kind.word:
        after = [
            ("ReduceMax", "logits", "output", {"axes": [1], "keepdims": 0}),
            ("ArgMax", "logits", "index", {"axis": 1, "keepdims": 0}),
        ]
        outputs = [("output", "FLOAT"), ("index", "INT64")]
    elif kind.output == "indices":
        after = [
            ("ArgMax", "logits", "best", {"axis": 2, "keepdims": 0}),
            ("Transpose", "best", "output", {"perm": [1, 0]}),
        ]
        outputs = [("output", "INT64")]
    declared = width if kind.word else "image_wdith"
    shape = (1, kind.channels, height, declared)
    path = folder / "project_0.98_12_3000.onnx"
    write_network(path, shape, levels, before, {"red": red}, after, outputs)
    content = {
        "charset": kind.labels,
        "image": list(kind.image),
        "word": kind.word,
        "channel": kind.channels,
        **changes,
    }
    text = json.dumps({key: value for key, value in content.items() if value is not None})
    (folder / "charsets.json").write_text(text)
    return folder


def draw(text: str, channels: int = 1, height: int = 64) -> BgrImage:
    """Return an image that says a text of letters; half the height is half the size."""
    scale = height // 64 if height >= 64 else 64 // height
    size = 16 * scale if height >= 64 else 16 // scale
    reds = [REDS[LETTERS.index(letter)] for letter in text]
    image = draw_blocks(reds, (height, 2 * size * len(text) + size), WHITE, size, size)
    return as_grey(image) if channels == 1 else image


def load(folder: Path, engine: EngineName = "openvino", threads: int = 1) -> TextRecognizer:
    return TextRecognizer.load(folder, EngineSettings(engine=engine, cpu_threads=threads))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("output", ["indices", "logits", "logits_batch_first"])
def test_the_text_is_what_the_blocks_say(
    tmp_path: Path, engine: EngineName, channels: int, output: str
) -> None:
    recognizer = load(write_model(tmp_path, Kind(output, channels)), engine)
    assert recognizer.vocabulary.characters == tuple(LETTERS)
    texts = ["ABCDEF", "F", "AAB", "DCBAFFED"]
    for height in (32, 64, 128):
        images = [draw(text, channels, height) for text in texts]
        assert [line.text for line in recognizer.recognize(images)] == texts


def test_a_fixed_size_is_stretched_to(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path, Kind(image=(112, 32))))
    for size in [(64, 112), (200, 112), (30, 224), (64, 56)]:
        image = bgr(cv2.resize(draw("BDA"), size[::-1], interpolation=cv2.INTER_AREA))
        assert recognizer.recognize([image])[0].text == "BDA"


@pytest.mark.parametrize("output", ["indices", "logits"])
def test_scores_are_the_softmax_of_the_logits(tmp_path: Path, output: str) -> None:
    kind = Kind(output)
    recognizer = load(write_model(tmp_path, kind))
    image = as_grey(draw_blocks([55, 175], (64, 80), WHITE))
    (line,) = recognizer.recognize([image], RecognitionSettings(char_scores=True))
    assert line.text == "BE"
    expected = [shares(level_logits(kind.value(red), kind.levels)).max() for red in (55, 175)]
    assert line.char_scores == pytest.approx(expected, abs=1e-3)
    assert line.score == pytest.approx(np.mean(expected), abs=1e-3)
    assert max(expected) < 0.99


def test_limits_choose_among_the_probabilities(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path, Kind()))
    image = as_grey(draw_blocks([90], (64, 48), WHITE))  # nearest to 90 is C, then D, then B
    assert recognizer.recognize([image])[0].text == "C"
    limited = RecognitionSettings(charset="ABDEF", length="1", alternatives=2)
    (line,) = recognizer.recognize([image], limited)
    assert line.text == "D"
    assert [other.text for other in line.alternatives or ()] == ["D", "B"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("output", ["indices", "logits"])
@pytest.mark.parametrize("image", [(-1, 32), (48, 32)])
def test_a_model_of_words_has_no_blank(
    tmp_path: Path, engine: EngineName, output: str, image: tuple[int, int]
) -> None:
    labels = ["lion", "B", "兔子", "D", "E", "F"]
    kind = Kind(output, image=image, word=True)
    recognizer = load(write_model(tmp_path, kind, charset=labels), engine)
    images = [np.full((50, 90, 3), red, np.uint8) for red in REDS]
    assert [line.text for line in recognizer.recognize(images)] == labels
    wanted = RecognitionSettings(char_scores=True, alternatives=2, charset="hanzi+letters")
    (line,) = recognizer.recognize([np.full((9, 7, 3), 90, np.uint8)], wanted)
    chances = np.sort(shares(level_logits(kind.value(90), kind.levels)))[::-1]
    assert [other.text for other in line.alternatives or ()] == [line.text, "D"] == ["兔子", "D"]
    found = [other.probability for other in line.alternatives or ()]
    assert found == pytest.approx(chances[:2], abs=1e-3)
    assert line.char_scores == pytest.approx(chances[:1], abs=1e-3)


def test_batches_and_threads_change_nothing(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path, Kind()), threads=2)
    random = np.random.default_rng(0)
    texts = ["".join(random.choice(list(LETTERS), random.integers(1, 9))) for _ in range(40)]
    images = [draw(text) for text in texts]
    padded = recognizer.recognize(images, RecognitionSettings(batching="padded"))
    assert [line.text for line in padded] == texts
    with ThreadPoolExecutor(4) as pool:
        for lines in pool.map(lambda _: recognizer.recognize(images), range(4)):
            assert lines == padded


def test_lines_of_odd_sizes(tmp_path: Path) -> None:
    recognizer = load(write_model(tmp_path, Kind()))
    sizes = [(1, 1), (300, 1), (1, 200), (2, 90)]
    found = recognizer.recognize([np.full((*size, 3), WHITE, np.uint8) for size in sizes])
    assert [line.text for line in found] == [""] * len(sizes)


def test_every_interface_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(write_model(tmp_path / "model", Kind()))
    image = tmp_path / "line.png"
    cv2.imwrite(str(image), draw("FACE"))
    (tmp_path / "labels.tsv").write_text("line.png\tFACE\n")
    assert main(["predict", "--line", str(image), "--rec-model", model]) == 0
    assert capsys.readouterr().out.split() == ["FACE"]
    evaluate = ["eval", "rec", "--data", str(tmp_path / "labels.tsv"), "--model", model]
    assert main([*evaluate, "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["line_accuracy"] == 1
    settings = apply_params(PipelineSettings(), {"rec_model_dir": model}, REC, "init_args")
    request = OcrRequest([ImageSource.from_file(image)], settings.options)
    (found,) = RecognitionService.load(settings).answer(request).results
    assert isinstance(found, Recognition)
    assert found.text == "FACE"


def test_charsets_under_another_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path, Kind())
    (folder / "charsets.json").rename(folder / "mine.json")
    (model,) = folder.glob("*.onnx")
    named = TextRecognizer.load(model, dict_path=str(folder / "mine.json"))
    assert named.recognize([draw("BED")])[0].text == "BED"
    with pytest.raises(VocabularyError, match=r"no\.json does not exist"):
        TextRecognizer.load(model, dict_path=str(folder / "no.json"))


def test_another_dictionary_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path, Kind())
    with pytest.raises(
        VocabularyError, match=r"charsets\.json: leave rec_char_dict_path \(keys\.txt"
    ):
        TextRecognizer.load(folder, dict_path="keys.txt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"charset": list(" ABC")}, r"has 4 labels, the model has 7 classes"),
        ({"channel": 3}, r"describes an input \(1, 3, 64, any\).* is \(1, 1, 64, any\)"),
        ({"image": [-1, 32]}, r"describes an input \(1, 1, 32, any\)"),
        ({"word": True}, r"describes: \(1, classes\)"),
        ({"word": None, "image": None}, "lacks image, word"),
        ({"word": "yes"}, "word is not true or false but 'yes'"),
        ({"channel": 2}, "channel is not 1 or 3 but 2"),
        ({"channel": True}, "channel is not 1 or 3"),
        ({"image": [64]}, r"image is not \[width, height\]"),
        ({"image": [0, 64]}, r"image is not \[width, height\]"),
        ({"image": [100, -1]}, r"image is not \[width, height\]"),
        ({"image": ["100", "64"]}, r"image is not \[width, height\]"),
        ({"charset": [" "]}, "charset is not a list of at least 2 texts"),
        ({"charset": [" ", 5]}, "charset is not a list of at least 2 texts"),
        ({"charset": " ABC"}, "charset is not a list"),
    ],
)
def test_charsets_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    folder = write_model(tmp_path, Kind(), **changes)
    with pytest.raises(ModelError, match=rf"charsets\.json.*{message}"):
        load(folder).recognize([draw("A")])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b'{"charset": [', "not valid JSON"),
        ("['汉']".encode("gbk"), "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "lacks charset, image, word, channel"),
    ],
)
def test_files_that_are_no_charsets(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "charsets.json"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match=rf"charsets\.json.*{message}"):
        read_charsets(path)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
LABELS = st.lists(st.text(st.characters(codec=None), max_size=2), max_size=5)
SIZES = st.lists(st.integers(-2, 99), max_size=3)


@given(
    content=st.fixed_dictionaries(
        {
            "charset": LABELS | ANYTHING,
            "image": SIZES | ANYTHING,
            "word": st.booleans() | ANYTHING,
            "channel": st.sampled_from([0, 1, 3, 3.0]) | ANYTHING,
        }
    )
    | ANYTHING
)
def test_charsets_are_read_whole_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "charsets.json"
    path.write_text(json.dumps(content))
    try:
        read = read_charsets(path)
    except VocabularyError as error:
        assert str(path) in error.message
        error.message.encode()
    else:
        assert list(read.labels) == content["charset"]
        assert [read.width, read.height] == content["image"]
        assert read.vocabulary.class_count > 1
        "".join(read.labels).encode()


@given(st.binary())
def test_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "charsets.json"
    path.write_bytes(content)
    with pytest.raises(VocabularyError):
        read_charsets(path)


def test_the_file_s_charset() -> None:
    line = CharsetsFile(FIXTURES, (" ", "a", "b"), -1, 64, False, 1)
    word = CharsetsFile(FIXTURES, ("a", "b"), 64, 64, True, 1)
    assert line.vocabulary.characters == word.vocabulary.characters == ("a", "b")
