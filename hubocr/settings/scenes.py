"""Scenes: for a kind of images the models and options that read it best.

A scene is an entry of `SCENES`: what was tried on the labelled sets, and why these values were
chosen, is in ``benchmarks/RESULTS.md``. Models are loaded when the scene is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hubocr.settings.rule import Language


@dataclass(frozen=True)
class Profile:
    """A named set of settings.

    Attributes:
        help: What it is for, in one sentence.
        zh: The same in Chinese.
        values: Values by public name; a module takes those that it has.
    """

    help: str
    zh: str
    values: Mapping[str, object]

    def text(self, language: Language = "en") -> str:
        """Return what it is for in a language."""
        return self.zh if language == "zh" else self.help


GENERAL = "general"
"""The scene that Python, the command line and the page begin with."""

_GENERAL: Mapping[str, object] = {
    "det_model_dir": "PP-OCRv6_small_det",
    "rec_first_model_dir": "PP-OCRv6_tiny_rec",
    "rec_model_dir": "PP-OCRv6_small_rec",
    "det_limit_type": "auto",
    "page_direction": "auto",
    "doc_orientation_model_dir": "PP-LCNet_x1_0_doc_ori",
    "reading_order": "auto",
    "rec_trim_spaces": True,
}

_SURE: Mapping[str, object] = {**_GENERAL, "rec_first_model_dir": None}
"""Where the quick recogniser is sure of too little to save time, or wrong where it is sure."""

_UPRIGHT: Mapping[str, object] = {
    **{name: value for name, value in _GENERAL.items() if name != "doc_orientation_model_dir"},
    "page_direction": "upright",
    "use_angle_cls": False,
}
"""Nothing is ever turned."""

SCENES: Mapping[str, Profile] = {
    GENERAL: Profile(
        "any image: what reads best on all labelled sets together",
        "任何图像：在全部标注集上总体识别最好",
        _GENERAL,
    ),
    "document": Profile(
        "scanned or photographed pages, forms, receipts, several columns",
        "扫描或拍摄的文档、表单、票据、多栏版面",
        _GENERAL,
    ),
    "screen": Profile(
        "screenshots of computers and phones, long ones too",
        "电脑和手机截图，包括长截图",
        _UPRIGHT,
    ),
    "scene": Profile(
        "photographs of streets, shops and goods, text at any angle",
        "街景、店铺、商品照片，任意角度的文字",
        _SURE,
    ),
    "handwriting": Profile(
        "handwritten lines and pages",
        "手写的文字行和页面",
        _SURE,
    ),
    "plate": Profile(
        "licence plates, on cars or cut out; Chinese ones corrected by their grammar",
        "车牌：整车照片或已裁出的车牌；中国车牌按其格式更正",
        {**_GENERAL, "rec_first_model_dir": "PP-OCRv4_mobile_rec", "rec_grammar": "cn_plate"},
    ),
    "captcha": Profile(
        "captchas: one short line, found in the image, without spaces and full-width forms",
        "验证码：图中的一行短文字，去掉空格和全角形式",
        {
            "det_model_dir": "PP-OCRv6_small_det",
            "rec_first_model_dir": None,
            "rec_model_dir": "PP-OCRv6_small_rec",
            "det_limit_type": "auto",
            "single_line": True,
            "drop_score": 0,
            "rec_strip_spaces": True,
            "rec_nfkc": True,
            "image_frame": "merged",
        },
    ),
    "vertical": Profile(
        "upright Chinese and Japanese columns, read from right to left",
        "竖排中文和日文，从右到左阅读",
        _SURE,
    ),
    "seal": Profile(
        "seals and stamps, the text round their rings as well",
        "印章：包括环绕印章的弧形文字",
        {
            **_UPRIGHT,
            "det_model_dir": "PP-OCRv4_mobile_seal_det",
            "rec_first_model_dir": None,
            "det_box_type": "poly",
            "det_limit_type": "min",
            "det_limit_side_len": 736,
            "det_db_thresh": 0.2,
            "det_db_box_thresh": 0.6,
            "det_db_unclip_ratio": 0.5,
        },
    ),
}
"""Every scene by its name."""
