"""The chart of a run."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np

from hubocr.errors import MissingPackageError
from hubocr.optional import require

_log = logging.getLogger(__name__)

_SMOOTHED = 20


def write_chart(log: Path, target: Path, metric: str) -> bool:
    """Draw the loss and a metric of a run as PNG.

    Args:
        log: The run's ``log.jsonl``.
        target: The PNG file.
        metric: Name of a figure of the evaluations, such as ``line_accuracy``.

    Returns:
        Whether matplotlib, which draws it, is installed.
    """
    try:
        matplotlib = require("matplotlib.figure", "train", "a chart")
    except MissingPackageError as error:
        _log.warning("no chart was drawn: %s", error.message)
        return False
    name = metric.replace("_", " ")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    losses = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    scores = [(line["step"], line[metric]) for line in lines if metric in line]
    figure = matplotlib.Figure(figsize=(8, 4.5), layout="constrained")
    left = figure.add_subplot()
    left.set_xlabel("step")
    left.set_ylabel("loss")
    if losses:
        steps, values = np.array(losses).T
        left.plot(steps, values, color="tab:blue", alpha=0.25)
        width = min(_SMOOTHED, len(values))
        smooth = np.convolve(values, np.full(width, 1 / width), mode="valid")
        left.plot(steps[width - 1 :], smooth, color="tab:blue", label="loss")
        left.set_ylim(bottom=0)
    right = left.twinx()
    right.set_ylabel(f"{name} (validation)")
    right.set_ylim(0, 1)
    if scores:
        steps, values = np.array(scores).T
        right.plot(steps, values, color="tab:orange", marker="o")
        right.set_title(f"best {name} {values.max():.4f}")
    figure.savefig(target, dpi=100)
    return True
