"""What lies in a model folder: programs, parameters and the description beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.bounded_yaml import load_yaml
from hubocr.errors import ModelError, ModelNotFoundError

_STEMS = ("inference", "model")


@dataclass(frozen=True)
class ModelFiles:
    """The files of one inference model; at least one program is there.

    Attributes:
        folder: The folder, or that of the ONNX file.
        pdmodel: Paddle program in the protobuf format (PaddlePaddle 2.x).
        pir: Paddle program in the JSON format (PaddlePaddle 3.x, ``inference.json``).
        params: Paddle parameters (``.pdiparams``).
        onnx: ONNX file.
        xml: Network in OpenVINO's own format, its IR.
        bin: Weights of that network.
        output: Name of the ONNX file's tensor that engines give, where it isn't its first output.
    """

    folder: Path
    pdmodel: Path | None = None
    pir: Path | None = None
    params: Path | None = None
    onnx: Path | None = None
    xml: Path | None = None
    bin: Path | None = None
    output: str | None = None

    @property
    def paddle_program(self) -> Path | None:
        """The program that Paddle Inference loads: JSON before protobuf, as PaddleOCR 2.10."""
        return self.pir or self.pdmodel

    @property
    def openvino_network(self) -> Path | None:
        """The network in OpenVINO's own format, where its weights are there as well."""
        return self.xml if self.bin else None

    def description(self) -> Mapping[str, Any]:
        """Return the contents of ``inference.yml``, which PaddleX exports hold, or nothing.

        Raises:
            ModelError: The file is there but is not YAML.
        """
        path = self.folder / "inference.yml"
        if not path.is_file():
            return {}
        try:
            content = load_yaml(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelError(f"{path} is not valid YAML") from error
        return content if isinstance(content, dict) else {}


def inspect_model(path: Path) -> ModelFiles:
    """Say which model files are at ``path``.

    Args:
        path: A folder with ``inference.*`` or ``model.*`` (``.pdmodel`` or ``.json`` with
            ``.pdiparams``, ``.onnx``, or ``.xml`` with ``.bin``) or with a single ONNX file of
            any name; or an ONNX file.

    Raises:
        ModelNotFoundError: Nothing is there, or no complete model; the message says what is
            missing.
    """
    if path.is_file():
        if path.suffix.lower() != ".onnx":
            raise ModelNotFoundError(
                f"{path} is a file but not an .onnx file; name the model's folder instead"
            )
        return ModelFiles(folder=path.parent, onnx=path)
    if not path.is_dir():
        raise ModelNotFoundError(f"there is no model at {path}")
    for stem in _STEMS:
        files = ModelFiles(
            folder=path,
            pdmodel=_existing(path / f"{stem}.pdmodel"),
            pir=_existing(path / f"{stem}.json"),
            params=_existing(path / f"{stem}.pdiparams"),
            onnx=_existing(path / f"{stem}.onnx"),
            xml=_existing(path / f"{stem}.xml"),
            bin=_existing(path / f"{stem}.bin"),
        )
        if (files.paddle_program and files.params) or files.onnx or files.openvino_network:
            return files
        if files.paddle_program:
            raise ModelNotFoundError(f"{path} has {files.paddle_program.name} but no .pdiparams")
        if files.xml:
            raise ModelNotFoundError(f"{path} has {files.xml.name} but no {stem}.bin")
    onnx_files = sorted(
        file for file in path.iterdir() if file.suffix.lower() == ".onnx" and file.is_file()
    )
    if len(onnx_files) == 1:
        return ModelFiles(folder=path, onnx=onnx_files[0])
    if onnx_files:
        names = ", ".join(file.name for file in onnx_files)
        raise ModelNotFoundError(f"{path} has several ONNX files ({names}): name one of them")
    raise ModelNotFoundError(
        f"{path} holds no model: expected inference.pdmodel or inference.json with "
        "inference.pdiparams, an .onnx file, or inference.xml with inference.bin"
    )


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
