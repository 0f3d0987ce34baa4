"""``POST /v1/infer``: images and detections as NVIDIA's NIM for Image OCR has them.

Keys are those of its API reference (docs.nvidia.com/nim/ingestion/image-ocr); its newer path is
``/v1/ocr``, which `hubocr.server.dialects.gateway` shares out.
Coordinates are relative to the image's width and height.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.errors import ImageError, RequestError
from hubocr.pipeline import Page
from hubocr.pipeline.blocks import blocks_of
from hubocr.recognition import Word
from hubocr.runtime import Call
from hubocr.server.bodies import check_arguments, parse_json, read_body, read_content_type
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.errors import ContentTypeError, LimitError
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import ImageSource, Observer, SystemService

_FIELD = "input"
_LEVELS = "merge_levels"
_ITEM = "each must be an object of type image_url, whose url is data:image/png;base64,..."


@dataclass(frozen=True)
class Detection:
    """A piece of text, with its corners (x, y) in pixels, clockwise from the top left one."""

    text: str
    score: float
    polygon: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class NimCall(OcrCall):
    """A request for detections.

    Attributes:
        levels: For each image a name of `MERGE_LEVELS`.
    """

    levels: tuple[str, ...]


class Nim(OcrDialect[NimCall]):
    """NIM's JSON, answered by the first module that reads pages."""

    paths = ("/v1/infer",)
    prefix = "/v1/"

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        return state.first_module(SystemService)

    async def parse(self, request: Request, module: Module, settings: ServerSettings) -> NimCall:
        """See `OcrDialect.parse`."""
        if read_content_type(request) != "application/json":
            raise ContentTypeError("the content type must be application/json")
        return self.parse_content(parse_json(await read_body(request)), module, settings)

    def parse_content(self, content: object, module: Module, settings: ServerSettings) -> NimCall:
        """Return the request of a JSON value.

        Raises:
            RequestError: A key is missing or wrong; the message names it.
        """
        if not isinstance(content, dict):
            raise RequestError("the body must be a JSON object")
        check_arguments({name: value for name, value in content.items() if name != _FIELD})
        images = _images(content.get(_FIELD), settings.limits.images)
        levels = _levels(content.get(_LEVELS), len(images))
        words = {"rec_word_boxes": True} if "word" in levels else {}
        return NimCall(module.service.request(images, words, module.settings), levels)

    def answer(self, call: NimCall, module: Module, work: Call, observer: Observer) -> Response:
        """See `OcrDialect.answer`."""
        answer = module.service.answer(call.request, work, observer)
        pages = cast(Sequence[Page | ImageError], answer.results)
        data = [
            {"index": index, **_item(page, level)}
            for index, (page, level) in enumerate(zip(pages, call.levels, strict=True))
        ]
        return JSONResponse({"object": "list", "data": data, "model": module.name})

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        return JSONResponse({"error": message}, status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        return {
            "summary": "Read images (NIM for Image OCR).",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": NIM_REQUEST}},
            },
            "responses": responses({"type": "object"}),
        }


def _images(items: object, most: int) -> list[ImageSource]:
    if not isinstance(items, list) or not items:
        raise RequestError(f"{_FIELD} must be a list of at least one image: {_ITEM}")
    if len(items) > most:
        raise LimitError(f"{_FIELD} has {len(items)} entries, the limit is {most}")
    return [_image(item, f"{_FIELD}[{index}]") for index, item in enumerate(items)]


def _image(item: object, name: str) -> ImageSource:
    if not isinstance(item, dict) or item.get("type") != "image_url":
        raise RequestError(f"{name}: {_ITEM}")
    url = item.get("url")
    if not isinstance(url, str) or not url[:5].lower() == "data:":
        raise RequestError(f"{name}.url must be a data URI: data:image/png;base64,...")
    return ImageSource.from_base64(url, f"{name}.url")


def _levels(levels: object, count: int) -> tuple[str, ...]:
    if levels is None:
        return ("paragraph",) * count
    if not isinstance(levels, list) or len(levels) != count:
        raise RequestError(f"{_LEVELS} must be a list with one entry for each image")
    for index, level in enumerate(levels):
        if not isinstance(level, str) or level not in MERGE_LEVELS:
            raise RequestError(f"{_LEVELS}[{index}] must be one of {', '.join(MERGE_LEVELS)}")
    return tuple(levels)


def _item(page: Page | ImageError, level: str) -> dict[str, Any]:
    if isinstance(page, ImageError):
        return {"text_detections": [], "error": page.message}
    return {
        "text_detections": [
            {
                "text_prediction": {"text": found.text, "confidence": found.score},
                "bounding_box": {
                    "points": [
                        {"x": x / page.width, "y": y / page.height} for x, y in found.polygon
                    ],
                    "type": "quadrilateral" if len(found.polygon) == 4 else "polygon",
                },
            }
            for found in MERGE_LEVELS[level](page)
        ]
    }


def _words(page: Page) -> Iterator[Detection]:
    for line in page.lines:
        for word in line.reading.words or (Word(line.text, line.score, line.polygon),):
            yield Detection(word.text, word.score, word.polygon)


def _lines(page: Page) -> Iterator[Detection]:
    for line in page.lines:
        yield Detection(line.text, line.score, line.polygon)


def _paragraphs(page: Page) -> Iterator[Detection]:
    for block in blocks_of(page):
        lefts, tops, rights, bottoms = zip(*(line.box.bounds for line in block.lines), strict=True)
        left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        weights = [len(line.text) for line in block.lines]
        score = np.average([line.score for line in block.lines], weights=weights)
        yield Detection(block.text, float(score), corners)


MERGE_LEVELS: Mapping[str, Callable[[Page], Iterator[Detection]]] = {
    "word": _words,
    "sentence": _lines,
    "paragraph": _paragraphs,
}
"""What one detection is. A sentence is a line; a paragraph's box is upright."""

NIM_REQUEST: Mapping[str, Any] = {
    "type": "object",
    "required": [_FIELD],
    "properties": {
        _FIELD: {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "url"],
                "properties": {
                    "type": {"type": "string", "enum": ["image_url"]},
                    "url": {"type": "string", "description": "data:image/png;base64,..."},
                },
            },
        },
        _LEVELS: {"type": "array", "items": {"type": "string", "enum": list(MERGE_LEVELS)}},
    },
}
