"""Running the command line as its users do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
ROOT = FIXTURES.parents[1]


def hubocr(
    *arguments: object, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``hubocr`` with arguments, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "hubocr", *map(str, arguments)],
        capture_output=True,
        input=stdin,
        timeout=300,
        check=False,
        cwd=cwd,
        env=None if cwd is None else _found_from_anywhere(),
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def _found_from_anywhere() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}
