"""Options of the text detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hubocr.settings.rule import Checked, Task, setting

LimitType = Literal["auto", "max", "min", "resize_long"]
ScoreMode = Literal["fast", "slow"]
BoxType = Literal["quad", "poly"]


@dataclass(frozen=True)
class DetectionSettings(Checked):
    """Options of one call of the text detector (DB)."""

    title: ClassVar = {"en": "Detection", "zh": "检测"}
    tasks: ClassVar[tuple[Task, ...]] = ("det",)

    limit_side_len: int = setting(
        960,
        "det_limit_side_len",
        "side length in pixels that det_limit_type refers to",
        "det_limit_type 所指的边长，单位像素",
        "integer",
        low=32,
        high=10_000,
        per_request=True,
    )
    limit_type: LimitType = setting(
        "max",
        "det_limit_type",
        "max: shrink so that the longer side is at most det_limit_side_len; min: enlarge so that "
        "the shorter side is at least that; resize_long: make the longer side exactly that; auto: "
        "begin as max does, put a margin round small or tightly cut images, enlarge tiny text, and "
        "look again at a finer scale, in overlapping tiles, where the text turns out to be small",
        "max：缩小使长边不超过 det_limit_side_len；min：放大使短边不小于它；"
        "resize_long：使长边恰好等于它；auto：先按 max 处理，为过小或贴边裁切的图加边、放大极小的"
        "文字，若发现文字偏小则以更细的尺度分块（互相重叠）再检测一次",
        "choice",
        choices=("auto", "max", "min", "resize_long"),
        per_request=True,
    )
    max_side_limit: int = setting(
        4000,
        "det_max_side_limit",
        "after that, shrink the longer side to this many pixels; it bounds the memory of min and "
        "resize_long and never acts with max and 960, nor with auto, whose tiles are bounded",
        "之后再把长边缩小到这个像素数；用于限制 min 和 resize_long 的内存，"
        "配合 max 和 960 时不起作用，auto 的分块大小有限，也不受其影响",
        "integer",
        low=32,
        high=10_000,
    )
    max_pixels: int = setting(
        16_000_000,
        "det_max_pixels",
        "largest width times height of the detector's input; an image for which the limits above "
        "make more is refused",
        "检测器输入的宽乘高上限；按上述规则会超过它的图被拒绝",
        "integer",
        low=1024,
        high=100_000_000,
    )
    thresh: float = setting(
        0.3,
        "det_db_thresh",
        "probability above which a pixel of the map is text",
        "概率图中像素高于此值即视为文字",
        "number",
        high=1,
        per_request=True,
    )
    box_thresh: float = setting(
        0.6,
        "det_db_box_thresh",
        "mean probability below which a box is dropped",
        "平均概率低于此值的框被丢弃",
        "number",
        high=1,
        per_request=True,
    )
    unclip_ratio: float = setting(
        1.5,
        "det_db_unclip_ratio",
        "how far a shrunk text kernel is grown: area * ratio / perimeter",
        "收缩的文字核向外扩张的距离：面积 × 比例 ÷ 周长",
        "number",
        low=0.1,
        high=10,
        per_request=True,
    )
    max_candidates: int = setting(
        1000,
        "det_max_candidates",
        "contours examined per image; as in the reference the others are skipped, which is logged; "
        "det_limit_type auto examines all, and refuses an image with more than 100000",
        "每张图最多检查的轮廓数；与参考实现一样，其余的被跳过并记入日志；det_limit_type 为 auto 时"
        "全部检查，超过 100000 个的图被拒绝",
        "integer",
        low=1,
        high=100_000,
    )
    use_dilation: bool = setting(
        False,
        "use_dilation",
        "dilate the binary map with a 2x2 kernel",
        "用 2×2 的核膨胀二值图",
        "boolean",
        per_request=True,
    )
    score_mode: ScoreMode = setting(
        "fast",
        "det_db_score_mode",
        "fast averages the score over the box, slow over the exact contour",
        "fast 在框内求平均得分，slow 在精确轮廓内求",
        "choice",
        choices=("fast", "slow"),
        per_request=True,
    )
    box_type: BoxType = setting(
        "quad",
        "det_box_type",
        "quad gives four points, poly a polygon that follows curved text",
        "quad 给出四个点，poly 给出贴合弯曲文字的多边形",
        "choice",
        choices=("quad", "poly"),
        per_request=True,
    )
