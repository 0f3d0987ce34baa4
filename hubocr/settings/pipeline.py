"""The whole: models, engine, what may come in, and the options of the pipeline's calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hubocr.errors import SettingsError
from hubocr.settings.classification import ClassificationSettings
from hubocr.settings.detection import DetectionSettings
from hubocr.settings.engine import EngineSettings
from hubocr.settings.recognition import RecognitionSettings
from hubocr.settings.rule import TASKS, Checked, Task, setting
from hubocr.settings.scenes import SCENES

DEFAULT_MAX_PIXELS = 50_000_000
"""Largest image that is decoded, in pixels: imgproxy's default of 50 megapixels."""

HIGHEST_MAX_PIXELS = 178_956_970
"""Highest limit that can be set: beyond it Pillow refuses to open a file."""


ReadingOrder = Literal["reference", "rows", "auto"]
PageDirection = Literal["reference", "auto", "upright"]
FrameChoice = Literal["first", "last", "ink", "merged"]


@dataclass(frozen=True)
class ImageSettings(Checked):
    """How the images of one call are decoded."""

    title: ClassVar = {"en": "Images", "zh": "图像"}

    frame: FrameChoice = setting(
        "first",
        "image_frame",
        "which frame of an animation is read: the first, the last, the one on which most is drawn "
        "(ink), or one image that shows what any of them does (merged)",
        "读取动图的哪一帧：first 第一帧，last 最后一帧，ink 笔迹最多的一帧，"
        "merged 把各帧内容合成一幅图",
        "choice",
        choices=("first", "last", "ink", "merged"),
        per_request=True,
    )


@dataclass(frozen=True)
class OcrOptions(Checked):
    """Options of one call of the whole pipeline."""

    title: ClassVar = {"en": "The whole pipeline", "zh": "整条流水线"}
    tasks: ClassVar[tuple[Task, ...]] = TASKS

    image: ImageSettings = field(default=ImageSettings())
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
    reading_order: ReadingOrder = setting(
        "reference",
        "reading_order",
        "reference sorts from top to bottom, and boxes less than 10 pixels apart from left to "
        "right; rows does so relative to the height of the lines, on slightly turned pages too; "
        "auto also reads columns of prose one after the other, and upright columns from right to "
        "left",
        "reference 从上到下排序，相差不到 10 像素的框从左到右；rows 以行高为尺度，略有倾斜的页面"
        "也适用；auto 还会逐栏阅读多栏正文，竖排文字从右到左",
        "choice",
        choices=("reference", "rows", "auto"),
        per_request=True,
    )
    page_direction: PageDirection = setting(
        "reference",
        "page_direction",
        "reference leaves the page as it is and looks at each crop by itself; auto finds pages "
        "that are turned by 90, 180 or 270 degrees and reads them upright, lets short lines follow "
        "the page, and doesn't turn single upright characters; upright reads as auto does, but "
        "takes the page for one that is the right way up, as screenshots are",
        "reference 不转动页面，逐个判断图块方向；auto 找出转了 90、180、270 度的页面并转正识别，"
        "短行随页面方向，单个直立的字符不再转动；upright 与 auto 相同，但认定页面是正的（如截图）",
        "choice",
        choices=("reference", "auto", "upright"),
        per_request=True,
    )
    single_line: bool = setting(
        False,
        "single_line",
        "the image is one line of text, such as a captcha: the whole image and the part where text "
        "was detected are both read, and the result with the higher score is taken",
        "图像只有一行文字（如验证码）：按整图和检测到文字的部分各读一次，取得分较高的结果",
        "boolean",
        per_request=True,
    )
    drop_score: float = setting(
        0.5,
        "drop_score",
        "lines with a lower score are left out",
        "得分更低的文字行不输出",
        "number",
        high=1,
        per_request=True,
    )
    max_lines: int = setting(
        5000,
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
    first_rec_model: str | None = setting(
        None,
        "rec_first_model_dir",
        "a quick recogniser that reads the lines of pages with more than four first; those of "
        "which it isn't sure are read by rec_model_dir (see rec_first_score); null: rec_model_dir "
        "reads all; where rec_model_dir is set without it, it is null",
        "超过四行的页面先由它快速识别，没有把握的行再由 rec_model_dir 识别（见 rec_first_score）；"
        "null 时全部由 rec_model_dir 识别；只设置 rec_model_dir 时为 null",
        "text",
        optional=True,
        tasks=("rec",),
        flag="--first-rec-model",
    )
    page_model: str | None = setting(
        None,
        "doc_orientation_model_dir",
        "classifier of the direction of whole pages, a second opinion for page_direction auto; "
        "null: the lines alone decide",
        "整页方向分类模型，供 page_direction auto 参考；null 时只凭文字行判断",
        "text",
        optional=True,
        tasks=TASKS,
        flag="--page-model",
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
        "append a space to the characters of the dictionary",
        "在字典的字符之后追加一个空格",
        "boolean",
        tasks=("rec",),
    )
    scenes: tuple[str, ...] = setting(
        (),
        "scenes",
        "scenes that requests may name in profile though they need other models; these are loaded "
        "when a request first names the scene",
        "允许请求在 profile 中指定的、需要其他模型的场景；请求首次指定时才加载其模型",
        "texts",
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a wrong field or an unknown scene."""
        super().__post_init__()
        unknown = [name for name in self.scenes if name not in SCENES]
        if unknown:
            raise SettingsError(
                f"scenes: there is no scene {unknown[0]!r}; there are {', '.join(SCENES)}",
                setting="scenes",
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
