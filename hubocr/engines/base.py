"""The one protocol that every inference engine fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
    def parallelism(self) -> int:
        """How many calls of ``run`` work side by side; more wait for their turn."""

    @property
    def input_dimensions(self) -> Dimensions:
        """The declared shape of the input, usually (None, 3, height, width)."""

    @property
    def output_dimensions(self) -> Dimensions:
        """The declared shape of the output."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Text that the model file carries, such as an ONNX file's ``character``."""

    def run(self, tensor: Tensor) -> Tensor:
        """Return the model's first output for ``tensor``, in memory of the caller's own.

        Raises:
            EngineError: The engine failed on this tensor.
        """
