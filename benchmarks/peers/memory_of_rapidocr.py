"""Resident memory of a RapidOCR that reads pages one by one, printed after each as JSON lines.

Run by the interpreter of a peer's environment; `benchmarks.memory_of_pages` does. It needs nothing
but the package ``rapidocr`` itself, of which RapidOCR 3 and rapidocrlite 5 are two versions.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def resident_mib() -> float:
    """Return the resident memory of this process in MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:", 1)[1].split()[0]) / 1024


def main() -> int:
    """Read the images of a job file one after the other."""
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    engine = importlib.import_module("rapidocr").RapidOCR(params=job["parameters"])
    engine(job["images"][0])  # some load their models at their first use
    print(json.dumps({"mib": resident_mib(), "lines": 0}), flush=True)
    for image in job["images"]:
        answer = engine(image)
        lines = 0 if answer.txts is None else len(answer.txts)
        print(json.dumps({"mib": resident_mib(), "lines": lines}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
