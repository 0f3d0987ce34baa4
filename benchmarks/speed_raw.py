"""The engine calls of requests, recorded so that they can be made again without the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.peers.protocol import Task
from benchmarks.peers.worker import Image

# A stage sees nothing but the engine protocol, which this fulfils.
from benchmarks.raw_engine import _Recorder
from hubocr.detection import TextDetector
from hubocr.engines import Engine
from hubocr.engines.base import Tensor
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import TextRecognizer
from hubocr.settings import PipelineSettings


def record_requests(
    images: Sequence[Image], task: Task, settings: PipelineSettings
) -> list[Callable[[], None]]:
    """Return one function an image that makes the engine calls which the task makes for it.

    The engines have one stream a thread, so the functions are for as many threads.

    Args:
        images: The images.
        task: ``rec``, ``det`` or ``system``.
        settings: Models, engine and options.
    """
    settings = replace(settings, engine=replace(settings.engine, performance="throughput"))
    read, stages = _load(task, settings)
    recorders = []
    for stage in stages:
        recorder = stage._engine = _Recorder(stage._engine)
        recorders.append(recorder)
    requests: list[Callable[[], None]] = []
    for image in images:
        for recorder in recorders:
            recorder.tensors.clear()
        read(image)
        calls = [(r._engine, np.array(tensor)) for r in recorders for tensor in r.tensors]
        requests.append(partial(_make_calls, calls))
    return requests


def _load(
    task: Task, settings: PipelineSettings
) -> tuple[Callable[[Image], object], Sequence[Any]]:
    if task == "rec":
        recognizer = TextRecognizer.load(settings.models.rec_model, settings.engine)
        return lambda image: recognizer.recognize([image]), [recognizer]
    if task == "det":
        detector = TextDetector.load(settings.models.det_model, settings.engine)
        return detector.detect, [detector]
    pipeline = OcrPipeline.load(settings)
    return pipeline.run, [pipeline.detector, pipeline.classifier, pipeline.recognizer]


def _make_calls(calls: Sequence[tuple[Engine, Tensor]]) -> None:
    for engine, tensor in calls:
        engine.run(tensor)
