"""RapidOCR 1.4.4 (ONNX Runtime) as a peer, with its own models and its own defaults.

Run by the interpreter of the environment ``rapidocr144``; see `benchmarks.peers.client`. Its
models are PP-OCRv4 mobile ones in ONNX, its detector enlarges the shorter side to 736 pixels and
dilates the map: those are its product's choices, and they are left alone unless the parameter
``equal_detector`` asks for PaddleOCR's input: the longer side at most 960 pixels, ImageNet's mean
and deviation, nothing dilated, no image resized or padded before.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from benchmarks.peers.protocol import Parameter, PeerError, PeerJob, PeerLine, as_box
from benchmarks.peers.worker import Lines, Runner, run_worker

NAME = "rapidocr144"

_EQUAL_SIDE = 960
_MEAN, _DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_NO_LIMIT = 1_000_000


def prepare(job: PeerJob) -> Runner:
    """Load it; all of its models are loaded, whatever the task needs.

    Detection is its detector alone: its public call would cut out the crops as well. Line crops
    go to its recogniser or classifier one by one, unless the job wants them in one list, which it
    sorts and batches; the whole pipeline is called as its users do, with images already decoded.
    """
    parameters = dict(job.parameters)
    equal = bool(parameters.pop("equal_detector", False))
    engine = _engine(job, parameters)
    if equal:
        _use_equal_detector(engine)
    return {
        "det": Runner(lambda images: engine.auto_text_det(images[0]), _boxes),
        "cls": Runner(
            lambda images: engine.text_cls(list(images)),
            lambda answer: _directions(answer, engine.text_cls.cls_thresh),
            takes_lists=True,
        ),
        "rec": Runner(lambda images: engine.text_rec(list(images)), _texts, takes_lists=True),
        "system": Runner(lambda images: engine(images[0]), _system_lines),
    }[job.task]


def _engine(job: PeerJob, parameters: dict[str, Parameter]) -> Any:
    models = {
        f"{stage}_model_path": path
        for stage, path in (
            ("det", job.models.det),
            ("cls", job.models.cls),
            ("rec", job.models.rec),
        )
        if path
    }
    if job.models.dictionary:
        models["rec_keys_path"] = job.models.dictionary
    module = importlib.import_module("rapidocr_onnxruntime")
    try:
        return module.RapidOCR(intra_op_num_threads=job.cpu_threads, **models, **parameters)
    except (KeyError, ValueError, TypeError) as error:
        raise PeerError(f"RapidOCR refuses the models or parameters: {error!r}") from error


def _use_equal_detector(engine: Any) -> None:
    engine.max_side_len, engine.min_side_len = _NO_LIMIT, 1
    engine.min_height, engine.width_height_ratio = 0, -1
    detector = engine.text_det
    detector.postprocess_op.dilation_kernel = None
    # With the limit "max" it would choose 960, 1500 or 2000 itself, whatever it is told.
    preprocess = importlib.import_module("rapidocr_onnxruntime.ch_ppocr_det.utils").DetPreProcess
    detector.get_preprocess = lambda _longer: preprocess(_EQUAL_SIDE, "max", _MEAN, _DEVIATION)


def _boxes(answer: Any) -> Lines:
    boxes, _seconds = answer
    return [tuple(PeerLine(box=as_box(box)) for box in ([] if boxes is None else boxes))]


def _directions(answer: Any, threshold: float) -> Lines:
    _turned, directions, _seconds = answer
    return [
        (
            PeerLine(
                label=str(label),
                label_score=float(score),
                turned=bool("180" in label and score > threshold),
            ),
        )
        for label, score in directions
    ]


def _texts(answer: Any) -> Lines:
    texts, _seconds = answer
    return [(PeerLine(text=str(text[0]), score=float(text[1])),) for text in texts]


def _system_lines(answer: Any) -> Lines:
    lines, _times = answer
    return [
        tuple(
            PeerLine(box=as_box(box), text=str(text), score=float(score))
            for box, text, score in lines or []
        )
    ]


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run RapidOCR 1.4.4 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
