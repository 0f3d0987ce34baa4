"""The bodies of PaddleX's requests, and what is wrong with them in PaddleX's words.

Keys, types and messages are those of PaddleX 3.7 (``paddlex/inference/serving/schemas/ocr``,
``.../infra/utils``) and of 3.0-beta: unknown keys are ignored, and 422 answers every mistake.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from hubocr.documents.urls import is_url
from hubocr.errors import RequestError, SettingsError

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
_DIRECTION = {True: "auto", False: "reference"}


class UnprocessableError(RequestError):
    """PaddleX answers every mistake in a request with 422."""

    http_status = 422


class PaddlexRequest(BaseModel):
    """The body of a request to PaddleX 3.x."""

    file: str = Field(
        description="the base64 of an image or PDF, or a URL where the server allows these"
    )
    fileType: Literal[0, 1] | None = Field(
        None, description="0: PDF, 1: image; may be left out with a URL that tells it"
    )
    useDocOrientationClassify: bool | None = Field(
        None, description="find pages that are turned and read them upright"
    )
    useDocUnwarping: bool | None = Field(None, description="only false")
    useTextlineOrientation: bool | None = None
    textDetLimitSideLen: int | None = None
    textDetLimitType: Literal["min", "max", "resize_long"] | None = None
    textDetThresh: float | None = None
    textDetBoxThresh: float | None = None
    textDetUnclipRatio: float | None = None
    textRecScoreThresh: float | None = None
    returnWordBox: bool | None = None
    visualize: bool | None = Field(
        None, description="whether images come back; left out: as the server is set"
    )
    logId: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the options that the client set, by our names."""
        values = {ours: getattr(self, theirs) for theirs, ours in _OPTION_NAMES.items()}
        if self.useDocOrientationClassify is not None:
            values["page_direction"] = _DIRECTION[self.useDocOrientationClassify]
        return {name: value for name, value in values.items() if value is not None}

    def is_pdf(self) -> bool:
        """Return what the client says the file is.

        Raises:
            UnprocessableError: It doesn't say, or names another kind of file.
        """
        if self.fileType is not None:
            return self.fileType == 0
        if not is_url(self.file):
            raise UnprocessableError(
                "File type cannot be determined: send fileType, 0 for a PDF, 1 for an image"
            )
        kind, _ = mimetypes.guess_type(PurePosixPath(urlsplit(self.file).path).name)
        if kind != "application/pdf" and not (kind or "").startswith("image/"):
            raise UnprocessableError("Unsupported file type: the URL names no PDF and no image")
        return kind == "application/pdf"


class InferenceParams(BaseModel):
    """The options of 3.0-beta."""

    maxLongSide: int | None = None


class BetaRequest(BaseModel):
    """The body of a request to PaddleX 3.0-beta."""

    image: str
    inferenceParams: InferenceParams | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the options that the client set, by our names."""
        side = self.inferenceParams and self.inferenceParams.maxLongSide
        return {} if side is None else {"det_limit_side_len": side, "det_limit_type": "max"}


def parsed(content: object) -> PaddlexRequest | BetaRequest:
    """Return a body as a request; ``image`` without ``file`` is one to 3.0-beta.

    Raises:
        UnprocessableError: It is none.
    """
    is_beta = isinstance(content, Mapping) and "image" in content and "file" not in content
    try:
        body = (BetaRequest if is_beta else PaddlexRequest).model_validate(content)
    except ValidationError as error:
        raise _mistakes(error.errors(include_url=False, include_context=False)) from None
    if isinstance(body, PaddlexRequest) and body.useDocUnwarping:
        raise _mistake("useDocUnwarping", "there is no model that unwarps pages: send false")
    return body


def malformed(error: RequestError) -> UnprocessableError:
    """Return the error of a body that isn't JSON, or has more in it than a request needs."""
    return _mistakes([{"type": "json_invalid", "loc": (), "msg": error.message}])


def no_json() -> UnprocessableError:
    """Return the error of a body of another content type."""
    message = "the content type must be application/json"
    return _mistakes([{"type": "model_attributes_type", "loc": (), "msg": message}])


def wrong_option(error: RequestError) -> UnprocessableError:
    """Return the error of an option that the models or its limits don't allow."""
    message = error.message.removeprefix("request.")
    for theirs, ours in _OPTION_NAMES.items():
        if isinstance(error, SettingsError) and error.setting.removeprefix("request.") == ours:
            return _mistake(theirs, message.replace(ours, theirs, 1))
    return UnprocessableError(message)


def _mistake(place: str, message: str) -> UnprocessableError:
    return _mistakes([{"type": "value_error", "loc": (place,), "msg": message}])


def _mistakes(found: Iterable[Mapping[str, Any]]) -> UnprocessableError:
    listed = [{"type": one["type"], "loc": _place(one["loc"]), "msg": one["msg"]} for one in found]
    return UnprocessableError(json.dumps(listed, ensure_ascii=False))


def _place(location: Iterable[str | int]) -> str:
    """Return where a mistake is, such as ``a[0].b``."""
    place = ""
    for part in location:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else part
    return place
