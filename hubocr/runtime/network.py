"""A loaded model in the hands of one stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from hubocr.engines import Dimensions, Tensor
from hubocr.runtime.call import Call
from hubocr.runtime.variants import Variants
from hubocr.runtime.workload import Workload
from hubocr.settings import Precision

if TYPE_CHECKING:
    from hubocr.runtime.runtime import Runtime

A = TypeVar("A")
B = TypeVar("B")

_ALL_THREADS = 1
"""Streams of the variant that gives one tensor all threads."""


class Network:
    """A loaded model and the kind of work that it does; safe to share between threads.

    `Runtime.load` makes them. Networks that do different work may share one model in memory, which
    is given back when the last of them is gone.

    Attributes:
        runtime: The threads that the work is done on.
        name: Name of the engine, such as ``openvino``.
        precision: What it calculates in, fp32 or bf16.
        input_dimensions: The declared shape of the input; () where unknown.
        output_dimensions: The declared shape of the output; () where unknown.
        metadata: Text that the model file carries.
        prefers_batches: Whether a batch is faster than its parts one by one, as on a GPU.
    """

    def __init__(
        self,
        runtime: Runtime,
        variants: Variants,
        workload: Workload,
        streams: int,
        *,
        prefers_batches: bool = False,
    ) -> None:
        self.runtime = runtime
        self.prefers_batches = prefers_batches
        self._variants = variants
        self._workload = workload
        self._streams = streams
        engine = variants.first
        self.name: str = engine.name
        self.precision: Precision = engine.precision
        self.input_dimensions: Dimensions = engine.input_dimensions
        self.output_dimensions: Dimensions = engine.output_dimensions
        self.metadata: Mapping[str, str] = engine.metadata

    @property
    def class_count(self) -> int | None:
        """The declared size of the output's last axis; None where it is free or unknown."""
        return self.output_dimensions[-1] if self.output_dimensions else None

    def run(self, tensor: Tensor) -> Tensor:
        """Return the model's first output for ``tensor``, in memory of the caller's own.

        A tensor that is alone on the runtime has all threads where the engine can do that, but for
        `Workload.CROPS`.

        Raises:
            EngineError: The engine failed on this tensor, or the runtime is closed.
        """
        is_alone = self._workload is not Workload.CROPS and self.runtime.is_alone
        return self._variants.run(_ALL_THREADS if is_alone else self._streams, tensor)

    def map(
        self,
        work: Callable[[A], B],
        items: Sequence[A],
        *,
        stage: str,
        call: Call | None = None,
        workload: Workload | None = None,
    ) -> list[B]:
        """Return ``work(item)`` for every item, in order; see `Runtime.map`.

        Args:
            work: Works on one piece.
            items: The pieces.
            stage: Name under which the call records the time.
            call: The call that the pieces belong to.
            workload: How much work a piece is, where it isn't as usual.
        """
        workload = workload or self._workload
        return self.runtime.map(work, items, stage=stage, call=call, workload=workload)
