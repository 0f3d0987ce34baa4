"""ddddocr 1.6 as a peer: captchas with its default model.

Run by the interpreter of the environment ``ddddocr16``; see `benchmarks.peers.client`. It has no
setting for threads, so ONNX Runtime's sessions are made with the job's number. It takes PIL
images; turning an array into one is part of the call, some hundredths of a millisecond. It gives
no scores.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.protocol import PeerError, PeerJob, PeerLine
from benchmarks.peers.worker import Image, Lines, Runner, run_worker

NAME = "ddddocr16"


def prepare(job: PeerJob) -> Runner:
    """Load its recogniser; parameters are those of its class."""
    if job.task != "rec":
        raise PeerError(f"ddddocr does the task rec, not {job.task}")
    _limit_threads(job.cpu_threads)
    parameters = {"show_ad": False, **job.parameters}
    reader = importlib.import_module("ddddocr").DdddOcr(**parameters)
    pillow = importlib.import_module("PIL.Image")

    def call(images: Sequence[Image]) -> str:
        return str(reader.classification(pillow.fromarray(images[0][:, :, ::-1])))

    return Runner(call, _lines)


def _limit_threads(threads: int) -> None:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    make_session = onnxruntime.InferenceSession

    def with_threads(*arguments: Any, **named: Any) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return make_session(*arguments, sess_options=options, **named)

    onnxruntime.InferenceSession = with_threads


def _lines(answer: str) -> Lines:
    return [(PeerLine(text=answer),)]


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run ddddocr 1.6 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
