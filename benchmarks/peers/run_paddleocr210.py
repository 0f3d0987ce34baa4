"""PaddleOCR 2.10.0 as a peer: its own ``tools.infer`` classes on a CPU.

Run by the interpreter of the environment ``paddleocr210``; see `benchmarks.peers.client`. The
parameters are those of its hub modules (``deploy/hubserving/*/params.py``): the system module
uses other detection thresholds than the detector alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.peers.protocol import (
    Parameter,
    PeerError,
    PeerJob,
    PeerLine,
    PeerResults,
    as_box,
    with_progress,
)
from benchmarks.peers.worker import Image, load_image, package_versions, run_worker

NAME = "paddleocr210"

_PARAMETERS: Mapping[str, Parameter] = {
    "use_gpu": False,
    "enable_mkldnn": True,
    "show_log": False,
    "det_limit_side_len": 960,
    "det_limit_type": "max",
    "det_db_thresh": 0.3,
    "det_db_box_thresh": 0.6,
    "det_db_unclip_ratio": 1.5,
    "det_db_score_mode": "fast",
    "use_dilation": False,
    "cls_image_shape": "3, 48, 192",
    "cls_batch_num": 30,
    "cls_thresh": 0.9,
    "rec_algorithm": "CRNN",
    "rec_image_shape": "3, 48, 320",
    "rec_batch_num": 6,
    "use_space_char": True,
    "use_angle_cls": True,
    "drop_score": 0.5,
}
_SYSTEM_PARAMETERS: Mapping[str, Parameter] = {
    "det_db_box_thresh": 0.5,
    "det_db_unclip_ratio": 1.6,
}


class _Recorder:
    """A stage of the system that remembers what it answered last."""

    def __init__(self, stage: Any) -> None:
        self._stage = stage
        self.answer: Any = None

    def __call__(self, crops: list[Image]) -> Any:
        self.answer = self._stage(crops)
        return self.answer


def do_job(job: PeerJob) -> PeerResults:
    """Load what the task needs, run it on every image, and time the calls."""
    _find_package()
    arguments = _arguments(job)
    run = {"det": _detect, "cls": _classify, "rec": _recognise, "system": _run_system}[job.task]
    images = [load_image(path) for path in job.images] if job.task in ("cls", "rec") else []
    lines, seconds = run(job, arguments, images)
    return PeerResults(tuple(lines), seconds, package_versions(NAME))


def _find_package() -> None:
    """Put the folder of the package on the path, without importing the package itself."""
    spec = importlib.util.find_spec("paddleocr")
    if spec is None or not spec.submodule_search_locations:
        raise PeerError("paddleocr is not installed in this environment")
    sys.path.insert(0, spec.submodule_search_locations[0])


def _arguments(job: PeerJob) -> Any:
    utility = importlib.import_module("tools.infer.utility")
    arguments = utility.init_args().parse_args([])
    values = {
        **_PARAMETERS,
        **(_SYSTEM_PARAMETERS if job.task == "system" else {}),
        "cpu_threads": job.cpu_threads,
        "det_model_dir": job.models.det,
        "cls_model_dir": job.models.cls,
        "rec_model_dir": job.models.rec,
        "rec_char_dict_path": job.models.dictionary,
        **job.parameters,
    }
    for name, value in values.items():
        if not hasattr(arguments, name):
            raise PeerError(f"PaddleOCR has no parameter {name!r}")
        setattr(arguments, name, value)
    return arguments


Lines = list[tuple[PeerLine, ...]]


def _detect(job: PeerJob, arguments: Any, _: Sequence[Image]) -> tuple[Lines, float]:
    detector = importlib.import_module("tools.infer.predict_det").TextDetector(arguments)
    lines, seconds = [], 0.0
    for path in with_progress(job.images, NAME):
        image = load_image(path)
        start = time.perf_counter()
        boxes, _seconds = detector(image)
        seconds += time.perf_counter() - start
        found = [] if boxes is None else boxes
        lines.append(tuple(PeerLine(box=as_box(box.tolist())) for box in found))
    return lines, seconds


def _classify(_: PeerJob, arguments: Any, images: Sequence[Image]) -> tuple[Lines, float]:
    classifier = importlib.import_module("tools.infer.predict_cls").TextClassifier(arguments)
    start = time.perf_counter()
    _turned, answers, _seconds = classifier(list(images))
    seconds = time.perf_counter() - start
    return [(_direction(answer, arguments),) for answer in answers], seconds


def _recognise(_: PeerJob, arguments: Any, images: Sequence[Image]) -> tuple[Lines, float]:
    # In one call, because a text may depend on the other lines of its batch.
    recognizer = importlib.import_module("tools.infer.predict_rec").TextRecognizer(arguments)
    print(f"{NAME}: reading {len(images)} lines", file=sys.stderr, flush=True)
    start = time.perf_counter()
    answers, _seconds = recognizer(list(images))
    seconds = time.perf_counter() - start
    return [(PeerLine(text=str(text), score=float(score)),) for text, score in answers], seconds


def _run_system(job: PeerJob, arguments: Any, _: Sequence[Image]) -> tuple[Lines, float]:
    # With a drop score of 0 the system answers everything it read; what it would have kept
    # follows from the scores by its own rule.
    drop_score, arguments.drop_score = arguments.drop_score, 0.0
    system = importlib.import_module("tools.infer.predict_system").TextSystem(arguments)
    classifier = None
    if arguments.use_angle_cls:
        classifier = system.text_classifier = _Recorder(system.text_classifier)
    lines, seconds = [], 0.0
    for path in with_progress(job.images, NAME):
        image = load_image(path)
        start = time.perf_counter()
        boxes, texts, _times = system(image)
        seconds += time.perf_counter() - start
        read = list(zip(boxes or [], texts or [], strict=True))
        directions = classifier.answer[1] if classifier and read else [None] * len(read)
        lines.append(
            tuple(
                _system_line(box, text, direction, arguments, drop_score)
                for (box, text), direction in zip(read, directions, strict=True)
            )
        )
    return lines, seconds


def _direction(answer: Any, arguments: Any) -> PeerLine:
    label, score = str(answer[0]), float(answer[1])
    turned = "180" in label and score > arguments.cls_thresh
    return PeerLine(label=label, label_score=score, turned=turned)


def _system_line(
    box: Any, text: Any, direction: Any, arguments: Any, drop_score: float
) -> PeerLine:
    turned = PeerLine() if direction is None else _direction(direction, arguments)
    return PeerLine(
        box=as_box(box.tolist()),
        label=turned.label,
        label_score=turned.label_score,
        turned=turned.turned,
        text=str(text[0]),
        score=float(text[1]),
        kept=bool(text[1] >= drop_score),
    )


def main() -> int:
    """Do the job that the command line names."""
    # PaddleOCR sets this itself, too late where Paddle is imported before.
    os.environ.setdefault("FLAGS_allocator_strategy", "auto_growth")
    return run_worker(NAME, "Run PaddleOCR 2.10.0 on a job.", do_job, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
