"""Models of dddd_trainer are read as ddddocr itself, run as a peer, reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.client import run_peer
from benchmarks.peers.envs import PeerEnvironmentError, peer_python
from benchmarks.peers.protocol import PeerJob
from tests.conftest import fixture_image, fixture_labels
from tests.recognition.families.test_ddddocr import LETTERS, Kind, load, write_model


@pytest.mark.parametrize(
    "kind",
    [
        Kind("logits"),
        Kind("logits", channels=3),
        Kind("logits_batch_first", image=(120, 40)),
        Kind("logits", channels=3, image=(-1, 32), word=True),
    ],
    ids=str,
)
def test_ddddocr_reads_the_same(tmp_path: Path, kind: Kind) -> None:
    try:
        peer_python("ddddocr16")
    except PeerEnvironmentError as error:
        pytest.skip(str(error))
    names = [name for folder in ("lines", "captchas") for name in fixture_labels(folder)]
    images = [fixture_image(name) for name in names]
    files = [str(tmp_path / f"{place}.npy") for place in range(len(images))]
    for file, image in zip(files, images, strict=True):
        np.save(file, image)
    folder = write_model(tmp_path / "model", kind, random=1)
    (model,) = folder.glob("*.onnx")
    parameters = {"import_onnx_path": str(model), "charsets_path": str(folder / "charsets.json")}
    job = PeerJob("rec", tuple(files), parameters=parameters)
    theirs = [lines[0].text for lines in run_peer("ddddocr16", job, timeout_s=120).images]
    ours = [line.text for line in load(folder).recognize(images)]
    if kind.word:
        # ddddocr 1.6 takes class 0 for a blank, where there is none.
        ours = [text.replace(LETTERS[0], "") for text in ours]
    assert ours == theirs
    assert len(set(theirs)) > 2
