"""benchmarks.peers.session and the rounds of benchmarks.peers.worker, with made-up peers."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.protocol import PeerError, PeerJob, PeerLine, read_ready, read_round
from benchmarks.peers.session import PeerSession, limited_cores, peer_session
from benchmarks.peers.worker import Image, Lines, Runner, run_once

READY = {"load_seconds": 0.5, "first_result_seconds": 0.1, "resident_mib": 20.0, "versions": {}}

WORKING = """
    import sys

    from benchmarks.peers.protocol import PeerLine
    from benchmarks.peers.worker import Runner, run_worker

    def prepare(job):
        print("models are being loaded")  # Peers print; it must not get into the answers.
        return Runner(
            lambda images: [str(image.shape[1]) for image in images],
            lambda texts: [(PeerLine(text=text),) for text in texts],
            takes_lists=True,
            at_once=True,
        )

    sys.exit(run_worker("fake", "A peer that reads widths.", prepare, sys.argv[1:], ["numpy"]))
"""


def session(tmp_path: Path, script: str, job: PeerJob, timeout_s: float = 60) -> PeerSession:
    path = tmp_path / "peer.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    rounds = ("--rounds",) if script is WORKING else ()
    return PeerSession("fake", (sys.executable, str(path), *rounds), job, timeout_s=timeout_s)


def images(tmp_path: Path, widths: Sequence[int]) -> tuple[str, ...]:
    paths = []
    for width in widths:
        path = tmp_path / f"{width}.npy"
        np.save(path, np.zeros((8, width, 3), np.uint8))
        paths.append(str(path))
    return tuple(paths)


@pytest.mark.parametrize("at_once", [None, False])
def test_rounds_of_a_peer(tmp_path: Path, at_once: bool | None) -> None:
    job = PeerJob("rec", images(tmp_path, (10, 20)), at_once=at_once)
    with session(tmp_path, WORKING, job) as peer:
        assert peer.ready.load_seconds >= 0
        assert peer.ready.versions == {"numpy": np.__version__}
        assert peer.start_seconds > peer.ready.load_seconds
        first, second = peer.round(), peer.round()
        process = peer._process
    assert [line.text for (line,) in first.images] == ["10", "20"]
    assert second.images == ()
    assert second.seconds > 0
    assert second.cpu_seconds >= 0
    assert second.resident_mib > 5
    assert process.returncode == 0


def answering(*lines: str) -> str:
    """A script that answers the lines, one at the start and one for every round."""
    return f"""
        import sys
        lines = {lines!r}
        print(lines[0], flush=True)
        for line, _ in zip(lines[1:], sys.stdin):
            print(line, flush=True)
        print("the last words", file=sys.stderr)
        sys.exit(3)
    """


def ready() -> str:
    return json.dumps({"ready": READY})


def test_a_peer_that_dies_before_it_is_ready(tmp_path: Path) -> None:
    script = "import sys; sys.exit('no models here')"
    with pytest.raises(PeerError, match=r"fake ended with status 1 .*\n.*no models here"):
        session(tmp_path, script, PeerJob("rec", ())).__enter__()


def test_a_peer_that_dies_in_a_round(tmp_path: Path) -> None:
    with (
        session(tmp_path, answering(ready()), PeerJob("rec", ())) as peer,
        pytest.raises(PeerError, match=r"ended with status 3 while a round .*\n.*the last words"),
    ):
        peer.round()


def test_a_peer_that_takes_too_long(tmp_path: Path) -> None:
    script = "import time; time.sleep(60)"
    with pytest.raises(PeerError, match=r"took longer than 0\.2 s for starting"):
        session(tmp_path, script, PeerJob("rec", ()), timeout_s=0.2).__enter__()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("hello",), "expected a peer that is ready, not 'hello'"),
        (('{"ready": {}}',), "expected a peer that is ready"),
        ((ready(), "[]"), "expected a round's figures"),
        (
            (
                ready(),
                '{"seconds": 1, "cpu_seconds": 1, "resident_mib": 1, "images": [[], []]}',
            ),
            "answered 2 of 1 images",
        ),
    ],
)
def test_answers_that_are_wrong(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with (
        pytest.raises(PeerError, match=message),
        session(tmp_path, answering(*lines), PeerJob("rec", ("a.png",))) as peer,
    ):
        peer.round()


def test_a_peer_uses_no_more_cores_than_threads() -> None:
    before = os.sched_getaffinity(0)
    with limited_cores(1):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


def test_hubocr_needs_no_environment() -> None:
    command = peer_session("hubocr", PeerJob("rec", ()))._command
    assert command == (sys.executable, "-m", "benchmarks.peers.run_hubocr", "--rounds")


def test_lines_of_the_protocol() -> None:
    with pytest.raises(PeerError):
        read_ready("{")
    text = '{"seconds": 1, "cpu_seconds": 2, "resident_mib": 3, "images": []}'
    assert read_round(text).cpu_seconds == 2


def test_images_go_in_the_way_that_the_job_wants(tmp_path: Path) -> None:
    calls: list[int] = []

    def call(found: Sequence[Image]) -> int:
        calls.append(len(found))
        return len(found)

    def lines(count: int) -> Lines:
        return [(PeerLine(text="x"),)] * count

    paths = images(tmp_path, (1, 2, 3))
    for at_once, expected in ((None, [1, 1, 1]), (True, [3]), (False, [1, 1, 1])):
        calls.clear()
        runner = Runner(call, lines, takes_lists=True)
        found, _seconds = run_once(PeerJob("rec", paths, at_once=at_once), runner, "fake")
        assert calls == expected
        assert len(found) == 3
    with pytest.raises(PeerError, match="one image at a time"):
        run_once(PeerJob("rec", paths, at_once=True), Runner(call, lines), "fake")
