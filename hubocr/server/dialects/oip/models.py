"""What the models of the Open Inference Protocol take and give.

Each module that is served is a model: images in, one element each, and its results as tensors. The
lines of all images are in one tensor, and ``image`` says which image each is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hubocr.classification import Classification
from hubocr.errors import ImageError
from hubocr.pipeline import Box, Page
from hubocr.recognition import Recognition
from hubocr.server.dialects.oip.pipeline import INPUT, OUTPUTS, SHAPE
from hubocr.server.dialects.oip.wire import Tensor
from hubocr.server.errors import UnknownModuleError
from hubocr.server.modules import Module
from hubocr.services import (
    Answer,
    ClassificationService,
    DetectionService,
    RecognitionService,
    SystemService,
)

IMAGES = "images"
"""The input of every module: the bytes of image files; in JSON their base64."""

EXTENSIONS = ("binary_tensor_data",)
VERSION = "1"
PLATFORM = "hubocr"

Results = Sequence[Any]


def describe_model(model: str, module: Module) -> dict[str, Any]:
    """Return the metadata of a model.

    Args:
        model: Its name.
        module: The module that answers it.
    """
    is_module = model == module.name
    return {
        "name": model,
        "versions": [VERSION],
        "platform": PLATFORM,
        "inputs": [_described(IMAGES, "BYTES", _LIST)]
        if is_module
        else [_described(INPUT, "BYTES", SHAPE)],
        "outputs": [
            _described(name, datatype, shape)
            for name, (datatype, shape) in (_OUTPUTS[module.kind] if is_module else OUTPUTS).items()
        ],
    }


def _described(name: str, datatype: str, shape: Sequence[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


def check_version(version: str | None) -> None:
    """Raise `UnknownModuleError` where a request asks for a version that there is not."""
    if version not in (None, VERSION):
        raise UnknownModuleError(f"the models have only the version {VERSION}")


def tensors_of(kind: str, answer: Answer[Any]) -> list[Tensor]:
    """Return the answer of a service as tensors, in the order of its metadata."""
    errors = [one.message if isinstance(one, ImageError) else "" for one in answer.results]
    return [*_WRITERS[kind](answer.results), Tensor("errors", "BYTES", (len(errors),), errors)]


def _lines(results: Results) -> list[Tensor]:
    lines = [(index, line) for index, page in _read(results) for line in page.lines]
    return [
        _texts("texts", [line.text for _, line in lines]),
        _numbers("scores", [line.reading.score for _, line in lines]),
        _polygons([line.box for _, line in lines]),
        Tensor("image", "INT32", (len(lines),), [index for index, _ in lines]),
    ]


def _boxes(results: Results) -> list[Tensor]:
    boxes = [(index, box) for index, page in _read(results) for box in page.boxes]
    return [
        _numbers("scores", [box.detection_score for _, box in boxes]),
        _polygons([box for _, box in boxes]),
        Tensor("image", "INT32", (len(boxes),), [index for index, _ in boxes]),
    ]


def _readings(results: Sequence[Recognition | ImageError]) -> list[Tensor]:
    return [
        _texts("texts", ["" if isinstance(one, ImageError) else one.text for one in results]),
        _numbers("scores", [0.0 if isinstance(one, ImageError) else one.score for one in results]),
    ]


def _directions(results: Sequence[Classification | ImageError]) -> list[Tensor]:
    return [
        _texts("angles", ["" if isinstance(one, ImageError) else one.label for one in results]),
        _numbers("scores", [0.0 if isinstance(one, ImageError) else one.score for one in results]),
    ]


def _read(results: Sequence[Page | ImageError]) -> Iterable[tuple[int, Page]]:
    return ((index, one) for index, one in enumerate(results) if not isinstance(one, ImageError))


def _polygons(boxes: Sequence[Box]) -> Tensor:
    """Return the corners of boxes, (M, K, 2), x and y in pixels.

    K is 4 unless a box has more corners; those that have fewer repeat their last one.
    """
    corners = max([4, *(len(box.polygon) for box in boxes)])
    flat = [
        value
        for box in boxes
        for point in (*box.polygon, *[box.polygon[-1]] * (corners - len(box.polygon)))
        for value in point
    ]
    return Tensor("polygons", "INT32", (len(boxes), corners, 2), flat)


def _texts(name: str, values: Sequence[str]) -> Tensor:
    return Tensor(name, "BYTES", (len(values),), values)


def _numbers(name: str, values: Sequence[float]) -> Tensor:
    return Tensor(name, "FP32", (len(values),), values)


_LIST = [-1]
_CORNERS = {"polygons": ("INT32", [-1, -1, 2]), "image": ("INT32", _LIST)}
_ERRORS = {"errors": ("BYTES", _LIST)}
_SCORES = {"scores": ("FP32", _LIST)}

_OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    SystemService.name: {"texts": ("BYTES", _LIST), **_SCORES, **_CORNERS, **_ERRORS},
    DetectionService.name: {**_SCORES, **_CORNERS, **_ERRORS},
    RecognitionService.name: {"texts": ("BYTES", _LIST), **_SCORES, **_ERRORS},
    ClassificationService.name: {"angles": ("BYTES", _LIST), **_SCORES, **_ERRORS},
}
_WRITERS: Mapping[str, Callable[[Results], list[Tensor]]] = {
    SystemService.name: _lines,
    DetectionService.name: _boxes,
    RecognitionService.name: _readings,
    ClassificationService.name: _directions,
}
