"""What the scripts inside the peers' environments share: the command line and the images."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.envs import peer_environment
from benchmarks.peers.protocol import PeerError, PeerJob, PeerResults, read_job, write_results

Image = NDArray[np.uint8]
"""An image of shape (H, W, 3), uint8, BGR."""


def load_image(path: str) -> Image:
    """Return the image of a file, or the array of an ``.npy`` file.

    Raises:
        PeerError: There is no image that can be read.
    """
    if path.endswith(".npy"):
        return np.asarray(np.load(path), dtype=np.uint8)
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    if image is None:
        raise PeerError(f"can't read {path}")
    return np.asarray(image, dtype=np.uint8)


def package_versions(peer: str) -> Mapping[str, str]:
    """Return the versions of a peer's packages that are installed here."""
    versions = {}
    for package in peer_environment(peer).packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def run_worker(
    peer: str, description: str, work: Callable[[PeerJob], PeerResults], arguments: Sequence[str]
) -> int:
    """Read the job that the command line names, do it, and write the results.

    Args:
        peer: Name of the peer.
        description: What ``--help`` says.
        work: Does a job.
        arguments: The command line, without the program.
    """
    parser = argparse.ArgumentParser(prog=f"run_{peer}", description=description)
    parser.add_argument("job", type=Path, help="JSON file with the job")
    parser.add_argument("results", type=Path, help="JSON file that the results are written to")
    options = parser.parse_args(arguments)
    job = read_job(options.job)
    cv2.setNumThreads(job.cpu_threads)
    write_results(work(job), options.results)
    return 0
