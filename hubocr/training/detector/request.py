"""What the training of a detector is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hubocr.detection.preprocess import STRIDE
from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import again, setting
from hubocr.training.detector.crops import PRESETS
from hubocr.training.request import RunRequest


@dataclass(frozen=True, kw_only=True)
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
    preset: str = setting(
        "scene",
        "preset",
        "kind of image, which selects the data augmentation",
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

    learning_rate: float = again(RunRequest, "learning_rate", 1e-3)
    batch_size: int = again(
        RunRequest, "batch_size", 4, help="crops with labels in a batch", zh="一批中有标注的裁剪数"
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if self.crop % STRIDE:
            raise SettingsError(f"`crop` must be a multiple of {STRIDE}, not {self.crop}")


DETECTOR_PARAMS: Params = declared(DetectorRequest)
"""Every setting of the training of a detector by its name."""
