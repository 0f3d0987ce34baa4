"""RapidOCR 1.4.4 (ONNX Runtime) as a peer, with its own models and its own defaults.

Run by the interpreter of the environment ``rapidocr144``; see `benchmarks.peers.client`. Its
models are PP-OCRv4 mobile ones in ONNX, its detector enlarges the shorter side to 736 pixels and
dilates the map: those are its product's choices, and they are left alone.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any

from benchmarks.peers.protocol import (
    PeerError,
    PeerJob,
    PeerLine,
    PeerResults,
    as_box,
    with_progress,
)
from benchmarks.peers.worker import Image, load_image, package_versions, run_worker

NAME = "rapidocr144"


def do_job(job: PeerJob) -> PeerResults:
    """Run the task on every image, and time the calls.

    Line crops go through the recogniser or the classifier one by one; the whole pipeline is
    called as its users do, with images already decoded.
    """
    engine = _engine(job)
    run = {"det": _detect, "cls": _classify, "rec": _recognise, "system": _run_system}[job.task]
    lines, seconds = [], 0.0
    for path in with_progress(job.images, NAME):
        image = load_image(path)
        start = time.perf_counter()
        found = run(engine, image)
        seconds += time.perf_counter() - start
        lines.append(found)
    return PeerResults(tuple(lines), seconds, package_versions(NAME))


def _engine(job: PeerJob) -> Any:
    models = {
        f"{stage}_model_path": path
        for stage, path in (("det", job.models.det), ("cls", job.models.cls))
        if path
    }
    if job.models.rec:
        models["rec_model_path"] = job.models.rec
    if job.models.dictionary:
        models["rec_keys_path"] = job.models.dictionary
    module = importlib.import_module("rapidocr_onnxruntime")
    try:
        return module.RapidOCR(
            intra_op_num_threads=job.cpu_threads, **models, **dict(job.parameters)
        )
    except (KeyError, ValueError, TypeError) as error:
        raise PeerError(f"RapidOCR refuses the models or parameters: {error!r}") from error


def _detect(engine: Any, image: Image) -> tuple[PeerLine, ...]:
    boxes, _times = engine(image, use_det=True, use_cls=False, use_rec=False)
    return tuple(PeerLine(box=as_box(box)) for box in boxes or [])


def _classify(engine: Any, image: Image) -> tuple[PeerLine, ...]:
    _turned, ((label, score),), _seconds = engine.text_cls([image])
    turned = "180" in label and score > engine.text_cls.cls_thresh
    return (PeerLine(label=str(label), label_score=float(score), turned=bool(turned)),)


def _recognise(engine: Any, image: Image) -> tuple[PeerLine, ...]:
    (answer,), _seconds = engine.text_rec([image])
    return (PeerLine(text=str(answer[0]), score=float(answer[1])),)


def _run_system(engine: Any, image: Image) -> tuple[PeerLine, ...]:
    lines, _times = engine(image)
    return tuple(
        PeerLine(box=as_box(box), text=str(text), score=float(score))
        for box, text, score in lines or []
    )


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run RapidOCR 1.4.4 on a job.", do_job, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
