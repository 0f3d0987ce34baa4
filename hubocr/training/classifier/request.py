"""What the training of a direction classifier is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import ClassVar

from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import again, setting
from hubocr.training.data.augmentation import LINE, NONE, Augmentation
from hubocr.training.request import LineRequest, RunRequest

PRESETS: Mapping[str, Augmentation] = {"line": LINE, "none": NONE}
"""Changes that suit a kind of image."""


@dataclass(frozen=True, kw_only=True)
class ClassifierRequest(LineRequest):
    """What is wanted of the training of a direction classifier."""

    title: ClassVar = {"en": "Training a direction classifier", "zh": "训练方向分类模型"}

    data: tuple[str, ...] = again(
        RunRequest,
        "data",
        MISSING,
        help="label files (file TAB direction); with upright also anything that has text lines, "
        "and folders of images",
        zh="标注文件（文件 TAB 方向）；给出 upright 时也可以是任何文本行数据或图像目录",
    )
    base: str = setting(
        "ch_ppocr_mobile_v2.0_cls",
        "base",
        "name or path of the direction classifier of lines or pages to start from",
        "作为起点的（文本行或整页）方向分类模型的名称或路径",
        "text",
        group="model",
    )
    upright: bool = setting(
        False,
        "upright",
        "all images are upright, whatever their labels say",
        "所有图像都是正立的，不看标注内容",
        "boolean",
        group="data",
    )
    epochs: int | None = again(
        RunRequest,
        "epochs",
        None,
        help="passes over the data; none: enough for about 1500 steps, but from 10 to 100",
        zh="遍历数据的轮数；不给则约 1500 步，但在 10 到 100 轮之间",
    )
    preset: str = setting(
        "line",
        "preset",
        "kind of image, which selects the data augmentation",
        "图像的种类，决定如何做数据增强",
        "choice",
        choices=tuple(PRESETS),
        group="training",
    )
    learning_rate: float = again(RunRequest, "learning_rate", 1e-4)
    batch_size: int = again(
        RunRequest,
        "batch_size",
        32,
        help="images in a batch, each in every direction",
        zh="一批的图像数，每张以各个方向各出现一次",
    )


CLASSIFIER_PARAMS: Params = declared(ClassifierRequest)
"""Every setting of the training of a direction classifier by its name."""
