"""The Open Inference Protocol over HTTP, as a client without a library would speak it."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import RequestError
from hubocr.server.dialects.oip.wire import Tensor, read_request, unpack_bytes
from hubocr.server.errors import LimitError
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server

PAGE = "pages/receipt.png"
LINE = "captchas/a.png"


def infer(server: Server, model: str, body: dict[str, Any], **more: Any) -> requests.Response:
    url = f"{server.url}/v2/models/{model}/infer"
    return requests.post(url, json=body, timeout=60, **more)


def images(*texts: str, **more: Any) -> dict[str, Any]:
    tensor = {"name": "images", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}
    return {"inputs": [tensor], **more}


def pipeline(asked: object) -> dict[str, Any]:
    data = [[json.dumps(asked)]]
    return {"inputs": [{"name": "input", "datatype": "BYTES", "shape": [1, 1], "data": data}]}


def outputs(reply: requests.Response) -> dict[str, dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    return {tensor["name"]: tensor for tensor in reply.json()["outputs"]}


def hubserving(server: Server, module: str, *texts: str) -> Any:
    url = f"{server.url}/predict/{module}"
    return requests.post(url, json={"images": list(texts)}, timeout=60).json()["results"]


def test_the_server_and_its_models_are_described(server: Server) -> None:
    about = requests.get(f"{server.url}/v2", timeout=10).json()
    assert about["name"] == "hubocr"
    assert about["extensions"] == ["binary_tensor_data"]
    for model in ("ocr", "ocr_det", "ocr_cls", "ocr_rec", "ocr_system"):
        for version in ("", "/versions/1"):
            url = f"{server.url}/v2/models/{model}{version}"
            described = requests.get(url, timeout=10).json()
            assert described["name"] == model
            assert described["inputs"][0]["datatype"] == "BYTES"
            assert requests.get(f"{url}/ready", timeout=10).json()["ready"] is True
    for path in ("other", "other/ready", "ocr/versions/2", "ocr_rec/versions/2/ready"):
        unknown = requests.get(f"{server.url}/v2/models/{path}", timeout=10)
        assert unknown.status_code == 404
        assert "error" in unknown.json()


def test_a_page_s_lines_are_those_of_hubserving(server: Server) -> None:
    page = encoded(PAGE)
    reply = infer(server, "ocr_system", images(page, "!", page, id="job-1"))
    assert (reply.json()["id"], reply.json()["model_name"]) == ("job-1", "ocr_system")
    found = outputs(reply)
    first, _, _ = hubserving(server, "ocr_system", page, "!", page)
    assert found["texts"]["data"] == [line["text"] for line in first] * 2
    assert found["scores"]["data"] == pytest.approx([line["confidence"] for line in first] * 2)
    assert found["polygons"]["shape"] == [2 * len(first), 4, 2]
    corners = [value for line in first for point in line["text_region"] for value in point]
    assert found["polygons"]["data"] == corners * 2
    assert found["image"]["data"] == [0] * len(first) + [2] * len(first)
    assert found["errors"]["data"][::2] == ["", ""]
    assert found["errors"]["data"][1].startswith("images[1]: ")


def test_lines_directions_and_boxes(server: Server) -> None:
    line = encoded(LINE)
    ((read,),) = hubserving(server, "ocr_rec", line)
    found = outputs(infer(server, "ocr_rec", images(line, "!")))
    assert found["texts"]["data"] == [read["text"], ""]
    assert found["errors"]["data"][1].startswith("images[1]: ")
    ((turned,),) = hubserving(server, "ocr_cls", line)
    assert outputs(infer(server, "ocr_cls", images(line)))["angles"]["data"] == [turned["angle"]]
    (boxes,) = hubserving(server, "ocr_det", encoded(PAGE))
    found = outputs(infer(server, "ocr_det", images(encoded(PAGE))))
    assert found["polygons"]["shape"] == [len(boxes), 4, 2]


def test_what_the_metadata_say_is_what_comes(server: Server) -> None:
    for model in ("ocr_det", "ocr_cls", "ocr_rec", "ocr_system"):
        described = requests.get(f"{server.url}/v2/models/{model}", timeout=10).json()["outputs"]
        found = infer(server, model, images(encoded(LINE))).json()["outputs"]
        assert [t["name"] for t in found] == [t["name"] for t in described]
        for come, said in zip(found, described, strict=True):
            assert come["datatype"] == said["datatype"]
            assert len(come["shape"]) == len(said["shape"])


def test_bytes_travel_behind_the_json(server: Server) -> None:
    data = (FIXTURES / LINE).read_bytes()
    packed = struct.pack("<I", len(data)) + data
    tensor = {
        "name": "images",
        "datatype": "BYTES",
        "shape": [1],
        "parameters": {"binary_data_size": len(packed)},
    }
    asked = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    reply = requests.post(
        f"{server.url}/v2/models/ocr_rec/infer",
        data=asked + packed,
        headers={"Inference-Header-Content-Length": str(len(asked))},
        timeout=60,
    )
    assert reply.status_code == 200, reply.text
    length = int(reply.headers["Inference-Header-Content-Length"])
    described = json.loads(reply.content[:length])["outputs"]
    sizes = [one["parameters"]["binary_data_size"] for one in described]
    assert sum(sizes) == len(reply.content) - length
    text = reply.content[length : length + sizes[0]]
    ((read,),) = hubserving(server, "ocr_rec", encoded(LINE))
    assert text == struct.pack("<I", len(read["text"].encode())) + read["text"].encode()
    (score,) = struct.unpack("<f", reply.content[length + sizes[0] :][: sizes[1]])
    assert score == pytest.approx(read["confidence"])


def test_options_are_parameters_and_outputs_are_chosen(server: Server) -> None:
    body = images(encoded(PAGE), parameters={"drop_score": 1.0, "priority": 1})
    assert outputs(infer(server, "ocr_system", body))["texts"]["data"] == []
    wrong = infer(server, "ocr_system", images(encoded(PAGE), parameters={"drop_score": 7}))
    assert wrong.status_code == 400
    assert "parameters.drop_score" in wrong.json()["error"]
    chosen = images(encoded(LINE), outputs=[{"name": "scores"}])
    assert set(outputs(infer(server, "ocr_rec", chosen))) == {"scores"}
    other = infer(server, "ocr_rec", images(encoded(LINE), outputs=[{"name": "other"}]))
    assert (other.status_code, "other" in other.json()["error"]) == (400, True)


def test_the_model_ocr_is_paddlex_s(server: Server) -> None:
    asked = {"file": encoded(PAGE), "fileType": 1, "logId": "job-1", "visualize": False}
    (output,) = outputs(infer(server, "ocr", pipeline(asked))).values()
    assert (output["name"], output["shape"]) == ("output", [1, 1])
    plain = requests.post(f"{server.url}/ocr", json=asked, timeout=60).json()
    assert json.loads(output["data"][0]) == plain
    assert plain["errorCode"] == 0
    for wrong in ({"file": "!!", "fileType": 1}, {}, 3):
        (output,) = outputs(infer(server, "ocr", pipeline(wrong))).values()
        plain = requests.post(f"{server.url}/ocr", json=wrong, timeout=60).json()
        said = json.loads(output["data"][0])
        assert (said["errorCode"], said["errorMsg"]) == (plain["errorCode"], plain["errorMsg"])
        assert said["errorCode"] >= 400


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ([], "JSON object"),
        ({}, "inputs"),
        ({"inputs": []}, "inputs"),
        ({"inputs": [3]}, "inputs"),
        (images(), "images is empty"),
        (images("!", id=3), "id"),
        (images("!", parameters=3), "parameters"),
        (images("!", outputs=[{}]), "outputs[0].name"),
        ({"inputs": [{"name": "other"}]}, "images"),
        ({"inputs": [{"name": "images", "datatype": "FP32"}]}, "datatype"),
        ({"inputs": [{"name": "images", "datatype": "BYTES", "shape": [-1]}]}, "shape"),
        ({"inputs": [{"name": "images", "datatype": "BYTES", "shape": [1]}]}, "data"),
        (
            {"inputs": [{"name": "images", "datatype": "BYTES", "shape": [1], "data": [3]}]},
            "element 0",
        ),
        (
            {"inputs": [{"name": "images", "datatype": "BYTES", "shape": [2], "data": ["!"]}]},
            "shape",
        ),
    ],
)
def test_a_mistake_is_named(server: Server, body: Any, named: str) -> None:
    reply = infer(server, "ocr_rec", body)
    assert reply.status_code == 400, reply.text
    assert named in reply.json()["error"]


def test_there_are_limits(server: Server) -> None:
    many = infer(server, "ocr_rec", images(*["!"] * 33))
    assert (many.status_code, "limit" in many.json()["error"]) == (413, True)
    unreadable = infer(server, "ocr_rec", images("!"))
    assert unreadable.status_code == 422


@given(st.lists(st.text()))
def test_packed_texts_are_unpacked(texts: list[str]) -> None:
    packed = Tensor("t", "BYTES", (len(texts),), texts).packed()
    assert [element.decode() for element in unpack_bytes(packed)] == texts


def test_millions_of_empty_elements_are_not_unpacked() -> None:
    assert len(unpack_bytes(bytes(4 * 10_000))) == 10_000
    with pytest.raises(LimitError):
        unpack_bytes(bytes(4 * 10_001))


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=5), st.integers(0, 200)))
def test_any_body_is_read_or_refused(body: bytes, length: Any) -> None:
    header = None if length is None else str(length)
    try:
        read = read_request(body, header, "images")
    except RequestError:
        return
    assert read.shape


@given(st.binary(max_size=60), st.integers(0, 70), st.lists(st.integers(0, 3), max_size=3))
def test_any_binary_tensor_is_read_or_refused(data: bytes, size: int, shape: list[int]) -> None:
    tensor = {"name": "images", "datatype": "BYTES", "shape": shape}
    text = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": size}}]}).encode()
    try:
        read = read_request(text + data, str(len(text)), "images")
    except RequestError:
        return
    assert sum(4 + len(element) for element in read.elements) == len(data)


def test_base64_is_what_json_holds(server: Server) -> None:
    data = base64.b64encode((FIXTURES / LINE).read_bytes()).decode()
    url = f"data:image/png;base64,{data}"
    first, second = outputs(infer(server, "ocr_rec", images(data, url)))["texts"]["data"]
    assert first == second != ""
