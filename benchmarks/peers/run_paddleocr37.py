"""PaddleOCR 3.7 (PaddleX 3.7) as a peer, on a CPU.

Run by the interpreter of the environment ``paddleocr37``; see `benchmarks.peers.client`. The
models are those of PaddleOCR 2.x on Paddle, or PP-OCRv6 small's ONNX files on ONNX Runtime. The
detector's parameters are those of PaddleOCR 2.x's hub modules, as in `run_paddleocr210`, so that
the code is compared and not its defaults, unless the job has the parameter ``own_defaults``. There
is no task ``cls``, and the whole pipeline turns no lines: `write_models` tells why.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers.envs import peer_environment
from benchmarks.peers.paddlex_models import (
    det_name,
    engine_config,
    engine_of,
    rec_name,
    write_models,
)
from benchmarks.peers.protocol import (
    ModelFolders,
    Parameter,
    PeerError,
    PeerJob,
    PeerLine,
    as_box,
)
from benchmarks.peers.worker import Lines, Runner, run_worker

NAME = "paddleocr37"

_DETECTOR: Mapping[str, Parameter] = {
    "limit_side_len": 960,
    "limit_type": "max",
    "thresh": 0.3,
    "box_thresh": 0.6,
    "unclip_ratio": 1.5,
}
_BATCH_SIZE = 6
_TURNS_NOTHING: Mapping[str, Parameter] = {
    "use_doc_orientation_classify": False,
    "use_doc_unwarping": False,
    "use_textline_orientation": False,
}
_OWN_SCORE = 0.0
"""Score from which PaddleOCR 3.7 keeps lines by itself."""

_SYSTEM: Mapping[str, Parameter] = {
    **_TURNS_NOTHING,
    **{f"text_det_{name}": value for name, value in _DETECTOR.items()},
    "text_det_box_thresh": 0.5,
    "text_det_unclip_ratio": 1.6,
    "text_recognition_batch_size": _BATCH_SIZE,
    "text_rec_score_thresh": 0.5,
}


def prepare(job: PeerJob) -> Runner:
    """Load the models that the task needs.

    A job's parameters are those of the classes ``TextDetection``, ``TextRecognition`` (and
    ``batch_size``) and ``PaddleOCR``, and for the whole pipeline ``own_defaults``.
    """
    load = {"det": _detector, "rec": _recogniser, "system": _system}.get(job.task)
    if load is None:
        raise PeerError(f"{NAME} has no task {job.task}")
    # Everything is in memory once a model is loaded.
    with tempfile.TemporaryDirectory(prefix="hubocr-paddlex-") as folder:
        return load(job, write_models(job.models, Path(folder)))


def _detector(job: PeerJob, models: ModelFolders) -> Runner:
    parameters = {**_DETECTOR, **job.parameters}
    model = _load(
        "TextDetection", job, model_name=det_name(job.models), model_dir=models.det, **parameters
    )
    return Runner(lambda images: model.predict(list(images)), _boxes, takes_lists=True)


def _recogniser(job: PeerJob, models: ModelFolders) -> Runner:
    parameters = dict(job.parameters)
    batch_size = parameters.pop("batch_size", _BATCH_SIZE)
    model = _load(
        "TextRecognition", job, model_name=rec_name(job.models), model_dir=models.rec, **parameters
    )
    return Runner(
        lambda images: model.predict(list(images), batch_size=batch_size),
        _texts,
        takes_lists=True,
    )


def _system(job: PeerJob, models: ModelFolders) -> Runner:
    own = dict(job.parameters)
    parameters = {**(_TURNS_NOTHING if own.pop("own_defaults", False) else _SYSTEM), **own}
    # With a threshold of 0 it answers everything it read; what it would have kept follows from
    # the scores by its own rule.
    threshold = float(parameters.pop("text_rec_score_thresh", _OWN_SCORE))
    pipeline = _load(
        "PaddleOCR",
        job,
        text_detection_model_name=det_name(job.models),
        text_detection_model_dir=models.det,
        text_recognition_model_name=rec_name(job.models),
        text_recognition_model_dir=models.rec,
        text_rec_score_thresh=0.0,
        **parameters,
    )
    return Runner(
        lambda images: pipeline.predict(list(images)),
        lambda answer: _system_lines(answer, threshold),
        takes_lists=True,
    )


def _load(kind: str, job: PeerJob, **parameters: Parameter) -> Any:
    module = importlib.import_module("paddleocr")
    engine = engine_of(job.models)
    try:
        return getattr(module, kind)(
            device="cpu",
            engine=engine,
            engine_config=dict(engine_config(job.cpu_threads, engine)),
            **parameters,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise PeerError(f"PaddleOCR refuses the models or parameters: {error!r}") from error


def _boxes(answer: Any) -> Lines:
    return [tuple(PeerLine(box=as_box(box)) for box in image["dt_polys"]) for image in answer]


def _texts(answer: Any) -> Lines:
    return [
        (PeerLine(text=str(line["rec_text"]), score=float(line["rec_score"])),) for line in answer
    ]


def _system_lines(answer: Any, threshold: float) -> Lines:
    return [
        tuple(
            PeerLine(
                box=as_box(box), text=str(text), score=float(score), kept=bool(score >= threshold)
            )
            for box, text, score in zip(
                image["rec_polys"], image["rec_texts"], image["rec_scores"], strict=True
            )
        )
        for image in answer
    ]


def main() -> int:
    """Do the job that the command line names."""
    # Read at import: what it stores stays in its environment, and no host of models is asked.
    os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(peer_environment(NAME).folder / "paddlex"))
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    return run_worker(NAME, "Run PaddleOCR 3.7 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
