"""What a training run is asked for, and what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import SettingsError
from hubocr.training.data.augmentation import PRESETS
from hubocr.training.recogniser.charset import AUTO

PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True)
class TrainingRequest:
    """What is wanted.

    Attributes:
        data: Label files or lmdb folders to learn from.
        out: The model folder to write.
        validation: The same to validate on; empty: a tenth of each source is kept aside.
        ratios: Share of each source that an epoch takes; empty: all of all.
        root: The folder that image paths are relative to, where it isn't the label file's.
        base: Registry name or path of the recogniser to start from.
        base_dictionary: Its dictionary file, where it isn't its own.
        scratch: Start from a small network with random weights, not from ``base``.
        charset: See `hubocr.training.charset.choose_charset`.
        preset: A name of `hubocr.training.augmentation.PRESETS`.
        width: Width in pixels to stretch images to; None: as the preset and the data want it.
        epochs: None: as many as make about 1500 steps, and from scratch four thousand.
        batch_size: Images in a batch.
        learning_rate: The highest; None: 0.0005, and from scratch 0.003.
        patience: Evaluations without a better one before the run ends early; 0: never.
        time_limit_min: Minutes after which the run ends; 0: no limit.
        seed: For everything that is drawn.
        threads: Threads of PyTorch; None: as many as it takes by itself.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
        precision: ``auto`` (bf16 where the processor is faster with it), ``fp32`` or ``bf16``.
        limit: Take this many training images of each source at most; None: all.
        resume: Go on from the checkpoint in ``out``.
        progress: Show progress on standard error.
    """

    data: tuple[str, ...]
    out: Path
    validation: tuple[str, ...] = ()
    ratios: tuple[float, ...] = ()
    root: Path | None = None
    base: str = "PP-OCRv6_small_rec"
    base_dictionary: str | None = None
    scratch: bool = False
    charset: str = AUTO
    preset: str = "captcha"
    width: int | None = None
    epochs: int | None = None
    batch_size: int = 32
    learning_rate: float | None = None
    patience: int = 10
    time_limit_min: float = 25.0
    seed: int = 0
    threads: int | None = None
    device: str = "auto"
    precision: str = "auto"
    limit: int | None = None
    resume: bool = False
    progress: bool = False

    def __post_init__(self) -> None:
        checks = {
            "--batch-size has to be at least 1": self.batch_size >= 1,
            "--epochs has to be at least 1": self.epochs is None or self.epochs >= 1,
            "--lr has to be above 0": (
                self.learning_rate is None or 0 < self.learning_rate < math.inf
            ),
            "--patience can't be negative": self.patience >= 0,
            "--time-limit can't be negative": 0 <= self.time_limit_min < math.inf,
            "--threads has to be at least 1": self.threads is None or self.threads >= 1,
            "--base-dict goes with --base, not with --scratch": (
                not self.scratch or self.base_dictionary is None
            ),
            "--limit has to be at least 1": self.limit is None or self.limit >= 1,
            "--seed can't be negative": self.seed >= 0,
            "--width has to be from 16 to 4096": self.width is None or 16 <= self.width <= 4096,
            "--ratio has to be above 0": all(0 < ratio < math.inf for ratio in self.ratios),
            "--ratio is given once for each --data": len(self.ratios) in (0, len(self.data)),
            f"--preset is one of {', '.join(PRESETS)}": self.preset in PRESETS,
        }
        for message, fulfilled in checks.items():
            if not fulfilled:
                raise SettingsError(message)
