"""What a training run is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import ClassVar

from hubocr.errors import SettingsError
from hubocr.settings.charset import parse_charset
from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import Checked, again, setting
from hubocr.training.recogniser.presets import PRESETS
from hubocr.training.recogniser.vocabulary import ALL, AUTO


@dataclass(frozen=True, kw_only=True)
class TrainerRequest(Checked):
    """What every trainer can be told; each has defaults of its own.

    ``progress`` shows progress on standard error.
    """

    out: Path = setting(
        MISSING, "out", "the model folder to write", "要写出的模型目录", "path", group="model"
    )
    batch_size: int = setting(
        32,
        "batch_size",
        "images in a batch",
        "一批的图像数",
        "integer",
        low=1,
        high=100_000,
        group="training",
    )
    learning_rate: float = setting(
        3e-4,
        "learning_rate",
        "peak learning rate",
        "学习率峰值",
        "number",
        low=1e-9,
        high=100,
        flag="--lr",
        group="training",
    )
    device: str = setting(
        "auto",
        "device",
        "where to train; auto: on CUDA where there is a device",
        "训练设备；auto：有 CUDA 设备则用之",
        "choice",
        choices=("auto", "cpu", "cuda"),
        group="training",
    )
    precision: str = setting(
        "auto",
        "precision",
        "precision of the layers while training; auto: bf16 where the processor is faster with it",
        "训练时各层的精度；auto：处理器用 bf16 更快则用 bf16",
        "choice",
        choices=("auto", "fp32", "bf16"),
        group="training",
    )
    workers: int = setting(
        0,
        "workers",
        "processes that prepare images beside the training; 0: none, the training does it itself",
        "在训练之外准备图像的进程数；0：由训练进程自己准备",
        "integer",
        high=1024,
        group="training",
    )
    resume: bool = setting(
        False,
        "resume",
        "resume from the checkpoint in out",
        "从 out 中的检查点继续训练",
        "boolean",
        group="training",
    )
    progress: bool = False


@dataclass(frozen=True, kw_only=True)
class RunRequest(TrainerRequest):
    """What is wanted of the training of any kind of model on labelled images."""

    data: tuple[str, ...] = setting(
        MISSING,
        "data",
        "label files to train on; for text lines also lmdb folders",
        "训练用的标注文件；文本行也可用 lmdb 目录",
        "texts",
        group="data",
    )
    validation: tuple[str, ...] = setting(
        (),
        "validation",
        "label files to validate on; none: a tenth of each source is held out, a fifth of pages",
        "验证用的标注文件；不给则从每个来源中留出十分之一，整页图像留五分之一",
        "texts",
        flag="--val",
        group="data",
    )
    ratios: tuple[float, ...] = setting(
        (),
        "ratios",
        "fraction of each source used in an epoch, one per source; none: all",
        "每个来源在一轮中所取的比例，逐个来源给出；不给则全部取用",
        "numbers",
        low=1e-6,
        high=1e6,
        flag="--ratio",
        group="data",
    )
    root: Path | None = setting(
        None,
        "root",
        "the folder that image paths are relative to, where it isn't the label file's",
        "图像路径所相对的目录（若不是标注文件所在目录）",
        "path",
        optional=True,
        group="data",
    )
    seed: int = setting(
        0,
        "seed",
        "random seed",
        "所有随机数的种子",
        "integer",
        high=2**63 - 1,
        group="training",
    )
    threads: int | None = setting(
        None,
        "threads",
        "PyTorch threads; none: PyTorch's default",
        "PyTorch 的线程数；不给则用 PyTorch 的默认值",
        "integer",
        low=1,
        high=1024,
        optional=True,
        group="training",
    )
    limit: int | None = setting(
        None,
        "limit",
        "maximum number of training images per source; none: all",
        "每个来源最多取多少张训练图像；不给则全部",
        "integer",
        low=1,
        high=2**63 - 1,
        optional=True,
        group="data",
    )
    epochs: int | None = setting(
        None,
        "epochs",
        "passes over the data; none: enough for about 300 steps",
        "遍历数据的轮数；不给则约 300 步",
        "integer",
        low=1,
        high=1_000_000,
        optional=True,
        group="training",
    )
    patience: int = setting(
        0,
        "patience",
        "evaluations without improvement before early stopping; 0: never",
        "早停：连续多少次评估没有提高就结束；0：从不",
        "integer",
        high=1_000_000,
        group="training",
    )
    time_limit_min: float = setting(
        40.0,
        "time_limit_min",
        "time limit in minutes; the learning rate schedule is shortened to fit; 0: no limit",
        "训练时限，单位分钟，学习率计划随之缩短；0：不限",
        "number",
        high=1_000_000,
        flag="--time-limit",
        group="training",
    )
    keep: tuple[str, ...] = setting(
        (),
        "keep",
        "folders of other, unlabelled images on which the outputs of the base model are preserved",
        "其他图像（无需标注）的目录，在这些图像上保持起点模型的输出",
        "texts",
        group="data",
    )
    keep_ratio: float = setting(
        0.25,
        "keep_ratio",
        "images of keep for each image with labels",
        "每张有标注的图像对应多少张 keep 的图像",
        "number",
        low=0.01,
        high=10,
        group="data",
    )
    interpolation: float = setting(
        1.0,
        "interpolation",
        "share of the trained weights in the published ones, the rest being the base's; below 1 "
        "less of what the base knew is forgotten",
        "发布的权重中训练所得权重的比例，其余为起点模型的权重；小于 1 时更少遗忘起点模型原有的能力",
        "number",
        low=0.01,
        high=1,
        group="training",
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if len(self.ratios) not in (0, len(self.data)):
            raise SettingsError(
                f"{len(self.ratios)} `ratios` are given for {len(self.data)} sources of `data`"
            )


@dataclass(frozen=True, kw_only=True)
class LineRequest(RunRequest):
    """What is wanted of the training of any kind of model on images of lines."""

    stream: str = setting(
        "auto",
        "stream",
        "read images when they are needed, for sets that don't fit into memory; auto: from 50,000 "
        "lines on",
        "需要时才读取图像，用于内存放不下的数据；auto：5 万行以上",
        "choice",
        choices=("auto", "on", "off"),
        group="data",
    )


@dataclass(frozen=True, kw_only=True)
class TrainingRequest(LineRequest):
    """What is wanted of the training of a recogniser."""

    title: ClassVar = {"en": "Training a recogniser", "zh": "训练识别模型"}

    base: str = setting(
        "PP-OCRv6_small_rec",
        "base",
        "name or path of the recogniser to start from",
        "作为起点的识别模型的名称或路径",
        "text",
        group="model",
    )
    base_dictionary: str | None = setting(
        None,
        "base_dictionary",
        "its dictionary file, where it isn't its own",
        "其字典文件（若不用自带的）",
        "text",
        optional=True,
        flag="--base-dict",
        group="model",
    )
    scratch: bool = setting(
        False,
        "scratch",
        "start from a small network with random weights, not from base: faster to serve, needs "
        "more images",
        "从随机权重的小网络开始而不用 base：推理更快，需要更多图像",
        "boolean",
        group="model",
    )
    charset: str = setting(
        AUTO,
        "charset",
        "characters of the model: auto (the labels', for handwriting all), all (the base's and the "
        "labels'), a dictionary file, any (the base's), or sets such as digits+lower",
        "模型的字符：auto（标注中的字符，手写则同 all）、all（起点模型的字符加标注中的字符）、"
        "字典文件、any（起点模型的字符）或集合，如 digits+lower",
        "text",
        group="model",
    )
    preset: str = setting(
        "captcha",
        "preset",
        "kind of image, which selects the data augmentation",
        "图像的种类，决定如何做数据增强",
        "choice",
        choices=tuple(PRESETS),
        group="training",
    )
    width: int | None = setting(
        None,
        "width",
        "width in pixels to stretch images to; none: chosen from the preset and the data",
        "把图像拉伸到的宽度，单位像素；不给则由 preset 和数据决定",
        "integer",
        low=16,
        high=4096,
        optional=True,
        group="model",
    )

    widening: float | None = setting(
        None,
        "widening",
        "factor by which lines that aren't stretched are wider than their aspect ratio says; none: "
        "1.25 for handwriting, else the base's",
        "不拉伸的文本行比其宽高比加宽的倍数；不给则手写为 1.25，其他与起点模型相同",
        "number",
        low=0.25,
        high=4,
        optional=True,
        group="model",
    )
    concatenation: float | None = setting(
        None,
        "concatenation",
        "share of short lines that are joined with another one; none: 0.2 for handwriting, else 0",
        "把短文本行与另一行拼接的比例；不给则手写为 0.2，其他为 0",
        "number",
        low=0,
        high=1,
        optional=True,
        group="training",
    )
    recombination: float | None = setting(
        None,
        "recombination",
        "share of images that are replaced by the left of one and the right of another one of the "
        "same source; none: 0.5 for captchas, else 0; never for images that are streamed",
        "用同一来源中一张图像的左边与另一张的右边拼成新图像的比例；不给则验证码为 0.5，其他为 0；"
        "流式读取的图像不拼",
        "number",
        low=0,
        high=1,
        optional=True,
        group="training",
    )
    epochs: int | None = again(
        RunRequest,
        "epochs",
        None,
        help="passes over the data; none: enough for about 1500 steps, and from scratch 4000",
        zh="遍历数据的轮数；不给则约 1500 步，从零开始则 4000 步",
    )
    learning_rate: float | None = again(  # type: ignore[assignment]
        RunRequest,
        "learning_rate",
        None,
        help="peak learning rate; none: 0.0005, for handwriting 0.00004, from scratch 0.003",
        zh="学习率峰值；不给则 0.0005，手写 0.00004，从零开始 0.003",
        optional=True,
    )
    interpolation: float | None = again(  # type: ignore[assignment]
        RunRequest,
        "interpolation",
        None,
        help="share of the trained weights in the published ones, the rest being the base's; "
        "below 1 less of what the base knew is forgotten; none: 0.5 for handwriting, else 1",
        zh="发布的权重中训练所得权重的比例，其余为起点模型的权重；小于 1 时更少遗忘起点模型原有的"
        "能力；不给则手写为 0.5，其他为 1",
        optional=True,
    )
    patience: int = again(RunRequest, "patience", 10)
    time_limit_min: float = again(RunRequest, "time_limit_min", 25.0)

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if self.scratch and self.keep:
            raise SettingsError("`keep` goes with `base`, not with `scratch`")
        if self.scratch and self.base_dictionary is not None:
            raise SettingsError("`base_dictionary` goes with `base`, not with `scratch`")
        if self.scratch and self.interpolation not in (None, 1):
            raise SettingsError("`interpolation` goes with `base`, not with `scratch`")
        stretched = PRESETS[self.preset].stretched or self.width is not None
        if self.widening is not None and stretched:
            raise SettingsError(
                "`widening` goes with images that keep their shape: with another `preset` and "
                "without `width`"
            )
        if self.recombination and self.stream == "on":
            raise SettingsError("`recombination` doesn't go with `stream`")
        if self.charset not in (AUTO, ALL) and not Path(self.charset).is_file():
            parse_charset(self.charset, "charset")


TRAINING_PARAMS: Params = declared(TrainingRequest)
"""Every setting of the training of a recogniser by its name."""
