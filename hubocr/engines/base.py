"""The one protocol that every inference engine fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ModelError
from hubocr.settings import Precision

Tensor = NDArray[np.float32]
Dimensions = tuple[int | None, ...]
"""A tensor's shape as the model declares it; None where the size is free."""


class Engine(Protocol):
    """A loaded model with one input and one output.

    ``run`` may be called by any number of threads at once; each gets its own result.
    """

    @property
    def name(self) -> str:
        """Name of the engine, such as ``openvino``."""

    @property
    def precision(self) -> Precision:
        """The precision that it computes in: fp32 or bf16."""

    @property
    def input_dimensions(self) -> Dimensions:
        """The declared shape of the input, (None, 3, height, width); () where unknown."""

    @property
    def output_dimensions(self) -> Dimensions:
        """The declared shape of the output; () where unknown."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Text that the model file carries, such as an ONNX file's ``character``."""

    def run(self, tensor: Tensor) -> Tensor:
        """Return the model's first output for ``tensor``, in memory of the caller's own.

        Raises:
            EngineError: The engine failed on this tensor.
        """


@runtime_checkable
class Regrouping(Protocol):
    """An engine whose threads can be redistributed without a second copy of the weights."""

    @property
    def streams(self) -> int:
        """How many calls of ``run`` execute concurrently; more wait for their turn."""

    def for_streams(self, streams: int) -> Engine:
        """Return the same network for another number of streams.

        Raises:
            EngineError: The engine can't be made ready for it.
        """


@runtime_checkable
class Releasing(Protocol):
    """An engine that keeps memory between runs, for the next of the same size, and can free it."""

    def release_memory(self) -> None:
        """Free what isn't needed to be ready; the next run is a little slower."""


def fixed_size(dimensions: Dimensions) -> tuple[int | None, int | None]:
    """Return the height and width that a model of images declares; None where they are free.

    Args:
        dimensions: The declared shape of its input.

    Raises:
        ModelError: The model's input is not of shape (N, 3, H, W).
    """
    if not dimensions:
        return None, None
    if len(dimensions) != 4 or dimensions[1] != 3:
        raise ModelError(f"not a model of colour images: its input has the shape {dimensions}")
    return dimensions[2], dimensions[3]
