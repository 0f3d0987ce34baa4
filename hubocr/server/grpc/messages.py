"""The messages of ``inference.GRPCInferenceService``, made from their declarations when used.

Names and numbers of the fields are those of the Open Inference Protocol, ``specification/protocol/
open_inference_grpc.proto``, and for the last two kinds of parameter Triton's. No code is generated:
generated code works only with the protobuf release that it is made for.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from hubocr.optional import require

PACKAGE = "inference"
SERVICE = "GRPCInferenceService"

_DECLARATIONS = """
ServerLiveRequest
ServerLiveResponse            bool live 1
ServerReadyRequest
ServerReadyResponse           bool ready 1
ModelReadyRequest             string name 1, string version 2
ModelReadyResponse            bool ready 1
ServerMetadataRequest
ServerMetadataResponse        string name 1, string version 2, string* extensions 3
ModelMetadataRequest          string name 1, string version 2
ModelMetadataResponse         string name 1, string* versions 2, string platform 3,
                              ModelMetadataResponse.TensorMetadata* inputs 4,
                              ModelMetadataResponse.TensorMetadata* outputs 5
ModelMetadataResponse.TensorMetadata
                              string name 1, string datatype 2, int64* shape 3
InferParameter                bool? bool_param 1, int64? int64_param 2, string? string_param 3,
                              double? double_param 4, uint64? uint64_param 5
InferTensorContents           bool* bool_contents 1, int32* int_contents 2,
                              int64* int64_contents 3, uint32* uint_contents 4,
                              uint64* uint64_contents 5, float* fp32_contents 6,
                              double* fp64_contents 7, bytes* bytes_contents 8
ModelInferRequest             string model_name 1, string model_version 2, string id 3,
                              InferParameter@ parameters 4,
                              ModelInferRequest.InferInputTensor* inputs 5,
                              ModelInferRequest.InferRequestedOutputTensor* outputs 6,
                              bytes* raw_input_contents 7
ModelInferRequest.InferInputTensor
                              string name 1, string datatype 2, int64* shape 3,
                              InferParameter@ parameters 4, InferTensorContents contents 5
ModelInferRequest.InferRequestedOutputTensor
                              string name 1, InferParameter@ parameters 2
ModelInferResponse            string model_name 1, string model_version 2, string id 3,
                              InferParameter@ parameters 4,
                              ModelInferResponse.InferOutputTensor* outputs 5,
                              bytes* raw_output_contents 6
ModelInferResponse.InferOutputTensor
                              string name 1, string datatype 2, int64* shape 3,
                              InferParameter@ parameters 4, InferTensorContents contents 5
"""
"""A message's name begins its line. ``*``: repeated, ``@``: a map by names, ``?``: of a choice."""


@cache
def messages() -> Any:
    """Return the classes of the messages, by name; nested ones by the last part of theirs.

    Raises:
        MissingPackageError: protobuf isn't installed.
    """
    purpose = "gRPC"
    pb2 = require("google.protobuf.descriptor_pb2", "grpc", purpose)
    pools = require("google.protobuf.descriptor_pool", "grpc", purpose)
    factory = require("google.protobuf.message_factory", "grpc", purpose)
    # A pool of our own: a client's generated code may be in this process, too.
    pool = pools.DescriptorPool()
    pool.Add(_file(pb2))
    make = getattr(factory, "GetMessageClass", None) or factory.MessageFactory(pool).GetPrototype
    return SimpleNamespace(
        **{
            name.split(".")[-1]: make(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
            for name, _ in _declared()
        }
    )


def _declared() -> list[tuple[str, list[str]]]:
    """Return the names of the messages, and the declarations of their fields."""
    found: list[tuple[str, str]] = []
    for line in _DECLARATIONS.strip().splitlines():
        if not line.startswith(" "):
            name, _, rest = line.partition(" ")
            found.append((name, rest))
        else:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return [
        (name, [one.strip() for one in fields.split(",") if one.strip()]) for name, fields in found
    ]


def _file(pb2: Any) -> Any:
    file = pb2.FileDescriptorProto(
        name="hubocr/open_inference_grpc.proto", package=PACKAGE, syntax="proto3"
    )
    made: dict[str, Any] = {}
    for name, fields in _declared():
        outer, _, inner = name.rpartition(".")
        message = made[outer].nested_type.add() if outer else file.message_type.add()
        message.name = inner
        made[name] = message
        for declaration in fields:
            _add_field(pb2.FieldDescriptorProto, name, message, declaration)
    return file


def _add_field(kinds: Any, owner: str, message: Any, declaration: str) -> None:
    declared_kind, name, number = declaration.split()
    kind, mark = declared_kind.rstrip("*@?"), declared_kind[-1]
    field = message.field.add()
    field.name, field.number = name, int(number)
    field.label = kinds.LABEL_REPEATED if mark in "*@" else kinds.LABEL_OPTIONAL
    if mark == "@":
        _add_entry(kinds, message, f"{name.capitalize()}Entry", kind)
        kind = f"{owner}.{name.capitalize()}Entry"
    elif mark == "?":
        if not message.oneof_decl:
            message.oneof_decl.add().name = "parameter_choice"
        field.oneof_index = 0
    _set_type(kinds, field, kind)


def _add_entry(kinds: Any, message: Any, name: str, kind: str) -> None:
    """Add the message that an entry of a map is."""
    entry = message.nested_type.add()
    entry.name = name
    entry.options.map_entry = True
    for number, (part, part_kind) in enumerate((("key", "string"), ("value", kind)), 1):
        field = entry.field.add()
        field.name, field.number, field.label = part, number, kinds.LABEL_OPTIONAL
        _set_type(kinds, field, part_kind)


def _set_type(kinds: Any, field: Any, kind: str) -> None:
    scalar = getattr(kinds, f"TYPE_{kind.upper()}", None)
    if scalar is not None:
        field.type = scalar
    else:
        field.type, field.type_name = kinds.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
