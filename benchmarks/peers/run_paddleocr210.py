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
from collections.abc import Mapping
from typing import Any

from benchmarks.peers.protocol import Parameter, PeerError, PeerJob, PeerLine, as_box
from benchmarks.peers.worker import Image, Lines, Runner, run_worker

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


def prepare(job: PeerJob) -> Runner:
    """Load what the task needs.

    Line crops go in as one list, because a text may depend on the other lines of its batch.
    """
    _find_package()
    arguments = _arguments(job)
    load = {"det": _detector, "cls": _classifier, "rec": _recogniser, "system": _system}
    return load[job.task](arguments)


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


def _detector(arguments: Any) -> Runner:
    detector = importlib.import_module("tools.infer.predict_det").TextDetector(arguments)

    def lines(answer: Any) -> Lines:
        boxes, _seconds = answer
        found = [] if boxes is None else boxes
        return [tuple(PeerLine(box=as_box(box.tolist())) for box in found)]

    return Runner(lambda images: detector(images[0]), lines)


def _classifier(arguments: Any) -> Runner:
    classifier = importlib.import_module("tools.infer.predict_cls").TextClassifier(arguments)

    def lines(answer: Any) -> Lines:
        _turned, directions, _seconds = answer
        return [(_direction(direction, arguments),) for direction in directions]

    return Runner(lambda images: classifier(list(images)), lines, takes_lists=True, at_once=True)


def _recogniser(arguments: Any) -> Runner:
    recognizer = importlib.import_module("tools.infer.predict_rec").TextRecognizer(arguments)

    def lines(answer: Any) -> Lines:
        texts, _seconds = answer
        return [(PeerLine(text=str(text), score=float(score)),) for text, score in texts]

    return Runner(lambda images: recognizer(list(images)), lines, takes_lists=True, at_once=True)


def _system(arguments: Any) -> Runner:
    # With a drop score of 0 the system answers everything it read; what it would have kept
    # follows from the scores by its own rule.
    drop_score, arguments.drop_score = arguments.drop_score, 0.0
    system = importlib.import_module("tools.infer.predict_system").TextSystem(arguments)
    classifier = None
    if arguments.use_angle_cls:
        classifier = system.text_classifier = _Recorder(system.text_classifier)

    def lines(answer: Any) -> Lines:
        boxes, texts, _times = answer
        read = list(zip(boxes or [], texts or [], strict=True))
        directions = classifier.answer[1] if classifier and read else [None] * len(read)
        return [
            tuple(
                _system_line(box, text, direction, arguments, drop_score)
                for (box, text), direction in zip(read, directions, strict=True)
            )
        ]

    return Runner(lambda images: system(images[0]), lines)


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
    return run_worker(NAME, "Run PaddleOCR 2.10.0 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
