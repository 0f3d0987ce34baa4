"""Which dialect a request is answered in, whatever goes wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hubocr.server.dialects import DIALECTS, PLAIN, dialect_of
from hubocr.server.dialects.gateway import Gateway
from hubocr.server.dialects.hubserving import Hubserving
from hubocr.server.dialects.nim import Nim
from hubocr.server.dialects.oip import OpenInference
from hubocr.server.dialects.paddlex import Paddlex
from tests.server.running import Server, running


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/predict/ocr_rec", Hubserving),
        ("/predict/", Hubserving),
        ("/predict/a/b", Hubserving),
        ("/ocr", Paddlex),
        ("/ocr/x", Paddlex),
        ("/ocrs", type(PLAIN)),
        ("/v1/ocr", Gateway),
        ("/v1/infer", Nim),
        ("/v1/other", Nim),
        ("/predict", type(PLAIN)),
        ("/v2/models/ocr/infer", OpenInference),
        ("/v2/models/other/x/y", OpenInference),
        ("/v2/models", type(PLAIN)),
        ("/", type(PLAIN)),
        ("", type(PLAIN)),
    ],
)
def test_the_dialect_of_a_path(path: str, expected: type) -> None:
    assert type(dialect_of(path)) is expected


def test_paths_are_under_no_other_dialect_s_prefix() -> None:
    for dialect in DIALECTS:
        for path in dialect.paths:
            assert dialect_of(path) is dialect


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("dialects")
    flags = ("--limit-body-bytes", "2000", "--limit-queue", "1")
    with running(folder, *flags, environment={"HUBOCR_API_KEYS": "key"}) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/predict/ocr_rec", {"status", "msg", "results"}),
        ("/predict/a/b", {"status", "msg", "results"}),
        ("/ocr", {"logId", "errorCode", "errorMsg"}),
        ("/ocr/x", {"logId", "errorCode", "errorMsg"}),
        ("/v2/models", {"error"}),
        ("/v2/models/ocr_rec/infer", {"error"}),
        ("/nothing", {"error"}),
    ],
)
def test_requests_that_never_reach_a_route_are_answered_in_it(
    guarded: Server, path: str, keys: set[str]
) -> None:
    url = guarded.url + path
    without_key = requests.post(url, json={}, timeout=10)
    assert without_key.status_code == 401
    assert set(without_key.json()) == keys
    assert without_key.headers["WWW-Authenticate"] == "Bearer"
    headers = {"X-API-Key": "key", "X-Request-Id": "my-id"}
    too_large = requests.post(url, data=b"x" * 3000, headers=headers, timeout=10)
    assert too_large.status_code == 413
    assert set(too_large.json()) == keys
    assert too_large.headers["X-Request-Id"] == "my-id"


def test_unknown_paths(guarded: Server) -> None:
    headers = {"X-API-Key": "key"}
    for path, content in (
        ("/predict/a/b", b'{"msg":"Not Found","results":"","status":"101"}\n'),
        ("/nothing", b"Not Found\n"),
    ):
        reply = requests.post(guarded.url + path, headers=headers, timeout=10)
        assert (reply.status_code, reply.content) == (404, content)


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"file": "x", "fileType": 1, "logId": "\\ud800"}',
        b'{"inputs": [], "id": "\\ud800"}',
        b'{"document": {"type": "\\ud800", "image_url": "data:\\ud800"}, "id": "\\ud800"}',
    ],
)
def test_a_lone_surrogate_is_the_clients_mistake(server: Server, body: bytes) -> None:
    """No answer could repeat it."""
    paths = ("/predict/ocr_rec", "/ocr", "/v1/infer", "/v1/ocr", "/v2/models/ocr_rec/infer")
    for path in paths:
        headers = {"Content-Type": "application/json"}
        reply = requests.post(server.url + path, data=body, headers=headers, timeout=10)
        assert reply.status_code in (400, 422)
        assert "surrogate" in reply.text


def test_a_slash_at_the_end_leads_to_the_route(server: Server) -> None:
    reply = requests.post(f"{server.url}/predict/ocr_rec/", timeout=10, allow_redirects=False)
    assert reply.status_code == 307
    assert reply.headers["Location"].endswith("/predict/ocr_rec")
