"""No engine tells its maker that it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.server.running import ROOT

LOAD = """
import sys
from hubocr.pipeline import OcrPipeline
OcrPipeline.load()
print([name for name in sys.modules if name.startswith("openvino_telemetry")])
"""


def test_loading_models_with_openvino_sends_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "HUBOCR_HOME": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "intel").exists()  # where it keeps the id of its user
