"""``POST /ocr``: PaddleX's basic serving, for clients of PaddleOCR 3.x.

The keys of request and reply are those of PaddleX 3.7 (``paddlex/inference/serving/schemas/ocr``).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import cv2
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.errors import HubocrError, ImageError, RequestError
from hubocr.exporters.image import draw
from hubocr.exporters.paddlex import pruned_result
from hubocr.imaging import BgrImage
from hubocr.pipeline import Page
from hubocr.runtime import Call
from hubocr.server.bodies import check_arguments, parse_json, read_body, read_content_type
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.errors import ContentTypeError
from hubocr.server.logs import request_id
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import Answer, ImageSource, Observer, SystemService

_OPTION_NAMES = {
    "useTextlineOrientation": "use_angle_cls",
    "textDetLimitSideLen": "det_limit_side_len",
    "textDetLimitType": "det_limit_type",
    "textDetThresh": "det_db_thresh",
    "textDetBoxThresh": "det_db_box_thresh",
    "textDetUnclipRatio": "det_db_unclip_ratio",
    "textRecScoreThresh": "drop_score",
    "returnWordBox": "rec_word_boxes",
}
_ERROR = {
    "type": "object",
    "required": ["logId", "errorCode", "errorMsg"],
    "properties": {
        "logId": {"type": "string"},
        "errorCode": {"type": "integer"},
        "errorMsg": {"type": "string"},
    },
}


class PaddlexRequest(BaseModel):
    """The body of a request, in PaddleX's names."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(description="the base64 of an image file; a URL is refused")
    fileType: Literal[0, 1] | None = Field(None, description="1: image; 0, PDF, is refused")
    useDocOrientationClassify: bool | None = Field(None, description="only false")
    useDocUnwarping: bool | None = Field(None, description="only false")
    useTextlineOrientation: bool | None = None
    textDetLimitSideLen: int | None = None
    textDetLimitType: Literal["min", "max", "resize_long"] | None = None
    textDetThresh: float | None = None
    textDetBoxThresh: float | None = None
    textDetUnclipRatio: float | None = None
    textRecScoreThresh: float | None = None
    returnWordBox: bool | None = None
    visualize: bool | None = Field(None, description="send back images with the text drawn")
    logId: str | None = Field(None, max_length=200)


@dataclass(frozen=True)
class PaddlexCall(OcrCall):
    """A request of a PaddleX client.

    Attributes:
        log_id: The client's id of the request, where it sent one.
        with_images: Whether the reply holds the image, plain and drawn on.
    """

    log_id: str | None
    with_images: bool


class Paddlex(OcrDialect[PaddlexCall]):
    """PaddleX's JSON, answered by the first module that reads pages."""

    paths = ("/ocr",)
    prefix = "/ocr/"

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        return state.first_module(SystemService)

    async def parse(
        self, request: Request, module: Module, settings: ServerSettings
    ) -> PaddlexCall:
        """See `OcrDialect.parse`."""
        if read_content_type(request) != "application/json":
            raise ContentTypeError("the content type must be application/json")
        body = _checked(parse_json(await read_body(request)))
        images = (ImageSource.from_base64(body.file, "file"),)
        try:
            asked = module.service.request(images, _arguments(body), module.settings)
        except RequestError as error:
            raise _Unprocessable(error.message) from None
        pictures = bool(body.visualize)
        return PaddlexCall(replace(asked, keep_images=pictures), body.logId, pictures)

    def answer(self, call: PaddlexCall, module: Module, work: Call, observer: Observer) -> Response:
        """See `OcrDialect.answer`."""
        answer: Answer[Page] = module.service.answer(call.request, work, observer)
        (page,) = answer.results
        if isinstance(page, ImageError):
            raise TypeError("a service answers no request of which it can read no image")
        drawn, plain = _pictures(page, answer) if call.with_images else (None, None)
        return JSONResponse(
            {
                "logId": call.log_id or request_id.get(),
                "errorCode": 0,
                "errorMsg": "Success",
                "result": {
                    "ocrResults": [
                        {
                            "prunedResult": pruned_result(page, answer.options),
                            "ocrImage": drawn,
                            "docPreprocessingImage": None,
                            "inputImage": plain,
                        }
                    ],
                    "dataInfo": {"type": "image", "width": page.width, "height": page.height},
                },
            }
        )

    def error(self, error: HubocrError, settings: ServerSettings) -> Response:
        """See `Dialect.error`."""
        return self.http_error(error.http_status, error.message)

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        content = {"logId": request_id.get(), "errorCode": status, "errorMsg": message}
        return JSONResponse(content, status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        schema = PaddlexRequest.model_json_schema()
        return {
            "summary": "Read one image (PaddleX serving).",
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": responses(_ERROR),
        }


class _Unprocessable(RequestError):
    """PaddleX answers every mistake in a request with 422."""

    http_status = 422


def _checked(content: object) -> PaddlexRequest:
    if isinstance(content, dict):
        check_arguments({name: value for name, value in content.items() if name != "file"})
    try:
        body = PaddlexRequest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise _Unprocessable(f"{where}: {first['msg']}") from None
    for name in ("useDocOrientationClassify", "useDocUnwarping"):
        if getattr(body, name):
            raise _Unprocessable(f"{name}: not supported, leave it out or send false")
    if body.fileType == 0:
        raise _Unprocessable("fileType: PDF is not supported, send images")
    if body.file.startswith(("http://", "https://", "file:")):
        raise _Unprocessable("file: URLs are not fetched, send the file's base64")
    return body


def _arguments(body: PaddlexRequest) -> dict[str, Any]:
    """Return the options that the client set, by our names."""
    values = {ours: getattr(body, theirs) for theirs, ours in _OPTION_NAMES.items()}
    return {name: value for name, value in values.items() if value is not None}


def _pictures(page: Page, answer: Answer[Page]) -> tuple[str, str]:
    """Return the image drawn on, and plain."""
    (image,) = answer.slots
    if isinstance(image, ImageError):
        raise TypeError("a service answers no request of which it can read no image")
    return _jpeg(draw(page, image)), _jpeg(image)


def _jpeg(image: BgrImage) -> str:
    return base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode("ascii")
