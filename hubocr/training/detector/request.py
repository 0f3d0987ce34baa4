"""What the training of a detector is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hubocr.detection.preprocess import STRIDE
from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import setting
from hubocr.training.detector.crops import PRESETS
from hubocr.training.request import RunRequest


@dataclass(frozen=True)
class DetectorRequest(RunRequest):
    """What is wanted of the training of a detector."""

    title: ClassVar = {"en": "Training a detector", "zh": "训练检测模型"}

    base: str = setting(
        "PP-OCRv4_mobile_det",
        "base",
        "name or path of the detector to start from",
        "作为起点的检测模型的名称或路径",
        "text",
        group="model",
    )
    keep: tuple[str, ...] = setting(
        (),
        "keep",
        "folders of other images, without labels, on which the base's answers are kept",
        "其他图像（无需标注）的目录，在这些图像上保持起点模型的输出",
        "texts",
        group="data",
    )
    keep_ratio: float = setting(
        0.25,
        "keep_ratio",
        "crops of keep for each crop with labels",
        "每个有标注的裁剪对应多少个 keep 的裁剪",
        "number",
        low=0.01,
        high=10,
        group="data",
    )
    preset: str = setting(
        "scene",
        "preset",
        "kind of image, which decides how images are varied",
        "图像的种类，决定如何做数据增强",
        "choice",
        choices=tuple(PRESETS),
        group="training",
    )
    crop: int = setting(
        480,
        "crop",
        "height and width of the crops in pixels, a multiple of 32",
        "裁剪的高和宽，单位像素，须为 32 的倍数",
        "integer",
        low=64,
        high=960,
        group="training",
    )
    epochs: int | None = setting(
        None,
        "epochs",
        "times that the data is gone through; none: as many as make about 300 steps",
        "遍历数据的轮数；不给则约 300 步",
        "integer",
        low=1,
        high=1_000_000,
        optional=True,
        group="training",
    )
    batch_size: int = setting(
        4,
        "batch_size",
        "crops with labels in a batch",
        "一批中有标注的裁剪数",
        "integer",
        low=1,
        high=100_000,
        group="training",
    )
    learning_rate: float = setting(
        3e-4,
        "learning_rate",
        "the highest learning rate",
        "最高学习率",
        "number",
        low=1e-9,
        high=100,
        flag="--lr",
        group="training",
    )
    patience: int = setting(
        0,
        "patience",
        "evaluations without a better one before the run ends early; 0: never",
        "连续多少次评估没有变好就提前结束；0：从不",
        "integer",
        high=1_000_000,
        group="training",
    )
    time_limit_min: float = setting(
        40.0,
        "time_limit_min",
        "minutes by which the run ends, well rounded off; 0: no limit",
        "训练在多少分钟内收尾结束；0：不限",
        "number",
        high=1_000_000,
        flag="--time-limit",
        group="training",
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if self.crop % STRIDE:
            raise SettingsError(f"`crop` must be a multiple of {STRIDE}, not {self.crop}")


DETECTOR_PARAMS: Params = declared(DetectorRequest)
"""Every setting of the training of a detector by its name."""
