"""Running a peer from another script: a job goes in, its results come out.

```python
from benchmarks.peers.client import run_peer
from benchmarks.peers.protocol import PeerJob

results = run_peer("rapidocr144", PeerJob(task="rec", images=("line.png",), cpu_threads=2))
print(results.images[0][0].text)
```
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.peers.envs import peer_python
from benchmarks.peers.protocol import PeerError, PeerJob, PeerResults, read_results, write_job

_REPOSITORY = Path(__file__).resolve().parents[2]


def run_peer(name: str, job: PeerJob, *, timeout_s: float = 3600) -> PeerResults:
    """Run a job in a peer's environment, in a process of its own; its progress goes to stderr.

    Args:
        name: A peer of `benchmarks.peers.envs`.
        job: What it is to do.
        timeout_s: Seconds after which the process is ended.

    Raises:
        PeerEnvironmentError: The peer is unknown, or its environment has not been made.
        PeerError: The process failed, took too long, or gave no results.
    """
    python = peer_python(name)
    with tempfile.TemporaryDirectory(prefix="hubocr-peer-") as folder:
        job_file, results_file = Path(folder, "job.json"), Path(folder, "results.json")
        write_job(job, job_file)
        command = (python, "-m", f"benchmarks.peers.run_{name}", job_file, results_file)
        try:
            done = subprocess.run(
                command,
                cwd=_REPOSITORY,
                # Warnings in a peer's own code say nothing about the job.
                env={**os.environ, "PYTHONPATH": str(_REPOSITORY), "PYTHONWARNINGS": "ignore"},
                stdout=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PeerError(f"{name} took longer than {timeout_s:g} s") from error
        if done.returncode != 0:
            raise PeerError(f"{name} ended with status {done.returncode}; see its messages above")
        results = read_results(results_file)
    if len(results.images) != len(job.images):
        raise PeerError(f"{name} answered {len(results.images)} of {len(job.images)} images")
    return results
