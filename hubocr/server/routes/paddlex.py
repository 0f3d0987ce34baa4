"""``POST /ocr``: PaddleX's basic serving, for clients of PaddleOCR 3.x.

The keys of request and reply are those of PaddleX 3.7 (``paddlex/inference/serving/schemas/ocr``).
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import cv2
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.engines import Call
from hubocr.errors import ImageError, RequestError
from hubocr.hub.params import apply_options
from hubocr.hub.payload import decode_base64
from hubocr.hub.services import SystemService
from hubocr.imaging import BgrImage, decode_image
from hubocr.pipeline import OcrResult
from hubocr.pipeline.exporters import to_image, to_paddlex
from hubocr.server.bodies import parse_json
from hubocr.server.errors import ContentTypeError, NotReadyError, UnknownModuleError
from hubocr.server.logs import request_id
from hubocr.server.modules import Module
from hubocr.server.state import ServerState
from hubocr.server.work import run_work
from hubocr.settings import OcrOptions

_OPTION_NAMES = {
    "useTextlineOrientation": "use_angle_cls",
    "textDetLimitSideLen": "det_limit_side_len",
    "textDetLimitType": "det_limit_type",
    "textDetThresh": "det_db_thresh",
    "textDetBoxThresh": "det_db_box_thresh",
    "textDetUnclipRatio": "det_db_unclip_ratio",
    "textRecScoreThresh": "drop_score",
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
    returnWordBox: bool | None = Field(None, description="only false")
    visualize: bool | None = Field(None, description="send back images with the text drawn")
    logId: str | None = Field(None, max_length=200)


async def ocr(request: Request) -> Response:
    """Answer a request of a PaddleX client with the first ``ocr_system`` module."""
    state: ServerState = request.app.state.hubocr
    module = _system_module(state)
    request.state.module = module.name
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise ContentTypeError("the content type must be application/json")
    body = _parse(parse_json(await request.body()))
    options = _options(module, body)

    def work(call: Call) -> tuple[BgrImage, OcrResult]:
        (image,) = state.scheduler.map(
            lambda text: _decode(text, module.settings.max_pixels),
            [body.file],
            stage="decoding",
            call=call,
        )
        state.metrics.images.labels("read").inc()
        service = module.service
        if not isinstance(service, SystemService):
            raise UnknownModuleError("no ocr_system module is served")
        return image, service.pipeline.run(image, options, call)

    image, result = await run_work(request, state, work)
    state.metrics.lines.inc(len(result.lines))
    return JSONResponse(
        {
            "logId": body.logId or request_id.get(),
            "errorCode": 0,
            "errorMsg": "Success",
            "result": {
                "ocrResults": [
                    {
                        "prunedResult": to_paddlex(result, options),
                        "ocrImage": _jpeg(to_image(result, image)) if body.visualize else None,
                        "docPreprocessingImage": None,
                        "inputImage": _jpeg(image) if body.visualize else None,
                    }
                ],
                "dataInfo": {"type": "image", "width": result.width, "height": result.height},
            },
        }
    )


def _system_module(state: ServerState) -> Module:
    if state.host.problem is not None:
        raise NotReadyError(f"the models aren't ready: {state.host.problem}")
    for module in state.host.modules.values():
        if module.kind == "ocr_system":
            return module
    raise UnknownModuleError("no ocr_system module is served")


def _parse(content: object) -> PaddlexRequest:
    try:
        body = PaddlexRequest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise _Unprocessable(f"{where}: {first['msg']}") from None
    for name in ("useDocOrientationClassify", "useDocUnwarping", "returnWordBox"):
        if getattr(body, name):
            raise _Unprocessable(f"{name}: not supported, leave it out or send false")
    if body.fileType == 0:
        raise _Unprocessable("fileType: PDF is not supported, send images")
    if body.file.startswith(("http://", "https://", "file:")):
        raise _Unprocessable("file: URLs are not fetched, send the file's base64")
    return body


class _Unprocessable(RequestError):
    """PaddleX answers every mistake in a request with 422."""

    http_status = 422


def _options(module: Module, body: PaddlexRequest) -> OcrOptions:
    values: dict[str, Any] = {
        ours: getattr(body, theirs)
        for theirs, ours in _OPTION_NAMES.items()
        if getattr(body, theirs) is not None
    }
    try:
        return apply_options(module.options, values, module.service.tasks, "request")
    except RequestError as error:
        raise _Unprocessable(error.message) from None


def _decode(text: str, max_pixels: int) -> BgrImage:
    try:
        return decode_image(decode_base64(text), max_pixels=max_pixels)
    except ImageError as error:
        raise error.at("file") from error


def _jpeg(image: BgrImage) -> str:
    return base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode("ascii")
