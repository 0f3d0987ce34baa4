"""The completion script, sourced by a real bash."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import hubocr

_COMPLETE = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
"$(complete -p hubocr | sed 's/.*-F \\([^ ]*\\).*/\\1/')" hubocr
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_and_flags(tmp_path: Path) -> None:
    script = tmp_path / "hubocr.bash"
    script.write_text(hubocr("completion", "bash").stdout, encoding="utf-8")

    def completed(words: str) -> set[str]:
        found = subprocess.run(
            ["bash", "-c", _COMPLETE.format(script=script, words=words)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return set(found.stdout.split())

    assert {"predict", "serve", "models", "completion"} <= completed("hubocr ''")
    assert completed("hubocr pre") == {"predict"}
    assert {"--save-path", "--skip-existing"} <= completed("hubocr predict --s")
