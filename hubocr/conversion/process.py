"""Running a converter as a process of its own: such libraries end, or fill, the one they run in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hubocr.errors import EngineError

_TIMEOUT_S = 600


def run_converter(script: str, source: Path, *arguments: str) -> tuple[int, str]:
    """Run a converter to its end.

    Args:
        script: Python source.
        source: The file that is converted, the script's first argument.
        arguments: Its further arguments.

    Returns:
        The exit status, and the last line that the script wrote, on standard error if anything.

    Raises:
        EngineError: It took too long.
    """
    try:
        result = subprocess.run(
            [sys.executable, "-c", script, str(source), *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"converting {source} took over {_TIMEOUT_S} s") from error
    output = (result.stderr or result.stdout).strip().splitlines()
    return result.returncode, output[-1] if output else "no reason given"
