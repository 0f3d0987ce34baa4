"""Options of the direction classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hubocr.settings.rule import Checked, Task, setting

Batching = Literal["auto", "single", "padded"]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class ClassificationSettings(Checked):
    """Options of one call of the direction classifier."""

    title: ClassVar = {"en": "Direction classification", "zh": "方向分类"}
    tasks: ClassVar[tuple[Task, ...]] = ("cls",)

    image_shape: Shape = setting(
        (3, 48, 192),
        "cls_image_shape",
        "channels, height and width of the classifier's input in pixels",
        "分类器输入的通道数、高和宽，单位像素",
        "shape",
    )
    batch_num: int = setting(
        30,
        "cls_batch_num",
        "crops in a batch of the classifier",
        "分类器一批的图块数",
        "integer",
        low=1,
        high=1024,
    )
    thresh: float = setting(
        0.9,
        "cls_thresh",
        "a crop is turned when it is called 180 with a score above this",
        "判为 180 且得分高于此值的图块会被翻转",
        "number",
        high=1,
        per_request=True,
    )
    batching: Batching = setting(
        "auto",
        "cls_batching",
        "single runs each crop alone, padded in batches, auto is single on a CPU and padded on a "
        "GPU; all crops have the same input width, so it never changes a result",
        "single 逐个处理图块，padded 成批处理，auto 在 CPU 上为 single、在 GPU 上为 padded；"
        "所有图块输入宽度相同，因此不改变结果",
        "choice",
        choices=("auto", "single", "padded"),
    )
