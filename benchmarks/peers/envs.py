"""Private virtual environments of the peers, made with pip under ``benchmarks/.envs``.

Several OpenCV distributions share the folder ``cv2/`` and overwrite each other, and peers ask for
different ones. So every OpenCV that pip resolved is removed again and a single one of a given
version is put in, by default the version that hubocr itself runs with: a comparison is
then about the algorithms and not about the image library.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ENVS_FOLDER = Path(__file__).resolve().parents[1] / ".envs"
_OPENCV_DISTRIBUTIONS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
_STAMP = ".complete.json"


class PeerEnvironmentError(RuntimeError):
    """A peer's environment is unknown, missing, or could not be made."""


@dataclass(frozen=True)
class PeerEnvironment:
    """What a peer's environment consists of.

    Attributes:
        name: Name of the folder and of the peer everywhere else.
        requirements: What pip installs, pinned.
        packages: Distributions whose versions belong into a report.
        opencv: The only OpenCV distribution in it.
    """

    name: str
    requirements: tuple[str, ...]
    packages: tuple[str, ...]
    opencv: str = "opencv-python"

    @property
    def folder(self) -> Path:
        """Folder of the environment."""
        return ENVS_FOLDER / self.name

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"


_COMMON_PACKAGES = ("numpy", "opencv-python", "shapely", "pyclipper")

PEERS: Mapping[str, PeerEnvironment] = {
    peer.name: peer
    for peer in (
        PeerEnvironment(
            "paddleocr210",
            ("paddleocr==2.10.0", "paddlepaddle==3.3.1"),
            ("paddleocr", "paddlepaddle", *_COMMON_PACKAGES),
        ),
        # PaddleHub with PaddleOCR beside it, for PaddleOCR's own hub modules.
        PeerEnvironment(
            "paddleocr210hub",
            (
                "paddleocr==2.10.0",
                "paddlepaddle==3.3.1",
                "paddlehub==2.4.0",
                "paddlenlp==2.6.1",
                "protobuf==3.20.2",
                "huggingface_hub<2",
            ),
            ("paddleocr", "paddlepaddle", "paddlehub", *_COMMON_PACKAGES),
        ),
        # With the serving plug-in of PaddleX, for `paddlex --serve`, and ONNX Runtime, for models
        # that there are as ONNX files. PaddleX refuses to work without an OpenCV distribution of
        # this very name, and takes any version of it.
        PeerEnvironment(
            "paddleocr37",
            (
                "paddleocr==3.7.0",
                "paddlex[serving]==3.7.2",
                "paddlepaddle==3.3.1",
                "onnxruntime==1.31.1",
            ),
            (
                "paddleocr",
                "paddlex",
                "paddlepaddle",
                "onnxruntime",
                "opencv-contrib-python",
                *_COMMON_PACKAGES,
            ),
            opencv="opencv-contrib-python",
        ),
        PeerEnvironment(
            "rapidocr144",
            ("rapidocr-onnxruntime==1.4.4",),
            ("rapidocr-onnxruntime", "onnxruntime", *_COMMON_PACKAGES),
        ),
        # The OpenVINO that hubocr is measured with, so that the code around it is compared.
        PeerEnvironment(
            "rapidocr310",
            ("rapidocr==3.10.0", "onnxruntime==1.31.1", "openvino==2026.4.1"),
            ("rapidocr", "onnxruntime", "openvino", *_COMMON_PACKAGES),
        ),
        # Beside the models of ours it needs no engine: its kernels are its own.
        PeerEnvironment(
            "rapidocrng", ("rapidocr-ng==5.0.0a5",), ("rapidocr-ng", "numpy", "opencv-python")
        ),
        PeerEnvironment(
            "ddddocr16",
            ("ddddocr==1.6.1", "onnxruntime==1.31.1"),
            ("ddddocr", "onnxruntime", "numpy", "opencv-python", "pillow"),
        ),
    )
}


