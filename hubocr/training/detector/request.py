"""What the training of a detector is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DetectorRequest:
    """What is wanted."""

    data: tuple[str, ...]
    out: Path
    validation: tuple[str, ...] = ()
    ratios: tuple[float, ...] = ()
    root: Path | None = None
    base: str = "PP-OCRv4_mobile_det"
    keep: tuple[str, ...] = ()
    keep_ratio: float = 0.5
    preset: str = "scene"
    crop: int = 480
    epochs: int | None = None
    batch_size: int = 4
    learning_rate: float = 5e-4
    patience: int = 0
    time_limit_min: float = 40.0
    seed: int = 0
    threads: int | None = None
    device: str = "auto"
    precision: str = "auto"
    limit: int | None = None
    resume: bool = False
    progress: bool = False
