"""RapidOCR 3.10.0 as a peer, on OpenVINO or ONNX Runtime.

Run by the interpreter of the environment ``rapidocr310``; see `benchmarks.peers.client`. Without
models it runs those of its wheel, PP-OCRv6 small with a v2 classifier; PP-OCRv4 models go in as
ONNX files. Parameters are its own by their dotted names, and these:

- ``engine``: ``onnxruntime`` (its default) or ``openvino``.
- ``precision``: ``fp32`` or ``bf16``, for OpenVINO. RapidOCR has no setting for it, and OpenVINO
  takes bf16 by itself where the processor has it, so the hint is added to the configuration that
  RapidOCR hands to OpenVINO. Without it OpenVINO's choice stands.
- ``equal_detector``: PaddleOCR's input: the longer side at most 960 pixels, ImageNet's mean and
  deviation, nothing dilated, no image resized or padded before.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from benchmarks.peers.protocol import Parameter, PeerError, PeerJob, PeerLine, as_box
from benchmarks.peers.rapidocr_answers import system_lines
from benchmarks.peers.worker import Lines, Runner, run_worker

NAME = "rapidocr310"

_HINTS = {"fp32": "f32", "bf16": "bf16"}
_THREADS = {
    "openvino": "EngineConfig.openvino.inference_num_threads",
    "onnxruntime": "EngineConfig.onnxruntime.intra_op_num_threads",
}
_EQUAL_DETECTOR = {
    "Det.limit_side_len": 960,
    "Det.limit_type": "max",
    "Det.mean": [0.485, 0.456, 0.406],
    "Det.std": [0.229, 0.224, 0.225],
    "Det.use_dilation": False,
    "Global.use_preprocess_img": False,
    "Global.use_vertical_padding": False,
}


def prepare(job: PeerJob) -> Runner:
    """Load the models that the task needs.

    Detection is its detector alone, and line crops go to its recogniser or classifier one by
    one, unless the job wants them in one list, which it sorts and batches; the whole pipeline is
    called as its users do, with images already decoded.
    """
    engine = _engine(job)
    # They are loaded at their first use otherwise.
    stages = {
        "det": engine._load_det_model,
        "cls": engine._load_cls_model,
        "rec": engine._load_rec_model,
    }
    loaded = {name: load() for name, load in stages.items() if job.task in (name, "system")}
    if job.task == "det":
        return Runner(lambda images: loaded["det"](images[0]), _boxes)
    if job.task == "cls":
        threshold = loaded["cls"].cls_thresh
        return Runner(
            lambda images: loaded["cls"](list(images)),
            lambda answer: _directions(answer, threshold),
            takes_lists=True,
        )
    if job.task == "rec":
        make_input = importlib.import_module("rapidocr.ch_ppocr_rec").TextRecInput
        return Runner(
            lambda images: loaded["rec"](make_input(img=list(images), return_word_box=False)),
            _texts,
            takes_lists=True,
        )
    return Runner(lambda images: engine(images[0]), system_lines)


def _engine(job: PeerJob) -> Any:
    module = importlib.import_module("rapidocr")
    own: dict[str, Any] = dict(job.parameters)
    engine = str(own.pop("engine", "onnxruntime"))
    precision = own.pop("precision", None)
    equal = own.pop("equal_detector", False)
    if engine not in _THREADS:
        raise PeerError(f"engine must be one of {', '.join(_THREADS)}, not {engine!r}")
    if precision is not None:
        _set_precision(engine, precision)
    parameters: dict[str, Any] = {
        "Global.log_level": "warning",
        _THREADS[engine]: job.cpu_threads,
        **{f"{stage}.engine_type": module.EngineType(engine) for stage in ("Det", "Cls", "Rec")},
        **(_models(job, module)),
        **(_EQUAL_DETECTOR if equal else {}),
        **own,
    }
    try:
        return module.RapidOCR(params=parameters)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise PeerError(f"RapidOCR refuses the models or parameters: {error!r}") from error


def _models(job: PeerJob, module: Any) -> dict[str, Any]:
    paths = {"Det": job.models.det, "Cls": job.models.cls, "Rec": job.models.rec}
    parameters: dict[str, Any] = {}
    for stage, path in paths.items():
        if path:
            parameters[f"{stage}.model_path"] = path
            parameters[f"{stage}.ocr_version"] = module.OCRVersion.PPOCRV4
            parameters[f"{stage}.model_type"] = module.ModelType.MOBILE
    if job.models.dictionary:
        parameters["Rec.rec_keys_path"] = job.models.dictionary
    return parameters


def _set_precision(engine: str, precision: Parameter) -> None:
    if engine != "openvino" or precision not in _HINTS:
        raise PeerError(f"{engine} can't be told the precision {precision!r}")
    name = "rapidocr.inference_engine.openvino.device_config"
    config_class = importlib.import_module(name).CPUConfig
    get_config = config_class.get_config

    def with_precision(self: Any) -> dict[str, Any]:
        return {**get_config(self), "INFERENCE_PRECISION_HINT": _HINTS[str(precision)]}

    config_class.get_config = with_precision


def _boxes(answer: Any) -> Lines:
    boxes = [] if answer.boxes is None else answer.boxes
    return [tuple(PeerLine(box=as_box(box)) for box in boxes)]


def _directions(answer: Any, threshold: float) -> Lines:
    return [
        (
            PeerLine(
                label=str(label),
                label_score=float(score),
                turned=bool("180" in label and score > threshold),
            ),
        )
        for label, score in answer.cls_res
    ]


def _texts(answer: Any) -> Lines:
    return [
        (PeerLine(text=str(text), score=float(score)),)
        for text, score in zip(answer.txts, answer.scores, strict=True)
    ]


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run RapidOCR 3.10.0 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
