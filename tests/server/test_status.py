"""Health, models, options, metrics, and the OpenAPI document."""

from __future__ import annotations

import re

import requests

from tests.server.conftest import encoded
from tests.server.running import Server, figures


def get(server: Server, path: str) -> requests.Response:
    reply = requests.get(server.url + path, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply


def test_health(server: Server) -> None:
    assert get(server, "/v2/health/live").json() == {"live": True}
    assert get(server, "/v2/health/ready").json() == {"ready": True}


def test_models_are_listed_with_their_routes(server: Server) -> None:
    listed = {model["name"]: model for model in get(server, "/v2/models").json()["models"]}
    assert set(listed) == {"ocr_det", "ocr_cls", "ocr_rec", "ocr_system"}
    assert listed["ocr_rec"]["route"] == "/predict/ocr_rec"
    assert set(listed["ocr_system"]["models"]) == {"det", "cls", "rec"}


def test_options_describe_what_a_request_may_set(server: Server) -> None:
    options = {o["name"]: o for o in get(server, "/options").json()["ocr_system"]}
    assert options["drop_score"]["default"] == 0.5
    assert (options["drop_score"]["minimum"], options["drop_score"]["maximum"]) == (0, 1)
    assert options["det_limit_type"]["enum"] == ["auto", "max", "min", "resize_long"]
    assert "rec_model_dir" not in options
    page = encoded("pages/receipt.png")
    for option in options.values():  # every default is accepted
        body = {"images": [page], "options": {option["name"]: option["default"]}}
        reply = requests.post(f"{server.url}/predict/ocr_system", json=body, timeout=30)
        assert reply.status_code == 200, (option["name"], reply.text)


def test_options_hold_for_one_request_only(server: Server) -> None:
    url, page = f"{server.url}/predict/ocr_system", encoded("pages/receipt.png")
    before = requests.post(url, json={"images": [page]}, timeout=30).json()
    strict = requests.post(
        url, json={"images": [page], "options": {"drop_score": 1.0}}, timeout=30
    ).json()
    after = requests.post(url, json={"images": [page]}, timeout=30).json()
    assert strict["results"] == [[]]
    assert before == after


def test_metrics_count_what_happened(server: Server) -> None:
    before = figures(server)
    url = f"{server.url}/predict/ocr_rec"
    requests.post(url, json={"images": [encoded("captchas/a.png"), "!"]}, timeout=30)
    requests.post(f"{server.url}/predict/no_such_name", json={}, timeout=30)
    after = figures(server)

    def grown(name: str, *labels: str) -> float:
        key = (name, ",".join(labels))
        return after.get(key, 0) - before.get(key, 0)

    route = "/predict/{name}"
    assert grown("hubocr_requests_total", "ocr_rec", "200", route) == 1
    assert grown("hubocr_requests_total", "", "UnknownModuleError", route) == 1
    assert grown("hubocr_images_total", "read") == 1
    assert grown("hubocr_images_total", "unreadable") == 1
    for stage in ("queue", "decoding", "recognition"):
        assert grown("hubocr_stage_seconds_count", stage) == 1
    assert after["hubocr_resident_memory_bytes", ""] > 50e6
    assert not any("no_such_name" in labels for _, labels in after)


def test_the_openapi_document_names_every_route(server: Server) -> None:
    document = get(server, "/openapi.json").json()
    assert set(document["paths"]) == {
        "/predict/{name}",
        "/ocr",
        "/v1/ocr",
        "/v1/infer",
        "/v1/metadata",
        "/v1/models",
        "/v1/health/live",
        "/v1/health/ready",
        "/health",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models",
        "/v2",
        *(
            f"/v2/models/{{name}}{version}{ending}"
            for version in ("", "/versions/{version}")
            for ending in ("", "/ready", "/infer")
        ),
        "/options",
        "/export/{format}",
        "/pages",
        "/metrics",
        "/admin/reload",
    }
    schema = document["paths"]["/predict/{name}"]["post"]["requestBody"]["content"]
    options = schema["application/json"]["schema"]["properties"]["options"]["properties"]
    described = {o["name"] for o in get(server, "/options").json()["ocr_system"]}
    assert set(options) == described | {"profile"}  # which modules with scenes take


def test_unknown_paths_and_methods(server: Server) -> None:
    assert requests.get(f"{server.url}/nowhere", timeout=10).status_code == 404
    wrong = requests.get(f"{server.url}/predict/ocr_rec", timeout=10)
    assert wrong.status_code == 405
    assert "hubocr" in get(server, "/").text


def test_docs_load_nothing_from_elsewhere(server: Server) -> None:
    page = get(server, "/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any(source.endswith(".js") for source in sources)
    for source in sources:
        assert source.startswith("/docs/")
        assert len(get(server, source).content) > 1000
