"""Local models, of Paddle or ONNX, in the shape that PaddleX 3.7 takes.

PaddleX reads a model's name, its pre- and post-processing and its dictionary from an
``inference.yml`` beside the model files, which models of PaddleOCR 2.x don't have. This writes
folders with such a file and links to the model files, and the YAML of a pipeline of them.

The files are JSON, which is YAML as well, so that no package is needed: the module runs both
beside hubocr and inside the peer's environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import ModelFolders, PeerError

DET_NAME = "PP-OCRv4_mobile_det"
REC_NAME = "PP-OCRv4_mobile_rec"

ONNX_DET_NAME = "PP-OCRv6_small_det"
ONNX_REC_NAME = "PP-OCRv6_small_rec"

PADDLE, ONNX = "paddle_static", "onnxruntime"
"""PaddleX's engines."""

_MODEL_FILES = ("inference.pdmodel", "inference.pdiparams")

Yaml = Mapping[str, Any]

_DECODE: Yaml = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
_DET: Yaml = {
    "PreProcess": {
        "transform_ops": [
            _DECODE,
            {"DetResizeForTest": None},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}


def write_models(models: ModelFolders, folder: Path) -> ModelFolders:
    """Write a folder for PaddleX for the detector and the recogniser, where they are named.

    Folders hold PP-OCRv4's models as PaddleOCR 2.x has them; files are PP-OCRv6 small's in ONNX.

    PaddleX would load the direction classifier as well, but it stretches a line to the input's
    size where PaddleOCR 2.x keeps its proportions and pads it, and it has no threshold: on lines
    of ours that stand upright, one in seven was turned. So the classifier is left out.

    Args:
        models: The models.
        folder: Folder that the new folders are written into.

    Returns:
        The new folders.

    Raises:
        PeerError: A model's files or its dictionary can't be read.
    """
    det = rec = ""
    if models.det:
        name = det_name(models)
        det = _write_model(Path(models.det), {**_named(name), **_DET}, folder / "det")
    if models.rec:
        name, characters = rec_name(models), _characters(Path(models.dictionary))
        rec = _write_model(
            Path(models.rec), {**_named(name), **_recogniser(characters)}, folder / "rec"
        )
    return ModelFolders(det=det, rec=rec)


def engine_of(models: ModelFolders) -> str:
    """Return PaddleX's engine for models: `ONNX` for files, `PADDLE` for folders."""
    return ONNX if Path(models.det or models.rec).is_file() else PADDLE


def det_name(models: ModelFolders) -> str:
    """Return PaddleX's name of the detector."""
    return ONNX_DET_NAME if engine_of(models) == ONNX else DET_NAME


def rec_name(models: ModelFolders) -> str:
    """Return PaddleX's name of the recogniser."""
    return ONNX_REC_NAME if engine_of(models) == ONNX else REC_NAME


def pipeline_config(models: ModelFolders, threads: int) -> Yaml:
    """Return the pipeline ``OCR`` over models that `write_models` wrote.

    Its parameters are those of PaddleOCR 2.x's module ``ocr_system``, and there is no document
    preprocessing.

    Args:
        models: Folders with an ``inference.yml``.
        threads: Processor threads.
    """
    modules = {
        "TextDetection": {
            "module_name": "text_detection",
            "model_name": DET_NAME,
            "model_dir": models.det,
            "limit_side_len": 960,
            "limit_type": "max",
            "max_side_limit": 4000,
            "thresh": 0.3,
            "box_thresh": 0.5,
            "unclip_ratio": 1.6,
        },
        "TextRecognition": {
            "module_name": "text_recognition",
            "model_name": REC_NAME,
            "model_dir": models.rec,
            # PaddleX's default, and by far faster here than 1 or 16.
            "batch_size": 6,
            "score_thresh": 0.5,
        },
    }
    return {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": False,
        "use_textline_orientation": False,
        "engine": "paddle_static",
        "engine_config": engine_config(threads),
        "SubModules": modules,
    }


def engine_config(threads: int, engine: str = PADDLE) -> Yaml:
    """Return the settings of an engine under which these models run fastest on a processor.

    Of Paddle, oneDNN is PaddleX's own default, and a larger ``mkldnn_cache_capacity`` gains
    nothing. With the new intermediate representation, its other default, Paddle 3.3 ends in oneDNN
    with a NotImplementedError on these ``.pdmodel`` files; without oneDNN a page takes several
    times as long, and many times as long in the new representation.
    """
    if engine == ONNX:
        return {"intra_op_num_threads": threads}
    return {"run_mode": "mkldnn", "enable_new_ir": False, "cpu_threads": threads}


def write_yaml(content: Yaml, path: Path) -> None:
    """Write a file that YAML readers read."""
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _recogniser(characters: Sequence[str]) -> Yaml:
    return {
        "PreProcess": {"transform_ops": [_DECODE, {"RecResizeImg": {"image_shape": [3, 48, 320]}}]},
        # PaddleX adds the blank and the space itself.
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(characters)},
    }


def _named(name: str) -> Yaml:
    return {"Global": {"model_name": name}}


def _characters(dictionary: Path) -> list[str]:
    try:
        # Not by str.splitlines, which also cuts at characters that a dictionary may hold.
        lines = dictionary.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PeerError(f"can't read the dictionary {dictionary}: {error}") from error
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _write_model(source: Path, config: Yaml, folder: Path) -> str:
    folder.mkdir(parents=True)
    files = {"inference.onnx": source}
    if not source.is_file():
        files = {name: source / name for name in _MODEL_FILES}
    for name, file in files.items():
        if not file.is_file():
            raise PeerError(f"there is no {name} in {source}")
        (folder / name).symlink_to(file.resolve())
    write_yaml(config, folder / "inference.yml")
    return str(folder)
