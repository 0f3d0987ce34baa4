"""benchmarks.peers: jobs and results as JSON, and the environments' names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.peers import envs
from benchmarks.peers.client import run_peer
from benchmarks.peers.protocol import (
    ModelFolders,
    PeerError,
    PeerJob,
    PeerLine,
    PeerResults,
    read_job,
    read_results,
    with_progress,
    write_job,
    write_results,
)


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    job = PeerJob("system", ("a.png", "图.jpg"), ModelFolders(det="d"), {"drop_score": 0.4}, 2)
    write_job(job, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json") == job


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"task": "read"}', '{"task": "rec"}'])
def test_a_file_that_is_no_job(tmp_path: Path, content: str) -> None:
    path = tmp_path / "job.json"
    path.write_text(content)
    with pytest.raises(PeerError, match=r"is no job|task must be one of"):
        read_job(path)


def test_results_survive_their_file(tmp_path: Path) -> None:
    line = PeerLine(((0.0, 1.0), (2.0, 1.0), (2.0, 3.0), (0.0, 3.0)), "0", 0.9, False, "文", 0.8)
    results = PeerResults(((line, PeerLine(text="b", kept=False)), ()), 1.5, {"numpy": "2.0"})
    write_results(results, tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


@pytest.mark.parametrize("content", ["", "{}", '{"images": [[{}]], "seconds": 1, "versions": {}}'])
def test_a_file_without_results(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(PeerError, match="holds no results"):
        read_results(path)


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(with_progress([1, 2, 3], "peer")) == [1, 2, 3]
    assert capsys.readouterr().err.endswith("peer: 3/3\n")
    assert list(with_progress([], "peer")) == []


def test_peers_that_are_unknown_or_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(envs.PeerEnvironmentError, match="no peer is named 'x'; known: paddleocr"):
        run_peer("x", PeerJob("rec", ()))
    monkeypatch.setattr(envs, "ENVS_FOLDER", tmp_path)
    with pytest.raises(envs.PeerEnvironmentError, match=r"benchmarks\.peers\.envs rapidocr144"):
        run_peer("rapidocr144", PeerJob("rec", ()))


def test_an_environment_that_is_complete_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envs, "ENVS_FOLDER", tmp_path)
    peer = envs.peer_environment("rapidocr144")
    peer.folder.mkdir()
    wanted = {"requirements": list(peer.requirements), "opencv-python": "1.0"}
    (peer.folder / ".complete.json").write_text(json.dumps(wanted))
    assert envs.make_environment(peer, "1.0", Path("no-python")) is False
    assert envs.peer_python("rapidocr144") == tmp_path / "rapidocr144" / "bin" / "python"
