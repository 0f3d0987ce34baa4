"""The Open Inference Protocol over gRPC: the same answers as over HTTP."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from benchmarks.attacks import resident_mb
from hubocr.errors import RequestError
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server, free_port, running

grpc = pytest.importorskip("grpc", reason="hubocr[grpc] is not installed")

from hubocr.server.grpc.messages import PACKAGE, SERVICE, messages  # noqa: E402
from hubocr.server.grpc.size import check_size  # noqa: E402

PAGE = "pages/receipt.png"
LINE = "captchas/a.png"


class Served(NamedTuple):
    """A server, and the target of its gRPC."""

    server: Server
    target: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    folder = tmp_path_factory.mktemp("grpc")
    flags = ("--grpc-port", str(port), "--limit-body-bytes", "1000000")
    modules = ("ocr_system", "ocr_rec")
    with running(folder, *flags, modules=modules, environment={"HUBOCR_API_KEYS": "key"}) as server:
        yield Served(server, f"127.0.0.1:{port}")


def call(served: Served, method: str, key: str | None = "key", **fields: Any) -> Any:
    request = getattr(messages(), f"{method}Request")(**fields)
    with grpc.insecure_channel(served.target) as channel:
        ask = channel.unary_unary(
            f"/{PACKAGE}.{SERVICE}/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=getattr(messages(), f"{method}Response").FromString,
        )
        metadata = [("authorization", f"Bearer {key}")] if key else []
        return ask(request, timeout=60, metadata=metadata, wait_for_ready=True)


def image_input(*images: bytes) -> Any:
    contents = messages().InferTensorContents(bytes_contents=images)
    return messages().InferInputTensor(
        name="images", datatype="BYTES", shape=[len(images)], contents=contents
    )


def infer(served: Served, model: str, *images: bytes, **fields: Any) -> Any:
    return call(served, "ModelInfer", model_name=model, inputs=[image_input(*images)], **fields)


def texts(packed: bytes) -> list[str]:
    found = []
    while packed:
        length = int.from_bytes(packed[:4], "little")
        found.append(packed[4 : 4 + length].decode())
        packed = packed[4 + length :]
    return found


def test_health_and_metadata(served: Served) -> None:
    assert call(served, "ServerLive", None).live
    assert call(served, "ServerReady", None).ready
    assert call(served, "ServerMetadata").name == "hubocr"
    assert call(served, "ModelReady", name="ocr").ready
    described = call(served, "ModelMetadata", name="ocr_system")
    url = f"{served.server.url}/v2/models/ocr_system"
    over_http = requests.get(url, headers={"X-API-Key": "key"}, timeout=10).json()
    assert [one.name for one in described.outputs] == [one["name"] for one in over_http["outputs"]]
    assert list(described.inputs[0].shape) == [-1]


def test_pages_are_read_as_over_http(served: Served) -> None:
    response = infer(served, "ocr_system", (FIXTURES / PAGE).read_bytes(), b"!", id="job-1")
    assert (response.model_name, response.id) == ("ocr_system", "job-1")
    found = {
        tensor.name: raw
        for tensor, raw in zip(response.outputs, response.raw_output_contents, strict=True)
    }
    reply = requests.post(
        f"{served.server.url}/predict/ocr_system",
        json={"images": [encoded(PAGE)]},
        headers={"X-API-Key": "key"},
        timeout=60,
    )
    (lines,) = reply.json()["results"]
    assert texts(found["texts"]) == [line["text"] for line in lines]
    assert texts(found["errors"])[1].startswith("images[1]: ")
    assert [t.shape[0] for t in response.outputs if t.name == "polygons"] == [len(lines)]


def test_raw_contents_outputs_and_options(served: Served) -> None:
    data = (FIXTURES / PAGE).read_bytes()
    tensor = messages().InferInputTensor(name="images", datatype="BYTES", shape=[1])
    response = call(
        served,
        "ModelInfer",
        model_name="ocr_system",
        inputs=[tensor],
        raw_input_contents=[len(data).to_bytes(4, "little") + data],
        outputs=[messages().InferRequestedOutputTensor(name="texts")],
        parameters={"drop_score": messages().InferParameter(double_param=1.0)},
    )
    assert [tensor.name for tensor in response.outputs] == ["texts"]
    assert list(response.raw_output_contents) == [b""]


def test_the_model_ocr(served: Served) -> None:
    asked = {"file": encoded(PAGE), "fileType": 1, "logId": "job-1", "visualize": False}
    tensor = messages().InferInputTensor(
        name="input",
        datatype="BYTES",
        shape=[1, 1],
        contents=messages().InferTensorContents(bytes_contents=[json.dumps(asked).encode()]),
    )
    response = call(served, "ModelInfer", model_name="ocr", inputs=[tensor])
    (packed,) = response.raw_output_contents
    (text,) = texts(packed)
    url, headers = f"{served.server.url}/ocr", {"X-API-Key": "key"}
    assert json.loads(text) == requests.post(url, json=asked, headers=headers, timeout=60).json()


@pytest.mark.parametrize(
    ("method", "fields", "code", "named"),
    [
        ("ModelInfer", {"model_name": "other"}, "NOT_FOUND", "other"),
        ("ModelReady", {"name": "other"}, "NOT_FOUND", "other"),
        ("ModelMetadata", {"name": "../ocr"}, "INVALID_ARGUMENT", "name"),
        ("ModelMetadata", {"name": "ocr", "version": "2"}, "NOT_FOUND", "version"),
        ("ModelInfer", {"model_name": "ocr_rec"}, "INVALID_ARGUMENT", "inputs"),
    ],
)
def test_a_mistake_has_its_code(
    served: Served, method: str, fields: dict[str, Any], code: str, named: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        call(served, method, **fields)
    assert raised.value.code() is grpc.StatusCode[code]
    assert named in raised.value.details()


def test_keys_and_limits_are_those_of_http(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        call(served, "ServerMetadata", None)
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as raised:
        infer(served, "ocr_rec", bytes(1_030_000))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as raised:
        infer(served, "ocr_rec", bytes(2_000_000))
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    with pytest.raises(grpc.RpcError) as raised:
        infer(served, "ocr_rec", b"no image")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    log = served.server.log
    assert "POST /v2/models/ocr_rec/infer 413" in log


def test_a_client_that_leaves_costs_nothing_more(served: Served) -> None:
    page = (FIXTURES / PAGE).read_bytes()
    request = messages().ModelInferRequest(
        model_name="ocr_system", inputs=[image_input(*[page] * 8)]
    )
    with grpc.insecure_channel(served.target) as channel:
        ask = channel.unary_unary(
            f"/{PACKAGE}.{SERVICE}/ModelInfer",
            request_serializer=type(request).SerializeToString,
            response_deserializer=messages().ModelInferResponse.FromString,
        )
        metadata = [("x-api-key", "key")]
        with pytest.raises(grpc.RpcError) as raised:
            ask(request, timeout=0.3, metadata=metadata, wait_for_ready=True)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert call(served, "ServerReady").ready


def test_a_port_that_is_taken_is_said(served: Served, tmp_path: Any) -> None:
    port = served.target.split(":")[1]
    with running(tmp_path, "--grpc-port", port, wait=False) as second:
        assert second.process.wait(60) != 0
        assert "gRPC" in second.log
        assert port in second.log


def _field(number: int, data: bytes) -> bytes:
    size, length = len(data), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data


MANY = {
    "inputs": b"\x2a\x00" * 500_000,
    "outputs": b"\x32\x00" * 500_000,
    "raw": b"\x3a\x00" * 1_000_000,
    "elements": _field(5, _field(5, b"\x42\x00" * 1_000_000)),
    "numbers": _field(5, _field(5, _field(2, b"\x01" * 2_000_000))),
    "parameters": b"".join(_field(4, _field(1, b"%06d" % n)) for n in range(100_000)),
    "unknown": b"\x78\x01" * 1_000_000,
    "cut": _field(5, b"\x2a\x7f"),
    "nothing": b"\xff" * 30,
    "groups": b"\x0b" * 1000,
}


@pytest.mark.parametrize("name", MANY)
def test_a_message_of_many_values_is_refused_before_it_is_parsed(name: str) -> None:
    data = MANY[name]
    with pytest.raises(RequestError):
        check_size(data)


def test_a_damaged_message_is_the_clients_mistake_and_others_are_answered(served: Served) -> None:
    image = (FIXTURES / LINE).read_bytes()
    with grpc.insecure_channel(served.target) as channel:
        ask = channel.unary_unary(f"/{PACKAGE}.{SERVICE}/ModelInfer")
        metadata = [("authorization", "Bearer key")]
        for data in (MANY["cut"], MANY["raw"][:900_000], b"\xff" * 30, b"\x08\x01"):
            with pytest.raises(grpc.RpcError) as caught:
                ask(data, timeout=30, metadata=metadata)
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    response = infer(served, "ocr_rec", image)
    assert b"7394" in b"".join(response.raw_output_contents)


def test_messages_wait_to_be_received(served: Served) -> None:
    before = resident_mb(served.server.process.pid)
    request = messages().ModelInferRequest(
        model_name="ocr_rec", inputs=[image_input(b"x" * 900_000)]
    )
    data = request.SerializeToString()
    with grpc.insecure_channel(served.target) as channel:
        ask = channel.unary_unary(f"/{PACKAGE}.{SERVICE}/ModelInfer")
        metadata = [("authorization", "Bearer key")]
        asked = [ask.future(data, timeout=60, metadata=metadata) for _ in range(100)]
        codes = {one.code() for one in asked}
    assert codes <= {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert resident_mb(served.server.process.pid) - before < 200


@contextmanager
def relayed(port: int, source: str) -> Iterator[int]:
    """Pass one connection on from an address of its own; yields the port to connect to."""

    def copy(reader: socket.socket, writer: socket.socket) -> None:
        with suppress(OSError):
            while data := reader.recv(65_536):
                writer.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:

        def accept() -> None:
            with suppress(OSError):
                client = stack.enter_context(listener.accept()[0])
                server = stack.enter_context(
                    socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
                )
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def test_slow_messages_of_one_address_leave_others_their_places(tmp_path: Path) -> None:
    """A client that never sends its messages has some places, however many calls it makes."""
    port = free_port()
    flags = ("--grpc-port", str(port), "--limit-body-s", "60", "--limit-queue-per-client", "20")
    with running(tmp_path, *flags) as server, ExitStack() as stack:
        relay = stack.enter_context(relayed(port, "127.0.0.2"))
        slow = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{relay}"))
        ask = slow.stream_unary(f"/{PACKAGE}.{SERVICE}/ModelInfer")
        ended = threading.Event()
        stack.callback(ended.set)

        def nothing() -> Iterator[bytes]:
            ended.wait(90)
            yield from ()

        calls = [ask.future(nothing(), timeout=90) for _ in range(40)]
        for one in calls:
            stack.callback(one.cancel)
        time.sleep(1)
        start = time.monotonic()
        served = Served(server, f"127.0.0.1:{port}")
        assert call(served, "ServerReady", None).ready
        assert time.monotonic() - start < 10
        refused = [one for one in calls if one.done()]
        assert len(refused) == 20
        assert {one.code() for one in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_an_error_about_a_long_name_arrives(served: Served) -> None:
    """An error travels in the metadata, of which clients take some kilobytes."""
    with pytest.raises(grpc.RpcError) as caught:
        call(served, "ModelReady", name="a" * 500_000)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert caught.value.details().startswith("Model aaaa")


def test_a_client_that_leaves_before_its_error_writes_no_traceback(served: Served) -> None:
    before = len(served.server.log)
    packed = grpc.Compression.Gzip
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(served.target, options=options, compression=packed) as channel:
        ask = channel.unary_unary(f"/{PACKAGE}.{SERVICE}/ModelInfer")
        for _ in range(3):
            with pytest.raises(grpc.RpcError, match="larger than max"):
                ask(b"\0" * 30_000_000, timeout=60, metadata=[("authorization", "Bearer key")])
    call(served, "ServerLive")
    assert "Traceback" not in served.server.log[before:]
