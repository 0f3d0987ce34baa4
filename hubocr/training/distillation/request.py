"""What a distillation is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import ClassVar

from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import again, setting
from hubocr.synth.settings import SynthSettings
from hubocr.training.request import TrainerRequest


@dataclass(frozen=True, kw_only=True)
class DistillationRequest(TrainerRequest):
    """What is wanted; ``synth`` is what is drawn."""

    title: ClassVar = {"en": "Distillation", "zh": "蒸馏"}

    teacher: str = setting(
        MISSING,
        "teacher",
        "name or path of the recogniser to learn from",
        "教师识别模型的名称或路径",
        "text",
        group="model",
    )
    student: str = setting(
        MISSING,
        "student",
        "name or path of the recogniser that learns; it keeps its characters",
        "学生识别模型的名称或路径；字符表不变",
        "text",
        group="model",
    )
    int8: bool = setting(
        False,
        "int8",
        "learn with 8-bit weights and activations, and write an int8 network",
        "以 8 位权重和激活进行训练，并写出 int8 网络",
        "boolean",
        group="model",
    )
    crops: tuple[str, ...] = setting(
        (),
        "crops",
        "folders of pictures of single lines, without labels",
        "单行文本图片的目录，无需标注",
        "texts",
        group="data",
    )
    crop_share: float = setting(
        0.1,
        "crop_share",
        "share of the lines that are such pictures",
        "这类图片所占的比例",
        "number",
        low=0,
        high=1,
        group="data",
    )
    narrow: float = setting(
        0.0,
        "narrow",
        "share of the lines up to 320 pixels wide that the student sees without padding, while the "
        "teacher sees them padded",
        "宽度不超过 320 像素的行中，学生看到的是未填充图像（教师看到的仍有填充）的比例",
        "number",
        low=0,
        high=1,
        group="data",
    )
    label_weight: float = setting(
        0.0,
        "label_weight",
        "weight of the synthetic lines' own labels beside the teacher; 0: the teacher alone counts",
        "合成行自身标注相对于教师的权重；0：只看教师",
        "number",
        low=0,
        high=100,
        group="training",
    )
    steps: int = setting(
        0,
        "steps",
        "steps at most; 0: as many as the time allows, and without a time none, for int8 alone: "
        "ranges are measured and nothing is learnt",
        "最多步数；0：由时间决定；若也未给时间则不训练，仅限 int8：只测量取值范围",
        "integer",
        high=10**9,
        group="training",
    )
    minutes: float = setting(
        0.0,
        "minutes",
        "minutes at most; 0: no limit",
        "最多分钟数；0：不限",
        "number",
        high=1_000_000,
        group="training",
    )
    reuse: int = setting(
        1,
        "reuse",
        "times that each line is used, on average: drawing them may take longer than learning",
        "每行平均使用的次数：生成可能比训练更慢",
        "integer",
        low=1,
        high=1000,
        group="training",
    )
    batch_size: int = again(
        TrainerRequest,
        "batch_size",
        64,
        help="lines of 320 pixels in a step; fewer wider ones",
        zh="每步的行数（按 320 像素宽计，更宽则更少）",
    )
    learning_rate: float = again(TrainerRequest, "learning_rate", 1e-4)
    precision: str = again(
        TrainerRequest,
        "precision",
        "auto",
        help="precision of the layers while training; auto: bf16 on CUDA and where the processor "
        "is faster with it, but fp32 for a student that learns int8",
        zh="训练时各层的精度；auto：CUDA 上以及处理器用 bf16 更快时用 bf16，"
        "学习 int8 的学生用 fp32",
    )
    workers: int = again(
        TrainerRequest,
        "workers",
        0,
        help="processes that draw lines; 0: this one",
        zh="生成文本行的进程数；0：就在本进程中",
    )
    synth: SynthSettings = field(default_factory=SynthSettings)

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if not self.steps and not self.minutes and not self.int8:
            raise SettingsError("`steps` or `minutes` has to be given: nothing else ends the run")


@dataclass(frozen=True)
class DistillationResult:
    """What a run has made.

    Attributes:
        model: The ONNX file.
        steps: Steps done.
        before: Share of lines kept aside in which the student read what the teacher read, before
            the first step.
        after: The same at the end.
    """

    model: Path
    steps: int
    before: float
    after: float


_SYNTH = declared(SynthSettings)
DISTILLATION_PARAMS: Params = {
    name: param for name, param in declared(DistillationRequest).items() if name not in _SYNTH
}
"""The settings of a distillation by name, without those of its synthetic lines."""
