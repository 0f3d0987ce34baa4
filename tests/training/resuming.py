"""A run that is killed, and one that was not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hubocr.training.run import TrainingResult


def curve(out: Path) -> list[str]:
    """Return the lines of a run's log."""
    return (out / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()


def kill_after(lines: int, script: str, arguments: Sequence[str], out: Path) -> None:
    """Start a run by a Python script, and kill it when its log is longer than some lines."""
    process = subprocess.Popen([sys.executable, "-c", script, *arguments])
    log = out / "training" / "log.jsonl"
    deadline = time.monotonic() + 240  # of a busy machine
    while process.poll() is None and time.monotonic() < deadline:
        if log.is_file() and len(log.read_bytes().splitlines()) > lines:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert process.returncode == -signal.SIGKILL


def assert_same(whole: TrainingResult, resumed: TrainingResult) -> None:
    """Compare two runs: curve, evaluation, and every weight."""
    from hubocr.training.graph import Graph

    assert curve(resumed.model.parent) == curve(whole.model.parent)
    assert resumed.evaluation == whole.evaluation
    left, right = Graph.load(whole.model).tensors, Graph.load(resumed.model).tensors
    assert left.keys() == right.keys()
    assert all(np.array_equal(left[name], right[name]) for name in left)
