"""The whole: models, engine, what may come in, and the options of the pipeline's calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from hubocr.settings.classification import ClassificationSettings
from hubocr.settings.detection import DetectionSettings
from hubocr.settings.engine import EngineSettings
from hubocr.settings.recognition import RecognitionSettings
from hubocr.settings.rule import TASKS, Checked, Task, setting

DEFAULT_MAX_PIXELS = 50_000_000
"""Largest image that is decoded, in pixels: imgproxy's default of 50 megapixels."""

HIGHEST_MAX_PIXELS = 178_956_970
"""Highest limit that can be set: beyond it Pillow refuses to open a file."""


@dataclass(frozen=True)
class OcrOptions(Checked):
    """Options of one call of the whole pipeline."""

    title: ClassVar = {"en": "The whole pipeline", "zh": "整条流水线"}
    tasks: ClassVar[tuple[Task, ...]] = TASKS

    detection: DetectionSettings = field(
        default=DetectionSettings(box_thresh=0.5, unclip_ratio=1.6)
    )
    classification: ClassificationSettings = field(default=ClassificationSettings())
    recognition: RecognitionSettings = field(default=RecognitionSettings())
    use_angle_cls: bool = setting(
        True,
        "use_angle_cls",
        "turn upside-down crops before they are read",
        "识别前把上下颠倒的图块转正",
        "boolean",
        per_request=True,
        flag="--angle-cls",
    )
    drop_score: float = setting(
        0.5,
        "drop_score",
        "lines read with a lower score are left out",
        "得分更低的文字行不输出",
        "number",
        high=1,
        per_request=True,
    )
    max_lines: int = setting(
        1000,
        "max_lines",
        "lines read in one image; an image with more is refused",
        "一张图最多识别的文字行数；超过的图被拒绝",
        "integer",
        low=1,
        high=100_000,
    )


@dataclass(frozen=True)
class ModelSettings(Checked):
    """Which models to load: a registry name or the path of a folder or ONNX file each."""

    title: ClassVar = {"en": "Models", "zh": "模型"}

    det_model: str = setting(
        "PP-OCRv4_mobile_det",
        "det_model_dir",
        "text detector",
        "文字检测模型",
        "text",
        tasks=("det",),
        flag="--det-model",
    )
    cls_model: str = setting(
        "ch_ppocr_mobile_v2.0_cls",
        "cls_model_dir",
        "direction classifier",
        "方向分类模型",
        "text",
        tasks=("cls",),
        flag="--cls-model",
    )
    rec_model: str = setting(
        "PP-OCRv4_mobile_rec",
        "rec_model_dir",
        "recogniser",
        "文字识别模型",
        "text",
        tasks=("rec",),
        flag="--rec-model",
    )
    rec_char_dict_path: str | None = setting(
        None,
        "rec_char_dict_path",
        "dictionary of the recogniser, one character a line; null takes it from the model",
        "识别模型的字典，每行一个字符；null 取模型自带的",
        "text",
        optional=True,
        tasks=("rec",),
    )
    use_space_char: bool = setting(
        True,
        "use_space_char",
        "a space follows the dictionary's characters",
        "字典字符之后还有一个空格",
        "boolean",
        tasks=("rec",),
    )


@dataclass(frozen=True)
class InputSettings(Checked):
    """What may come in."""

    title: ClassVar = {"en": "Input", "zh": "输入"}

    max_pixels: int = setting(
        DEFAULT_MAX_PIXELS,
        "max_image_pixels",
        "largest width times height of an image",
        "图像宽乘高的上限",
        "integer",
        low=1,
        high=HIGHEST_MAX_PIXELS,
    )


@dataclass(frozen=True)
class PipelineSettings:
    """Everything that a pipeline needs: models, engine, and the defaults of its calls."""

    models: ModelSettings = field(default_factory=ModelSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    options: OcrOptions = field(default_factory=OcrOptions)
    input: InputSettings = field(default_factory=InputSettings)
