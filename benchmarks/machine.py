"""Description of the machine that a measurement ran on.

``python -m benchmarks.machine`` prints it. It holds nothing that tells one machine from another of
its kind: no names, no paths.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    "hubocr",
    "numpy",
    "opencv-python",
    "openvino",
    "onnxruntime",
    "paddlepaddle",
    "paddle2onnx",
    "pyclipper",
)
_INSTRUCTION_SETS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


@dataclass(frozen=True)
class Machine:
    """What a figure depends on besides the code.

    Attributes:
        processor: Model name of the processor.
        cores: Logical cores that this process may use.
        instruction_sets: Those that matter to inference, as Linux names them.
        memory_gib: Memory in GiB; None where the system doesn't tell.
        system: Operating system and architecture.
        python: Version of Python.
        packages: Versions of the packages that do the work; None where one is missing.
    """

    processor: str
    cores: int
    instruction_sets: tuple[str, ...]
    memory_gib: float | None
    system: str
    python: str
    packages: Mapping[str, str | None]

    @property
    def summary(self) -> str:
        """The description in one line."""
        sets = " ".join(self.instruction_sets)
        memory = "" if self.memory_gib is None else f", {self.memory_gib:g} GiB"
        return f"{self.processor}, {self.cores} cores{memory}, {sets}, Python {self.python}"


def describe_machine() -> Machine:
    """Look at this machine and this environment."""
    info = _processor_info()
    flags = set(info.get("flags", "").split())
    return Machine(
        processor=info.get("model name") or platform.processor() or platform.machine(),
        cores=usable_cores(),
        instruction_sets=tuple(name for name in _INSTRUCTION_SETS if name in flags),
        memory_gib=_memory_gib(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={package: _version(package) for package in _PACKAGES},
    )


def usable_cores() -> int:
    """Return the number of logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor_info() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return {}
    first = path.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory_gib() -> float | None:
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the description as JSON."""
    argparse.ArgumentParser(
        prog="python -m benchmarks.machine",
        description="Print the description of this machine that results carry, as JSON.",
    ).parse_args(arguments)
    print(json.dumps(asdict(describe_machine()), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
