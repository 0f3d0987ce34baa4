"""The limit of any program around it: the engine alone on the tensors that requests make."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.protocol import Task
from benchmarks.peers.worker import Image
from hubocr.detection import TextDetector
from hubocr.engines import Tensor
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Network, Workload
from hubocr.settings import EngineSettings, PipelineSettings


class _Recorder:
    """A network that keeps its tensors."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tensors: list[Tensor] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def run(self, tensor: Tensor) -> Tensor:
        self.tensors.append(np.array(tensor))
        return self.network.run(tensor)


def record_requests(
    images: Sequence[Image], task: Task, settings: PipelineSettings
) -> list[Callable[[], None]]:
    """Return one function an image that makes the engine calls which the task makes for it.

    The engines have one stream a thread, so the functions are for as many threads. For lines that
    go in as one call see `record_lines`.

    Args:
        images: The images.
        task: ``rec``, ``det`` or ``system``.
        settings: Models, engine and options.
    """
    settings = replace(settings, engine=replace(settings.engine, performance="throughput"))
    read, stages = _load(task, settings)
    recorders = []
    for stage in stages:
        recorder = stage.network = _Recorder(stage.network)
        recorders.append(recorder)
    requests: list[Callable[[], None]] = []
    for image in images:
        for recorder in recorders:
            recorder.tensors.clear()
        read(image)
        calls = [(r.network, tensor) for r in recorders for tensor in r.tensors]
        requests.append(partial(_make_calls, calls))
    return requests


def record_lines(images: Sequence[Image], settings: PipelineSettings) -> list[Callable[[], None]]:
    """Return one function for each engine call that one call of the recogniser makes."""
    recognizer = TextRecognizer.load(
        settings.models.rec_model, settings.engine, workload=Workload.LINES
    )
    stage: Any = recognizer
    recorder = stage.network = _Recorder(stage.network)
    recognizer.recognize(images, settings.options.recognition)
    return [partial(_make_calls, [(recorder.network, tensor)]) for tensor in recorder.tensors]


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


def _make_calls(calls: Sequence[tuple[Network, Tensor]]) -> None:
    for network, tensor in calls:
        network.run(tensor)


class RawEngine:
    """The engine calls of a set of requests, without anything around them.

    Args:
        images: The images of the requests, one each.
        whole: Whether a request is a page for the whole pipeline; otherwise a line.
        threads: Threads that work side by side, with one stream of the engine each.
    """

    def __init__(self, images: Sequence[Path], *, whole: bool, threads: int) -> None:
        settings = PipelineSettings(engine=EngineSettings(cpu_threads=threads))
        pixels = [read_image(image) for image in images]
        self._threads = threads
        self._requests = record_requests(pixels, "system" if whole else "rec", settings)

    def throughput(self, seconds: float) -> float:
        """Return how many requests' tensors go through in a second."""
        lock, done, place = threading.Lock(), [0] * self._threads, [0]
        start = time.perf_counter()

        def work(number: int) -> None:
            while time.perf_counter() < start + seconds:
                with lock:
                    make_calls = self._requests[place[0] % len(self._requests)]
                    place[0] += 1
                make_calls()
                done[number] += 1

        workers = [threading.Thread(target=work, args=(n,)) for n in range(self._threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(done) / (time.perf_counter() - start)
