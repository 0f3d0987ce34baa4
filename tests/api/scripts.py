"""Scripts as the other systems' users have them, run with nothing changed but the import."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@dataclass(frozen=True)
class Ran:
    """What a script left: its names, and what it printed."""

    names: dict[str, Any]
    printed: str


def run(script: str, folder: Path, **imports: str) -> Ran:
    """Run a script in a folder, with modules of others replaced: ``paddlex="hubocr"``."""
    for theirs, ours in imports.items():
        old = f"from {theirs.replace('__', '.')} import"
        assert old in script
        script = script.replace(old, f"from {ours} import")
    names: dict[str, Any] = {}
    printed = io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(script, "tutorial.py", "exec"), names)
    finally:
        os.chdir(before)
    return Ran(names, printed.getvalue())


def squeeze(text: str) -> str:
    """The recogniser is free with spaces: compare without them."""
    return "".join(text.split())
