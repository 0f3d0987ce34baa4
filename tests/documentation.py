"""The commands and programs of the documentation, found and run as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.server.running import ROOT, Server

README, README_ZH, SERVER_DOC = "README.md", "README_zh.md", "docs/server.md"
HUBSERVING_DOC, CAPTCHAS_DOC = "docs/hubserving.md", "docs/captchas.md"
PREDICT_DOC = "docs/predict.md"
MODELS_DOC, TRAIN_CAPTCHAS_DOC = "docs/models.md", "docs/train_captchas.md"
TRAIN_LINES_DOC = "docs/train_lines.md"

TWINS = tuple(
    (str(path.relative_to(ROOT)), str(twin.relative_to(ROOT)))
    for path in (ROOT / README, *sorted((ROOT / "docs").glob("*.md")))
    if (twin := path.with_name(f"{path.stem}_zh.md")).exists()
)
"""Every page that there is in English and in Chinese."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [content for kind, content in _BLOCK.findall(text) if kind == language]


def block_with(name: str, language: str, part: str) -> str:
    (found,) = (block for block in blocks(name, language) if part in block)
    return found


def shell(command: str, server: Server | None = None, folder: Path = ROOT) -> str:
    """Run a command as a reader would, with this environment's programs first."""
    if server is not None:
        command = command.replace("127.0.0.1:8866", f"127.0.0.1:{server.port}")
    programs = Path(sys.executable).parent
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