def peer_environment(name: str) -> PeerEnvironment:
    """Return the environment of that name, made or not.

    Raises:
        PeerEnvironmentError: No peer has that name; the message lists the names.
    """
    try:
        return PEERS[name]
    except KeyError:
        known = ", ".join(PEERS)
        raise PeerEnvironmentError(f"no peer is named {name!r}; known: {known}") from None


def peer_python(name: str) -> Path:
    """Return the interpreter of a peer's environment.

    Raises:
        PeerEnvironmentError: The peer is unknown, or its environment has not been made.
    """
    peer = peer_environment(name)
    if not (peer.folder / _STAMP).is_file():
        raise PeerEnvironmentError(
            f"the environment of {name} is not there; run: python -m benchmarks.peers.envs {name}"
        )
    return peer.python


def own_opencv_version() -> str:
    """Return the version of the opencv-python that hubocr runs with.

    Raises:
        PeerEnvironmentError: It is not installed.
    """
    try:
        return metadata.version("opencv-python")
    except metadata.PackageNotFoundError:
        raise PeerEnvironmentError(
            "opencv-python is not installed beside hubocr, so its version can't be taken over; "
            "name one with --opencv"
        ) from None


def make_environment(peer: PeerEnvironment, opencv: str, base_python: Path) -> bool:
    """Make a peer's environment unless the same one is there already.

    One that was left half-made, or made for other requirements, is made anew.

    Args:
        peer: What to make.
        opencv: Version of the only OpenCV distribution in it.
        base_python: The interpreter that the environment is made with.

    Returns:
        Whether anything had to be done.

    Raises:
        PeerEnvironmentError: A step failed; the message holds the end of its output.
    """
    stamp = peer.folder / _STAMP
    wanted = {"requirements": list(peer.requirements), peer.opencv: opencv}
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return False
    if peer.folder.exists():
        shutil.rmtree(peer.folder)
    peer.folder.parent.mkdir(parents=True, exist_ok=True)
    pip = (str(peer.python), "-m", "pip", "--disable-pip-version-check")
    steps: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("virtual environment", (str(base_python), "-m", "venv", str(peer.folder))),
        (" ".join(peer.requirements), (*pip, "install", "-q", *peer.requirements)),
        ("removing OpenCV", (*pip, "uninstall", "-q", "-y", *_OPENCV_DISTRIBUTIONS)),
        (
            f"{peer.opencv}=={opencv}",
            (*pip, "install", "-q", "--no-deps", f"{peer.opencv}=={opencv}"),
        ),
        ("import of cv2", (str(peer.python), "-c", "import cv2; cv2.warpPerspective")),
    )
    for number, (title, command) in enumerate(steps, start=1):
        print(f"{peer.name} [{number}/{len(steps)}] {title} ...", end="", flush=True)
        start = time.monotonic()
        _run(command, title)
        print(f" {time.monotonic() - start:.0f} s", flush=True)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return True


def _run(command: Sequence[str], title: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise PeerEnvironmentError(f"{title} failed with status {done.returncode}:\n{tail}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environments that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.envs",
        description="Make the peers' private environments under benchmarks/.envs with pip. One "
        "that is there and complete is left alone. paddleocr210 takes about 1.5 GB and some "
        "minutes, paddleocr210hub 2 GB, rapidocr144 about 0.3 GB, rapidocr310 0.6 GB, rapidocrng "
        "0.3 GB, ddddocr16 0.4 GB, paddleocr37 1.4 GB.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of: {', '.join(PEERS)} (default: all)"
    )
    parser.add_argument(
        "--opencv",
        metavar="VERSION",
        help="version of OpenCV in them (default: the one hubocr runs with)",
    )
    parser.add_argument(
        "--python",
        type=Path,
        default=Path(sys.executable),
        metavar="PATH",
        help="interpreter to make them with (default: the one running this)",
    )
    options = parser.parse_args(arguments)
    try:
        peers = [peer_environment(name) for name in options.names or PEERS]
        opencv = options.opencv or own_opencv_version()
        for peer in peers:
            made = make_environment(peer, opencv, options.python)
            print(f"{peer.name}: {'made' if made else 'already there'}, {peer.folder}")
    except PeerEnvironmentError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
