"""rapidocr-ng 5.0.0a5 as a peer: PP-OCRv6 on its own fp32 kernels.

Run by the interpreter of the environment ``rapidocrng``; see `benchmarks.peers.client`. It brings
no models and takes ONNX files, whose dictionary is a file of its own. Parameters are its own by
their dotted names, and ``equal_detector``: the longer side at most 960 pixels, no image resized or
padded before.
"""

from __future__ import annotations

import importlib
import sys

from benchmarks.peers.protocol import Parameter, PeerError, PeerJob
from benchmarks.peers.rapidocr_answers import system_lines
from benchmarks.peers.worker import Runner, run_worker

NAME = "rapidocrng"

_EQUAL_DETECTOR = {
    "Det.limit_side_len": 960,
    "Det.limit_type": "max",
    "Global.use_preprocess_img": False,
    "Global.use_vertical_padding": False,
}


def prepare(job: PeerJob) -> Runner:
    """Load the models. It takes whole images, one by one, and no stage alone."""
    if job.task != "system":
        raise PeerError(f"rapidocr-ng has no call for the task {job.task} alone")
    own: dict[str, Parameter] = dict(job.parameters)
    equal = own.pop("equal_detector", False)
    module = importlib.import_module("rapidocr")
    engine = module.RapidOCR(
        params={
            "Global.log_level": "warning",
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": job.cpu_threads,
            "Det.model_path": job.models.det,
            "Rec.model_path": job.models.rec,
            "Rec.rec_keys_path": job.models.dictionary,
            **(_EQUAL_DETECTOR if equal else {}),
            **own,
        }
    )
    return Runner(lambda images: engine(images[0]), system_lines)


def main() -> int:
    """Do the job that the command line names."""
    return run_worker(NAME, "Run rapidocr-ng 5.0.0a5 on a job.", prepare, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
