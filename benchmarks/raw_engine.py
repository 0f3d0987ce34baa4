"""The limit of any server: the engine alone on the tensors that a request makes."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hubocr.engines import Engine
from hubocr.engines.base import Dimensions, Tensor
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline
from hubocr.settings import EngineSettings, PipelineSettings


class _Recorder:
    """An engine that keeps its tensors."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.parallelism = engine.name, engine.parallelism
        self.input_dimensions: Dimensions = engine.input_dimensions
        self.output_dimensions: Dimensions = engine.output_dimensions
        self.metadata = engine.metadata
        self.tensors: list[Tensor] = []

    def run(self, tensor: Tensor) -> Tensor:
        self.tensors.append(np.array(tensor))
        return self._engine.run(tensor)


class RawEngine:
    """The engine calls of a set of requests, without anything around them.

    Args:
        images: The images of the requests, one each.
        whole: Whether a request is a page for the whole pipeline; otherwise a line.
        threads: Threads that work side by side, with one stream of the engine each.
    """

    def __init__(self, images: Sequence[Path], *, whole: bool, threads: int) -> None:
        settings = EngineSettings(cpu_threads=threads, performance="throughput")
        pipeline = OcrPipeline.load(PipelineSettings(engine=settings))
        stages = [pipeline.recognizer]
        if whole and pipeline.classifier is not None:
            stages += [pipeline.detector, pipeline.classifier]  # type: ignore[list-item]
        recorders = []
        for stage in stages:
            recorder = _Recorder(stage._engine)
            stage._engine = recorder
            recorders.append(recorder)
        self._threads = threads
        self._requests: list[list[tuple[Engine, Tensor]]] = []
        for image in images:
            for recorder in recorders:
                recorder.tensors.clear()
            if whole:
                pipeline.run(read_image(image))
            else:
                pipeline.recognizer.recognize([read_image(image)])
            self._requests.append([(r._engine, tensor) for r in recorders for tensor in r.tensors])

    def throughput(self, seconds: float) -> float:
        """Return how many requests' tensors go through in a second."""
        lock, done, place = threading.Lock(), [0] * self._threads, [0]
        start = time.perf_counter()

        def work(number: int) -> None:
            while time.perf_counter() < start + seconds:
                with lock:
                    request = self._requests[place[0] % len(self._requests)]
                    place[0] += 1
                for engine, tensor in request:
                    engine.run(tensor)
                done[number] += 1

        workers = [threading.Thread(target=work, args=(n,)) for n in range(self._threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(done) / (time.perf_counter() - start)
