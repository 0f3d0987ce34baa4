"""Whether two ways of running a network give the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ModelError

Tensor = NDArray[np.float32]
Run = Callable[[Tensor], Tensor]

TOLERANCE = 1e-4
"""Largest difference of a probability; rounding makes 1e-5 of difference between engines."""


def largest_difference(expecting: Run, finding: Run, tensors: Sequence[Tensor]) -> float:
    """Return the largest difference between the outputs of two ways for the same inputs.

    Raises:
        ModelError: Their outputs differ in shape.
    """
    largest = 0.0
    for tensor in tensors:
        expected, found = expecting(tensor), finding(tensor)
        if expected.shape != found.shape:
            raise ModelError(f"shape mismatch: {found.shape}, expected {expected.shape}")
        # Unlike max(), this keeps NaN.
        largest = float(np.maximum(largest, np.abs(expected - found).max()))
    return largest


def require_equality(
    expecting: Run,
    finding: Run,
    tensors: Sequence[Tensor],
    what: str,
    tolerance: float | None = None,
) -> float:
    """Return `largest_difference`.

    Args:
        expecting: The one that is known to be right.
        finding: The other.
        tensors: Inputs.
        what: What the other one is, for the message.
        tolerance: Largest difference that is allowed; None: `TOLERANCE`.

    Raises:
        ModelError: The difference is larger.
    """
    difference = largest_difference(expecting, finding, tensors)
    tolerance = TOLERANCE if tolerance is None else tolerance
    if not difference <= tolerance:
        raise ModelError(
            f"{what} differs by {difference:.1e}, and at most {tolerance:.0e} is allowed"
        )
    return difference
