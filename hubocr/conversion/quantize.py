"""From a network in fp32 to one in int8, which OpenVINO alone runs.

NNCF lets the network run on samples, notes the range of values of every layer, and rounds weights
and activations to 8 bits within it (Jacob et al., Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference, 2017).
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import EngineError, HubocrError, ModelError
from hubocr.optional import require

_Sample = TypeVar("_Sample")


def require_nncf() -> Any:
    """Return the module ``nncf``.

    Raises:
        EngineError: It isn't installed.
    """
    # NNCF sends usage statistics to its maker unless it believes that it is being tested.
    os.environ.setdefault("NNCF_CI", "1")
    nncf = require("nncf", "quantize", "quantisation")
    nncf.set_log_level(logging.WARNING)
    return nncf


def quantize_network(
    network: Any,
    source: Path,
    samples: Sequence[_Sample],
    to_tensor: Callable[[_Sample], NDArray[np.float32]],
    folder: Path,
) -> None:
    """Write the int8 version of a network as a folder in OpenVINO's own format.

    NNCF shows its progress on the standard output.

    Args:
        network: The network in fp32, an ``openvino.Model``.
        source: Where it was read from, for messages.
        samples: What the ranges are taken from; each is used several times.
        to_tensor: Makes the network's input of a sample.
        folder: The folder to write, which appears when it is complete: ``inference.xml`` and
            ``inference.bin``. It must not exist yet, or be empty.

    Raises:
        EngineError: NNCF isn't installed or fails.
        ModelError: The model is quantised already, or the folder can't be written.
    """
    nncf = require_nncf()
    if any(node.get_type_name() == "FakeQuantize" for node in network.get_ops()):
        raise ModelError(f"{source} is quantised already")
    try:
        # Weights are rounded symmetrically about 0 and activations not, since what comes out of a
        # hard swish lies almost all on one side.
        quantized = nncf.quantize(
            network,
            nncf.Dataset(samples, to_tensor),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(samples),
        )
    except HubocrError:
        raise
    except Exception as error:
        raise EngineError(f"nncf can't quantise {source}: {error}") from error
    try:
        _save(quantized, folder)
    except (OSError, RuntimeError) as error:  # OpenVINO's own is a RuntimeError
        raise ModelError(f"can't write {folder}: {error}") from error


def _save(network: Any, folder: Path) -> None:
    import openvino

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".quantize-", dir=folder.parent) as scratch:
        staged = Path(scratch) / "model"
        staged.mkdir()
        # What is left in fp32 would lose digits in fp16.
        openvino.save_model(network, staged / "inference.xml", compress_to_fp16=False)
        staged.replace(folder)
