"""``hubocr bench``, run as a user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

RECEIPT = Path(__file__).resolve().parents[1] / "fixtures" / "pages" / "receipt.png"


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hubocr", "bench", *arguments, str(RECEIPT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_parts_add_up_to_the_whole() -> None:
    result = bench("--breakdown", "--rounds", "2")
    assert result.returncode == 0, result.stderr
    shares = {
        part: float(share) / 100
        for share, part in re.findall(r" ms +(-?[\d.]+)%  (.+)$", result.stdout, re.MULTILINE)
    }
    engines = shares.pop("all engines")
    assert abs(sum(shares.values()) - 1) < 0.01
    assert shares["rest"] > -0.005
    assert engines > 0.5
    assert {"decode", "detection.polygons", "recognition.decode"} <= shares.keys()


def test_parameters_and_a_named_profile() -> None:
    result = bench("--rounds", "1", "-o", "profile=fast", "-o", "drop_score=0.6")
    assert result.returncode == 0, result.stderr
    assert str(RECEIPT) in result.stdout
    refused = bench("-o", "profile=slow")
    assert refused.returncode == 1
    assert (
        "--option.profile must be one of 'default', 'fast', 'cascade', 'general'" in refused.stderr
    )
