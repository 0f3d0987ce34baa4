"""Families of other packages: found by their entry points, and harmless where they are broken."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from hubocr.detection import TextDetector
from hubocr.errors import ModelError, VocabularyError
from hubocr.models import find_model
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings

ONE = EngineSettings(cpu_threads=1)
DET = "PP-OCRv4_mobile_det"
REC = "PP-OCRv4_mobile_rec"

REVERSED = """
import numpy as np
from hubocr.recognition import Vocabulary
from hubocr.recognition.families import LoadedFamily
from hubocr.recognition.families.ppocr import PpOcrFamily, load as load_ppocr

def match(model):
    return (model.files.folder / "reversed.txt").is_file()

class Reversed(PpOcrFamily):
    def probabilities(self, output):
        return super().probabilities(output)[:, ::-1]

def load(model):
    network, _, charset = load_ppocr(model)
    return LoadedFamily(network, Reversed(network, charset), charset)
"""

CORNER = """
import numpy as np
from hubocr.detection.families import LoadedFamily
from hubocr.detection.families.db import DbFamily

def match(model):
    return (model.files.folder / "corner.txt").is_file()

class Corner(DbFamily):
    def polygons(self, output, size, settings, check=None):
        return [(np.array([[0, 0], [size[1], 0], [size[1], size[0]], [0, size[0]]]), 0.5)]

def load(model):
    return LoadedFamily(model.network, Corner(model.network))
"""


def install(folder: Path, group: str, source: str, module: str) -> None:
    """Write a package with one module and an entry point, as pip would."""
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hubocr.{group}]\nmine = {module}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def copied(name: str, folder: Path, marker: str) -> Path:
    shutil.copytree(find_model(name).folder, folder)
    (folder / marker).touch()
    return folder


def test_a_package_adds_a_family_of_recognisers(site: Path, tmp_path: Path) -> None:
    line = np.full((48, 200, 3), 255, np.uint8)
    line[10:38, 20:26] = line[10:38, 60:90] = 0
    usual = TextRecognizer.load(REC, ONE).recognize([line])[0].text
    assert len(usual) > 1 and usual != usual[::-1]
    model = copied(REC, tmp_path / "model", "reversed.txt")
    dictionary = str(model / "ppocr_keys_v1.txt")
    install(site, "recognition_families", REVERSED, "reversed_family")
    found = TextRecognizer.load(model, ONE, dict_path=dictionary).recognize([line])[0]
    assert found.text == usual[::-1]
    # Other models are what they were.
    assert TextRecognizer.load(REC, ONE).recognize([line])[0].text == usual


def test_a_package_adds_a_family_of_detectors(site: Path, tmp_path: Path) -> None:
    model = copied(DET, tmp_path / "model", "corner.txt")
    install(site, "detection_families", CORNER, "corner_family")
    found = TextDetector.load(model, ONE).detect(np.zeros((40, 70, 3), np.uint8))
    assert [polygon.tolist() for polygon in found.polygons] == [
        [[0, 0], [70, 0], [70, 40], [0, 40]]
    ]
    assert TextDetector.load(DET, ONE).detect(np.zeros((40, 70, 3), np.uint8)).scores == ()


BROKEN = {
    "import": ("import no_such_module_at_all", r"can't be loaded: ModuleNotFoundError: .*at_all"),
    "syntax": ("def match(:", r"can't be loaded: SyntaxError"),
    "function": ("def match(model): return True", r"can't be loaded: .* no function load"),
    "match": (
        "def match(model): return 1 / 0\ndef load(model): ...",
        r"failed to look at it: ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_package_harms_nobody_else(
    kind: str, site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, message = BROKEN[kind]
    install(site, "recognition_families", source, f"broken_{kind}")
    install(site, "detection_families", source, f"broken_too_{kind}")
    with caplog.at_level(logging.WARNING):
        TextRecognizer.load(REC, ONE)
        TextDetector.load(DET, ONE)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert f"mine of broken_{kind}-package" in caplog.text
    # A model that nothing else can load may be the broken family's: the error says so.
    folder = tmp_path / "model"
    shutil.copytree(find_model(REC).folder, folder)
    (folder / "ppocr_keys_v1.txt").unlink()
    with pytest.raises(VocabularyError, match=f"has no dictionary.*family mine of .*{message}"):
        TextRecognizer.load(folder, ONE)


def test_a_family_that_matches_and_fails(site: Path) -> None:
    source = "def match(model): return True\ndef load(model): raise KeyError('layer')"
    install(site, "detection_families", source, "failing_family")
    message = r"the family mine of failing_family-package can't load .*: KeyError: 'layer'"
    with pytest.raises(ModelError, match=message):
        TextDetector.load(DET, ONE)
