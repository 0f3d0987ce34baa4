"""The one object that owns threads and loaded networks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from weakref import WeakValueDictionary

from hubocr.engines import Engine, Regrouping, load_engine
from hubocr.errors import EngineError
from hubocr.models import ModelFiles, find_model
from hubocr.runtime.budget import MemoryBudget
from hubocr.runtime.call import Call
from hubocr.runtime.network import Network
from hubocr.runtime.scheduler import Scheduler
from hubocr.runtime.variants import Variants
from hubocr.runtime.workload import Workload
from hubocr.settings import EngineSettings

A = TypeVar("A")
B = TypeVar("B")

_Stamp = tuple[tuple[Path, int, int], ...]
_Key = tuple[ModelFiles, _Stamp, EngineSettings, int]

_SMALL_IMAGE = 32_000_000
"""Bytes up to which decoding counts for nothing: photographs of five megapixels."""

_SMALL_TENSOR = 240_000_000
"""The same for a tensor in an engine: a detector's, of 1.5 megapixels."""


class Runtime:
    """Threads, the networks that they run, and the rules by which threads are divided.

    Work of many calls goes through `map`, in pieces, in a fair order (`hubocr.runtime.scheduler`).
    What several modules load from the same files with the same settings is in memory once, for as
    long as any of them is in use; runtimes share nothing. Safe to share between threads; a ``with``
    block closes it at its end.

    Args:
        threads: How many pieces are processed concurrently; 0: as many as the process may use
            processors.
        memory_bytes: Memory for large images, and as much again for large tensors; callers that
            need more wait for others. None: without limit.

    Attributes:
        images: The memory for decoding large images.
        tensors: The memory that large tensors take in an engine. Whoever holds some of it may hold
            some of ``images`` already, never the other way round.
    """

    def __init__(self, threads: int = 0, memory_bytes: int | None = None) -> None:
        self.images = MemoryBudget(memory_bytes, _SMALL_IMAGE)
        self.tensors = MemoryBudget(memory_bytes, _SMALL_TENSOR)
        self._scheduler = Scheduler(EngineSettings(cpu_threads=threads).threads)
        self._loaded: WeakValueDictionary[_Key, Variants] = WeakValueDictionary()
        self._loading = threading.Lock()
        self._is_closed = False

    @property
    def threads(self) -> int:
        """How many pieces are processed concurrently."""
        return self._scheduler.threads

    @property
    def depth(self) -> int:
        """How many pieces wait."""
        return self._scheduler.depth

    @property
    def is_alone(self) -> bool:
        """Whether the asker works on the only piece of a call, and no other call has any work."""
        return self._scheduler.is_alone

    @property
    def network_count(self) -> int:
        """How many different networks are in memory."""
        return len(self._loaded)

    def load(
        self,
        model: str | Path | ModelFiles,
        settings: EngineSettings | None = None,
        workload: Workload = Workload.LINES,
    ) -> Network:
        """Load a model, or share it with whoever has loaded it already.

        Args:
            model: A registry name, the path of a model folder or ONNX file, or a model's files.
            settings: The engine, precision, device and threads.
            workload: The kind of work that it is for.

        Raises:
            ModelError: The model is nowhere, or incomplete.
            EngineError: No engine can run it.
        """
        settings = settings or EngineSettings()
        files = model if isinstance(model, ModelFiles) else find_model(model)
        streams = _streams(settings, workload)
        key = (files, _stamp(files), settings, streams)
        with self._loading:
            if self._is_closed:
                raise EngineError("the runtime is closed")
            variants = self._loaded.get(key)
            if variants is None:
                first = 1 if workload is Workload.LINE else streams
                engine = load_engine(files, settings, streams=streams, first=first)
                variants = self._loaded[key] = Variants(engine, streams)
        return Network(self, variants, workload, streams, prefers_batches=settings.use_gpu)

    def loaded_engine(
        self, model: str | Path, settings: EngineSettings | None = None
    ) -> Engine | None:
        """Return the engine that a model was loaded with, or None where it isn't loaded."""
        folder, settings = find_model(model).folder, settings or EngineSettings()
        for (files, _, asked, _), variants in self._loaded.items():
            if files.folder == folder and asked == settings:
                return variants.first
        return None

    def adopt(self, engine: Engine, workload: Workload = Workload.LINES) -> Network:
        """Return a network of an engine that the caller has made."""
        streams = engine.streams if isinstance(engine, Regrouping) else self.threads
        return Network(self, Variants(engine, streams), workload, streams)

    def map(
        self,
        work: Callable[[A], B],
        items: Sequence[A],
        *,
        stage: str = "work",
        call: Call | None = None,
        workload: Workload = Workload.LINES,
    ) -> list[B]:
        """Return ``work(item)`` for every item, in order; ``work`` must not call it again.

        Args:
            work: Works on one piece.
            items: The pieces.
            stage: Name under which the call records the time.
            call: The call that the pieces belong to; None: one of its own, without deadline.
            workload: How much work a piece is.

        Raises:
            CallCancelledError: The call was cancelled.
            DeadlineError: Its deadline has passed; a piece that the caller does itself is done
                first.
            EngineError: The runtime is closed.
            Exception: The first error of ``work``; pieces that haven't begun are dropped.
        """
        heavy = workload is Workload.PAGE
        return self._scheduler.map(work, items, stage=stage, call=call, heavy=heavy)

    def release_memory(self) -> None:
        """Free what the networks keep between runs; for when nothing is asked for a while."""
        for variants in list(self._loaded.values()):
            variants.release_memory()

    def close(self) -> None:
        """End the threads, after what they have begun, and release the networks."""
        self._scheduler.close()
        with self._loading:
            self._is_closed = True
            for variants in list(self._loaded.values()):
                variants.close()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _streams(settings: EngineSettings, workload: Workload) -> int:
    """Return how many tensors are processed concurrently; the threads are divided among them.

    On a CPU a line gains more from a thread of its own than from a share of all, and so does a page
    among several; a GPU takes one tensor after the other.
    """
    if settings.use_gpu:
        return 1
    if workload is Workload.PAGE and settings.performance == "latency":
        return 1
    return settings.threads


def _stamp(model: ModelFiles) -> _Stamp:
    """Return what tells a file from its successor under the same name."""
    files = (model.pdmodel, model.pir, model.params, model.onnx, model.xml, model.bin)
    states = ((path, path.stat()) for path in files if path is not None)
    return tuple((path, state.st_mtime_ns, state.st_size) for path, state in states)
