"""What synthetic lines look like and say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import ClassVar

from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, declared
from hubocr.settings.rule import Checked, setting
from hubocr.synth.styles import STYLES

TEXT_KINDS = ("words", "characters", "numbers", "dates", "codes", "contacts", "corpus")
"""Kinds of text, see `hubocr.synth.texts`."""

_KINDS = ("words=6", "characters=1.5", "numbers=1", "dates=0.5", "codes=1", "contacts=0.3")
_CORPUS = ("corpus=1",)


@dataclass(frozen=True)
class SynthSettings(Checked):
    """What is drawn."""

    title: ClassVar = {"en": "Synthetic lines", "zh": "合成文本行"}

    fonts: tuple[str, ...] = setting(
        (),
        "fonts",
        "font files and folders of fonts; none: the fonts that the system lists",
        "字体文件和字体目录；不给则用系统列出的字体",
        "texts",
        group="text",
    )
    handwriting_fonts: tuple[str, ...] = setting(
        (),
        "handwriting_fonts",
        "fonts of the style handwriting; none: those of the other styles",
        "handwriting 样式所用的字体；不给则与其他样式相同",
        "texts",
        group="text",
    )
    kinds: tuple[str, ...] = setting(
        (),
        "kinds",
        "kinds of text with their weights, such as words=6 numbers=1, out of "
        f"{', '.join(TEXT_KINDS)}; none: {' '.join(_KINDS)}, or the corpus alone where one is "
        "named",
        f"文本种类及其权重，如 words=6 numbers=1，可用：{'、'.join(TEXT_KINDS)}；不给则为 "
        f"{' '.join(_KINDS)}，若给了语料则只用语料",
        "texts",
        group="text",
    )
    corpus: tuple[str, ...] = setting(
        (),
        "corpus",
        "text files whose lines are used, long ones in parts",
        "文本文件，取其各行，长行只取一段",
        "texts",
        group="text",
    )
    words: tuple[str, ...] = setting(
        (),
        "words",
        "word lists, on each line a word and maybe its count; none: jieba's dictionary and the "
        "system's list, where they are installed",
        "词表，每行一个词，可带词频；不给则用已安装的 jieba 词典和系统词表",
        "texts",
        group="text",
    )
    vocabulary: str | None = setting(
        None,
        "vocabulary",
        "dictionary file with the characters that may be drawn, one a line; none: all",
        "字典文件，每行一个允许出现的字符；不给则不限",
        "text",
        optional=True,
        group="text",
    )
    shortest: int = setting(
        1,
        "shortest",
        "fewest characters of a line",
        "一行最少的字符数",
        "integer",
        low=1,
        high=1000,
        group="text",
    )
    longest: int = setting(
        25,
        "longest",
        "most characters of a line",
        "一行最多的字符数",
        "integer",
        low=1,
        high=1000,
        group="text",
    )
    styles: tuple[str, ...] = setting(
        ("document=6", "scene=3", "captcha=0.5"),
        "styles",
        f"styles of images with their weights, out of {', '.join(STYLES)}",
        f"图像样式及其权重，可用：{'、'.join(STYLES)}",
        "texts",
        group="image",
    )
    backgrounds: Path | None = setting(
        None,
        "backgrounds",
        "folder of pictures that backgrounds are cut from",
        "背景图片目录，从中截取背景",
        "path",
        optional=True,
        group="image",
    )
    vertical: float = setting(
        0.0,
        "vertical",
        "share of lines set from top to bottom",
        "竖排文本行所占的比例",
        "number",
        low=0,
        high=1,
        group="image",
    )
    seed: int = setting(
        0,
        "seed",
        "random seed: the same seed draws the same lines",
        "所有随机数的种子：种子相同，所得的行也相同",
        "integer",
        high=2**63 - 1,
        group="image",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a setting that is wrong, or doesn't go with another."""
        super().__post_init__()
        if self.shortest > self.longest:
            raise SettingsError(f"`shortest` is {self.shortest}, more than `longest`")
        if "corpus" in self.kind_weights and not self.corpus:
            raise SettingsError("`kinds` names the corpus, and no `corpus` is given")
        _ = self.style_weights

    @property
    def style_weights(self) -> Mapping[str, float]:
        """Weight of each style."""
        return weights(self.styles, tuple(STYLES), "styles")

    @property
    def kind_weights(self) -> Mapping[str, float]:
        """Weight of each kind of text."""
        chosen = self.kinds or (_CORPUS if self.corpus else _KINDS)
        return weights(chosen, TEXT_KINDS, "kinds")


def weights(texts: Sequence[str], known: Sequence[str], name: str) -> dict[str, float]:
    """Return weights from texts such as ``words=6``; a name alone has the weight 1.

    Args:
        texts: What was given.
        known: The names that there are.
        name: The setting, for messages.

    Raises:
        SettingsError: A name is unknown, or no weight is above 0.
    """
    found = {}
    for text in texts:
        part, _, weight = text.partition("=")
        try:
            found[part] = float(weight or 1)
        except ValueError:
            found[part] = math.nan
        if part not in known or not 0 <= found[part] < math.inf:
            raise SettingsError(
                f"`{name}`: {text!r} is not one of {', '.join(known)}, with = and a weight from 0"
            )
    found = {part: weight for part, weight in found.items() if weight}
    if not found:
        raise SettingsError(f"`{name}` has no weight above 0")
    return found


SYNTH_PARAMS: Params = declared(SynthSettings)
"""Every setting of synthetic lines by its name."""


@dataclass(frozen=True)
class OutputSettings(Checked):
    """Where lines are written, how many, and as what."""

    title: ClassVar = {"en": "Output of synthetic lines", "zh": "合成文本行的输出"}

    out: Path = setting(
        MISSING, "out", "the folder to write", "要写出的目录", "path", group="output"
    )
    count: int = setting(
        1000,
        "count",
        "lines to draw",
        "要生成的行数",
        "integer",
        low=1,
        high=2**40,
        group="output",
    )
    first: int = setting(
        0,
        "first",
        "number of the first line, to add to what an earlier run has drawn",
        "第一行的编号，用于在先前所得之后继续生成",
        "integer",
        high=2**40,
        group="output",
    )
    form: str = setting(
        "files",
        "form",
        "files: images and a label file; lmdb: a database",
        "files：图像和标注文件；lmdb：数据库",
        "choice",
        choices=("files", "lmdb"),
        group="output",
    )
    image: str = setting(
        "jpg",
        "image",
        "format of the images; png keeps every pixel",
        "图像格式；png 无损",
        "choice",
        choices=("jpg", "png"),
        group="output",
    )
    workers: int | None = setting(
        None,
        "workers",
        "processes; none: one a core. The lines don't depend on it",
        "进程数；不给则每个核心一个。结果与进程数无关",
        "integer",
        low=1,
        high=1024,
        optional=True,
        group="output",
    )  # fmt: skip


OUTPUT_PARAMS: Params = declared(OutputSettings)
"""Every setting of the output by its name."""
