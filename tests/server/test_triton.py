"""Triton's own client against our server, over HTTP and gRPC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server, free_port, running

REASON = "tritonclient[http,grpc] is not installed; it needs a newer protobuf than PaddleHub"
http = pytest.importorskip("tritonclient.http", reason=REASON)
grpc = pytest.importorskip("tritonclient.grpc", reason=REASON)

PAGE = "pages/receipt.png"


@pytest.fixture(scope="module", name="server")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    port, folder = free_port(), tmp_path_factory.mktemp("triton")
    with running(folder, "--grpc-port", str(port), modules=("ocr_system", "ocr_rec")) as started:
        yield started, port


@pytest.fixture(params=["http", "grpc"])
def client(request: pytest.FixtureRequest, server: tuple[Server, int]) -> Iterator[tuple[Any, Any]]:
    module = {"http": http, "grpc": grpc}[request.param]
    port = {"http": server[0].port, "grpc": server[1]}[request.param]
    with module.InferenceServerClient(f"127.0.0.1:{port}") as made:
        yield module, made


def images(module: Any, *names: str) -> Any:
    data = np.array([(FIXTURES / name).read_bytes() for name in names], dtype=np.object_)
    tensor = module.InferInput("images", [len(names)], "BYTES")
    tensor.set_data_from_numpy(data)
    return tensor


def test_health_and_metadata(client: tuple[Any, Any]) -> None:
    _, ask = client
    assert ask.is_server_live()
    assert ask.is_server_ready()
    assert ask.is_model_ready("ocr")
    about = ask.get_server_metadata()
    assert (about["name"] if isinstance(about, dict) else about.name) == "hubocr"
    model = ask.get_model_metadata("ocr_system")
    assert (model["name"] if isinstance(model, dict) else model.name) == "ocr_system"


def test_pages(client: tuple[Any, Any], server: tuple[Server, int]) -> None:
    module, ask = client
    result = ask.infer("ocr_system", [images(module, PAGE, PAGE)], request_id="job-1")
    body = {"images": [encoded(PAGE)] * 2}
    reply = requests.post(f"{server[0].url}/predict/ocr_system", json=body, timeout=60).json()
    lines = [line for page in reply["results"] for line in page]
    texts = [text.decode() for text in result.as_numpy("texts")]
    assert texts == [line["text"] for line in lines]
    confidences = [line["confidence"] for line in lines]
    assert result.as_numpy("scores").tolist() == pytest.approx(confidences)
    assert result.as_numpy("polygons").tolist() == [line["text_region"] for line in lines]
    assert set(result.as_numpy("image").tolist()) == {0, 1}


def test_chosen_outputs_and_parameters(client: tuple[Any, Any]) -> None:
    module, ask = client
    asked = [module.InferRequestedOutput("texts")]
    result = ask.infer(
        "ocr_system", [images(module, PAGE)], outputs=asked, parameters={"drop_score": 1.0}
    )
    assert result.as_numpy("texts").shape == (0,)
    assert result.as_numpy("scores") is None


def test_paddlex_s_client_of_high_stability_serving(
    client: tuple[Any, Any], server: tuple[Server, int]
) -> None:
    module, ask = client
    body = {"file": encoded(PAGE), "fileType": 1, "logId": "job-1", "visualize": False}
    tensor = module.InferInput("input", [1, 1], "BYTES")
    tensor.set_data_from_numpy(np.array([[json.dumps(body).encode()]], dtype=np.object_))
    output = ask.infer("ocr", [tensor]).as_numpy("output")
    assert output.shape == (1, 1)
    plain = requests.post(f"{server[0].url}/ocr", json=body, timeout=60).json()
    assert json.loads(output[0][0]) == plain


def test_errors(client: tuple[Any, Any]) -> None:
    module, ask = client
    from tritonclient.utils import InferenceServerException

    with pytest.raises(InferenceServerException, match="other"):
        ask.infer("other", [images(module, PAGE)])
    wrong = module.InferInput("images", [1], "BYTES")
    wrong.set_data_from_numpy(np.array([b"no image"], dtype=np.object_))
    with pytest.raises(InferenceServerException, match=r"images\[0\]"):
        ask.infer("ocr_rec", [wrong])


def test_json_without_binary_tensors(server: tuple[Server, int]) -> None:
    with http.InferenceServerClient(f"127.0.0.1:{server[0].port}") as ask:
        tensor = http.InferInput("images", [1], "BYTES")
        data = np.array([encoded(PAGE)], dtype=np.object_)
        tensor.set_data_from_numpy(data, binary_data=False)
        outputs = [http.InferRequestedOutput("texts", binary_data=False)]
        found = ask.infer("ocr_system", [tensor], outputs=outputs).as_numpy("texts")
        assert len(found) > 1
