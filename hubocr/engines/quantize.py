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

from hubocr.engines.base import Tensor
from hubocr.engines.openvino import read_network
from hubocr.errors import EngineError, HubocrError, ModelError
from hubocr.models.files import ModelFiles

_Sample = TypeVar("_Sample")


def require_nncf() -> Any:
    """Return the module ``nncf``.

    Raises:
        EngineError: It isn't installed.
    """
    # NNCF sends usage statistics to its maker unless it believes that it is being tested.
    os.environ.setdefault("NNCF_CI", "1")
    try:
        import nncf
    except ImportError as error:
        raise EngineError(
            f"quantisation needs {error.name}, which is not installed: "
            "pip install 'hubocr[quantize]'"
        ) from error
    nncf.set_log_level(logging.WARNING)
    return nncf


def quantize_model(
    model: ModelFiles,
    samples: Sequence[_Sample],
    to_tensor: Callable[[_Sample], Tensor],
    folder: Path,
) -> None:
    """Write the int8 version of a model as a folder in OpenVINO's own format.

    NNCF shows its progress on the standard output.

    Args:
        model: Files of the model, in fp32.
        samples: What the ranges are taken from; each is used several times.
        to_tensor: Makes the network's input of a sample.
        folder: The folder to write, which appears when it is complete: ``inference.xml`` and
            ``inference.bin``. It must not exist yet, or be empty.

    Raises:
        EngineError: NNCF isn't installed or fails.
        ModelError: The model is quantised already, or the folder can't be written.
    """
    nncf = require_nncf()
    network = read_network(model)
    if any(node.get_type_name() == "FakeQuantize" for node in network.get_ops()):
        raise ModelError(f"{model.folder} is quantised already")
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
        raise EngineError(f"nncf can't quantise {model.folder}: {error}") from error
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
