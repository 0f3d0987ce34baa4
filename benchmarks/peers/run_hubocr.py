"""hubocr itself as a peer, so that it is measured the way the others are.

Run by the interpreter that runs the benchmark. Parameters are those of ``params.py`` (such as
``precision`` and ``performance``), and these:

- ``callers``: threads that ask at the same time, as a server's requests do.
- ``raw``: only the engine calls of the task, on recorded tensors, one thread a stream: the limit
  of anything built on this engine and these models.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.peers.protocol import PeerJob, PeerLine, as_box
from benchmarks.peers.worker import Image, Lines, Runner, load_image, run_worker
from hubocr.classification import AngleClassifier
from hubocr.detection import TextDetector
from hubocr.models.registry import TASKS
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import TextRecognizer
from hubocr.settings import PipelineSettings
from hubocr.settings.layers import apply_layers

NAME = "hubocr"

_PACKAGES = ("hubocr", "numpy", "opencv-python", "openvino", "pyclipper")


def prepare(job: PeerJob) -> Runner:
    """Load the models that the task needs.

    Line crops go in as one list; images of the other tasks one by one, or from several callers.
    """
    parameters: dict[str, Any] = dict(job.parameters)
    callers = int(parameters.pop("callers", 1))
    raw = bool(parameters.pop("raw", False))
    layers = {"the job": {**parameters, "cpu_threads": job.cpu_threads}}
    settings = apply_layers(PipelineSettings(), layers, TASKS)
    if raw:
        return _raw(job, settings)
    models, engine, options = settings.models, settings.engine, settings.options
    if job.task == "rec":
        recognizer = TextRecognizer.load(models.rec_model, engine)
        return Runner(
            lambda images: recognizer.recognize(images, options.recognition),
            _texts,
            takes_lists=True,
            at_once=True,
        )
    if job.task == "cls":
        classifier = AngleClassifier.load(models.cls_model, engine)
        threshold = options.classification.thresh
        return Runner(
            lambda images: classifier.classify(images, options.classification),
            lambda answer: _directions(answer, threshold),
            takes_lists=True,
            at_once=True,
        )
    if job.task == "det":
        detector = TextDetector.load(models.det_model, engine)
        return _from_callers(
            lambda image: detector.detect(image, options.detection), _boxes, callers
        )
    pipeline = OcrPipeline.load(settings)
    return _from_callers(pipeline.run, _system_lines, callers)


def _from_callers(
    read: Callable[[Image], Any], lines: Callable[[Sequence[Any]], Lines], callers: int
) -> Runner:
    if callers == 1:
        return Runner(lambda images: [read(image) for image in images], lines)
    pool = ThreadPoolExecutor(callers, thread_name_prefix="caller")
    return Runner(
        lambda images: list(pool.map(read, images)), lines, takes_lists=True, at_once=True
    )


def _raw(job: PeerJob, settings: PipelineSettings) -> Runner:
    from benchmarks.raw_engine import record_lines, record_requests

    images = [load_image(path) for path in job.images]
    if job.task == "rec":
        requests = record_lines(images, settings)
    else:
        requests = record_requests(images, job.task, settings)
    pool = ThreadPoolExecutor(job.cpu_threads, thread_name_prefix="raw")

    def call(_: Sequence[Image]) -> None:
        list(pool.map(lambda request: request(), requests))

    return Runner(call, lambda _: [() for _ in images], takes_lists=True, at_once=True)


def _texts(answer: Any) -> Lines:
    return [(PeerLine(text=line.text, score=line.score),) for line in answer]


def _directions(answer: Any, threshold: float) -> Lines:
    return [
        (
            PeerLine(
                label=found.label,
                label_score=found.score,
                turned=found.is_upside_down(threshold),
            ),
        )
        for found in answer
    ]


def _boxes(answer: Sequence[Any]) -> Lines:
    return [tuple(PeerLine(box=as_box(box.tolist())) for box in page.polygons) for page in answer]


def _system_lines(answer: Sequence[Any]) -> Lines:
    return [
        tuple(
            PeerLine(box=as_box(line.polygon), text=line.text, score=line.score)
            for line in page.lines
        )
        for page in answer
    ]


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run hubocr on a job.", prepare, sys.argv[1:], _PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
