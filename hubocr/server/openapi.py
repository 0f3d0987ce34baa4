"""The parts of the OpenAPI document that the handlers' signatures don't say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubocr.models.registry import TASKS
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


def predict_doc(names: Sequence[str]) -> dict[str, Any]:
    """Describe ``/predict/{name}`` for the modules of these names."""
    return {
        "summary": "Read images with a module (hubserving).",
        "parameters": [
            {
                "name": "name",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": list(names)},
            }
        ],
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
                            "options": options_schema(TASKS),
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

_JSON: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
_PROBLEM: dict[str, Any] = {**_JSON, "description": "Error."}

METRICS_DOC: dict[str, Any] = {
    "summary": "Figures in Prometheus' text format.",
    "responses": {
        "200": {
            "description": "The figures.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        "401": _PROBLEM,
    },
}
READY_DOC: dict[str, Any] = {
    "summary": "Whether every model is loaded and has read a test image.",
    "responses": {"200": {**_JSON, "description": "Ready."}, "503": _PROBLEM},
}
RELOAD_DOC: dict[str, Any] = {
    "summary": "Exchange the models; the old ones stay when that fails.",
    "responses": {
        "200": {**_JSON, "description": "The modules, loaded anew."},
        **{code: _PROBLEM for code in ("400", "401", "422", "500")},
    },
}
