"""Helpers of the tests of training: drawn digits, and models small enough to train here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from hubocr.imaging import BgrImage

DIGITS = "0123456789"


def draw_text(text: str, seed: int = 0) -> BgrImage:
    """Return an image of ASCII text, about as a simple captcha: 32 pixels high, 24 a character."""
    random = np.random.default_rng(seed)
    image = np.full((32, 24 * len(text) + 8, 3), 235, np.uint8)
    for place, character in enumerate(text):
        origin = (6 + 24 * place + int(random.integers(-2, 3)), 25 + int(random.integers(-2, 3)))
        cv2.putText(image, character, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (60, 20, 20), 2)
    return image


def write_set(folder: Path, texts: Sequence[str], name: str = "train.tsv", seed: int = 0) -> Path:
    """Write images of texts and their label file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for place, text in enumerate(texts):
        file = f"{name.partition('.')[0]}_{place}.png"
        cv2.imwrite(str(folder / file), draw_text(text, seed + place))
        rows.append(f"{file}\t{text}\n")
    (folder / name).write_text("".join(rows), encoding="utf-8")
    return folder / name


def digit_strings(count: int, length: int = 3, seed: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    return ["".join(random.choice(list(DIGITS), length)) for _ in range(count)]


def write_tiny_base(folder: Path, characters: str = "0123456789ab", seed: int = 0) -> Path:
    """Write a model folder of a small CTC network with random weights, steps of 8 pixels."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(seed)
    classes = len(characters) + 1

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        spread = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0
        return numpy_helper.from_array(random.normal(0, spread, shape).astype(np.float32), name)

    def conv(data: str, place: int, stride: Sequence[int]) -> list[onnx.NodeProto]:
        return [
            helper.make_node(
                "Conv",
                [data, f"w{place}", f"b{place}"],
                [f"c{place}"],
                kernel_shape=[3, 3],
                strides=stride,
                pads=[1, 1, 1, 1],
            ),
            helper.make_node("Relu", [f"c{place}"], [f"r{place}"]),
        ]

    nodes = [
        *conv("x", 0, (2, 2)),
        *conv("r0", 1, (2, 2)),
        *conv("r1", 2, (2, 2)),
        helper.make_node("ReduceMean", ["r2"], ["m"], axes=[2], keepdims=0),
        helper.make_node("Transpose", ["m"], ["t"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["t", "head"], ["p"]),
        helper.make_node("Add", ["p", "head_bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["y"], axis=2),
    ]
    tensors = [
        *(weights("w0", 16, 3, 3, 3), weights("b0", 16)),
        *(weights("w1", 32, 16, 3, 3), weights("b1", 32)),
        *(weights("w2", 64, 32, 3, 3), weights("b2", 64)),
        *(weights("head", 64, classes), weights("head_bias", classes)),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 48, "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "steps", classes])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"character": "\n".join(characters)})
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "inference.onnx"))
    return folder


def write_pages(folder: Path, count: int, name: str = "det.tsv", seed: int = 0) -> Path:
    """Write pages of 160 x 192 with two or three numbers each, and PaddleOCR's label file."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    rows = []
    for place in range(count):
        page = np.full((160, 192, 3), 240, np.uint8)
        regions = []
        for row in range(int(random.integers(2, 4))):
            text = "".join(random.choice(list(DIGITS), 4))
            left, top = int(random.integers(8, 80)), 12 + 50 * row
            page[top : top + 32, left : left + 104] = draw_text(text, seed + place)
            corners = [[left, top], [left + 104, top], [left + 104, top + 32], [left, top + 32]]
            regions.append({"transcription": text, "points": corners})
        file = f"{name.partition('.')[0]}_{place}.png"
        cv2.imwrite(str(folder / file), page)
        rows.append(f"{file}\t{json.dumps(regions)}\n")
    (folder / name).write_text("".join(rows), encoding="utf-8")
    return folder / name


def write_tiny_detector(folder: Path, seed: int = 0) -> Path:
    """Write a model folder of a small DB network with random weights."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(seed)
    tensors = []

    def weights(name: str, *shape: int, value: float | None = None) -> str:
        fan = np.prod(shape) / shape[0]
        array = (
            random.normal(0, np.sqrt(2 / fan), shape) if value is None else np.full(shape, value)
        )
        tensors.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    nodes, data, before = [], "x", 3
    for place, channels in enumerate((16, 24, 24)):
        stride = 1 if place == 2 else 2
        inputs = [data, weights(f"w{place}", channels, before, 3, 3)]
        inputs.append(weights(f"b{place}", channels, value=0))
        reach = 4 if place == 2 else 1  # as far as from one character to the next
        settings = {"kernel_shape": [3, 3], "strides": [stride] * 2, "pads": [reach] * 4}
        settings["dilations"] = [reach] * 2
        nodes.append(helper.make_node("Conv", inputs, [f"c{place}"], **settings))
        nodes.append(helper.make_node("Relu", [f"c{place}"], [f"r{place}"]))
        data, before = f"r{place}", channels
    for place, channels in enumerate((12, 1)):
        inputs = [data, weights(f"u{place}", before, channels, 2, 2)]
        inputs.append(weights(f"v{place}", channels, value=0 if place == 0 else -1))
        settings = {"kernel_shape": [2, 2], "strides": [2, 2]}
        nodes.append(helper.make_node("ConvTranspose", inputs, [f"t{place}"], **settings))
        data, before = f"t{place}", channels
        if place == 0:
            nodes.append(helper.make_node("Relu", [data], ["s0"]))
            data = "s0"
    nodes.append(helper.make_node("Sigmoid", [data], ["y"]))
    sizes = ["n", 3, "h", "w"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "inference.onnx"))
    return folder


UPRIGHT_TEXTS = ("FLAT", "VAULT", "TALL", "PLAY", "JET", "GATE", "LEFT", "FAULT")


def write_directions(folder: Path, count: int, name: str = "cls.tsv", seed: int = 0) -> Path:
    """Write images of words, every third one upside down, and PaddleOCR's label file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for place in range(count):
        image = draw_text(UPRIGHT_TEXTS[place % len(UPRIGHT_TEXTS)], seed + place)
        label = 180 if place % 3 == 0 else 0
        file = f"{name.partition('.')[0]}_{place}.png"
        cv2.imwrite(str(folder / file), np.rot90(image, label // 90))
        rows.append(f"{file}\t{label}\n")
    (folder / name).write_text("".join(rows), encoding="utf-8")
    return folder / name


def write_tiny_classifier(folder: Path, classes: int = 2, seed: int = 0) -> Path:
    """Write a model folder of a small direction classifier with random weights."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(seed)
    height, width = (48, 192) if classes == 2 else (224, 224)
    tensors = [numpy_helper.from_array(np.array([0, -1], np.int64), "flat")]

    def weights(name: str, *shape: int) -> str:
        spread = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0
        array = random.normal(0, spread, shape).astype(np.float32)
        tensors.append(numpy_helper.from_array(array, name))
        return name

    nodes, data, before = [], "x", 3
    for place, channels in enumerate((8, 16, 8)):
        inputs = [
            data,
            weights(f"w{place}", channels, before, 3, 3),
            weights(f"b{place}", channels),
        ]
        settings = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}
        nodes.append(helper.make_node("Conv", inputs, [f"c{place}"], **settings))
        nodes.append(helper.make_node("Relu", [f"c{place}"], [f"r{place}"]))
        data, before = f"r{place}", channels
    features = before * (height // 8) * (width // 8)
    head = numpy_helper.from_array(
        random.normal(0, features**-0.5, (features, classes)).astype(np.float32), "head"
    )
    nodes += [
        helper.make_node("Reshape", [data, "flat"], ["f"]),
        helper.make_node("MatMul", ["f", "head"], ["p"]),
        helper.make_node("Add", ["p", weights("head_bias", classes)], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, height, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", classes])],
        [*tensors, head],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "inference.onnx"))
    return folder
