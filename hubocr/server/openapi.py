"""The parts of the OpenAPI document that the handlers' signatures don't say."""

from __future__ import annotations

from typing import Any

from hubocr.server.describe import options_schema
from hubocr.server.routes.paddlex import PaddlexRequest

_ENVELOPE = {
    "type": "object",
    "required": ["status", "msg", "results"],
    "properties": {
        "status": {"type": "string", "enum": ["000", "101", "111", "112"]},
        "msg": {"type": "string"},
        "results": {},
    },
}
_PADDLEX_ERROR = {
    "type": "object",
    "required": ["logId", "errorCode", "errorMsg"],
    "properties": {
        "logId": {"type": "string"},
        "errorCode": {"type": "integer"},
        "errorMsg": {"type": "string"},
    },
}
_ERROR_CODES = ("400", "401", "404", "408", "413", "415", "422", "429", "500", "503", "504")


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    def response(description: str) -> dict[str, Any]:
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    return {"200": response("The answer."), **{code: response("Error.") for code in _ERROR_CODES}}


PREDICT_DOC: dict[str, Any] = {
    "summary": "Read images with a module (hubserving).",
    "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["images"],
                    "properties": {
                        "images": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "byte"},
                        },
                        "options": options_schema(("det", "cls", "rec")),
                    },
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "images": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "responses": _responses(_ENVELOPE),
}

PADDLEX_DOC: dict[str, Any] = {
    "summary": "Read one image (PaddleX serving).",
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": PaddlexRequest.model_json_schema()}},
    },
    "responses": _responses(_PADDLEX_ERROR),
}
