"""Options of the recogniser, and what is known of a text before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hubocr.settings.charset import ANY, length_limits
from hubocr.settings.classification import Batching, Shape
from hubocr.settings.rule import Checked, Task, setting

Case = Literal["as_is", "lower", "upper"]
Grammar = Literal["none", "cn_plate"]


@dataclass(frozen=True)
class DecodingSettings(Checked):
    """What is known of a text before it is read, and what is wanted besides the text.

    The limits act on the probabilities while the text is searched for, see
    `hubocr.recognition.decoder`.
    """

    title: ClassVar = {"en": "Recognition", "zh": "识别"}
    tasks: ClassVar[tuple[Task, ...]] = ("rec",)

    charset: str = setting(
        ANY,
        "rec_charset",
        "characters that the text may have: any, or names of sets (digits, lower, upper, letters, "
        "alnum, hex, hanzi, kana, hangul, punctuation, space, ascii), ranges (a-f) and characters, "
        "joined with + (digits+x-z); quotes make a part literal ('+-*/'); a text without a name or "
        "range is literal as a whole",
        "文字可能含有的字符：any，或集合名（digits、lower、upper、letters、alnum、hex、hanzi、"
        "kana、hangul、punctuation、space、ascii）、范围（a-f）和字符，用 + 连接（digits+x-z）；"
        "引号内按字面理解（'+-*/'）；既无集合名也无范围的文本整体按字面理解",
        "charset",
        per_request=True,
    )
    length: str = setting(
        ANY,
        "rec_length",
        "number of characters that the text has: any, a number (4), or limits (3-6)",
        "文字的字符数：any、一个数（4）或上下限（3-6）",
        "length",
        per_request=True,
    )
    case: Case = setting(
        "as_is",
        "rec_case",
        "lower and upper add the probabilities of a letter's two forms up and write that one",
        "lower 和 upper 把字母大小写两种形式的概率相加，并写成该形式",
        "choice",
        choices=("as_is", "lower", "upper"),
        per_request=True,
    )
    strip_spaces: bool = setting(
        False,
        "rec_strip_spaces",
        "leave all spaces out of the text, and don't count them in rec_length",
        "去掉文字中的所有空格，且不计入 rec_length",
        "boolean",
        per_request=True,
    )
    trim_spaces: bool = setting(
        False,
        "rec_trim_spaces",
        "remove leading and trailing spaces, full-width ones too",
        "去掉文字首尾的空格，包括全角空格",
        "boolean",
        per_request=True,
    )
    nfkc: bool = setting(
        False,
        "rec_nfkc",
        "add up the probabilities of a character and its full-width, superscript, circled and "
        "other compatibility forms, and write the plain one (Unicode NFKC)",
        "把字符与其全角、上标、带圈等兼容形式的概率相加，并写成普通形式（Unicode NFKC）",
        "boolean",
        per_request=True,
    )
    grammar: Grammar = setting(
        "none",
        "rec_grammar",
        "cn_plate corrects look-alikes in texts that are Chinese licence plates: an office is a "
        "letter, and serial numbers have neither I nor O; other texts stay as they are",
        "cn_plate 按中国车牌的格式更正形近字符：发牌机关代号是字母，序号中没有 I 和 O；"
        "不是车牌的文字不变",
        "choice",
        choices=("none", "cn_plate"),
        per_request=True,
    )
    answer: bool = setting(
        False,
        "rec_answer",
        "give the result in answer where the text is an arithmetic problem such as 12+18=?, 3x4 or "
        "?-3=4, in digits or in Chinese",
        "文字是 12+18=?、3x4、五加二等于几 之类的算式时，在 answer 中给出结果",
        "boolean",
        per_request=True,
    )
    char_scores: bool = setting(
        False,
        "rec_char_scores",
        "give the probability of every character besides their mean",
        "除平均值外，给出每个字符的概率",
        "boolean",
        per_request=True,
    )
    word_boxes: bool = setting(
        False,
        "rec_word_boxes",
        "give the box and score of every word, and of every character that is written without "
        "spaces, such as Chinese ones",
        "给出每个单词的框和得分；中文等不用空格分隔的文字按字给出",
        "boolean",
        per_request=True,
    )
    alternatives: int = setting(
        0,
        "rec_alternatives",
        "give this many of the most probable texts with their probabilities, where there are that "
        "many",
        "给出最可能的若干个文字及其概率（如果有这么多）",
        "integer",
        high=50,
        per_request=True,
    )
    beam_width: int = setting(
        16,
        "rec_beam_width",
        "prefixes that the beam search keeps at each step; without effect where nothing is "
        "restricted and no alternatives are wanted",
        "集束搜索每一步保留的前缀数；没有任何限制且不需要候选时不起作用",
        "integer",
        low=1,
        high=100,
        per_request=True,
    )

    @property
    def length_limits(self) -> tuple[int, int | None]:
        """The least and the greatest number of characters; None: no limit."""
        return length_limits(self.length) or (0, None)

    @property
    def is_restricted(self) -> bool:
        """Whether anything is known of the text, so that it has to be searched for."""
        return (
            self.charset != ANY
            or self.length != ANY
            or self.case != "as_is"
            or self.strip_spaces
            or self.nfkc
        )

    @property
    def is_search(self) -> bool:
        """Whether texts are searched for among all that the model gives a probability to."""
        return self.is_restricted or self.alternatives > 0


@dataclass(frozen=True)
class RecognitionSettings(DecodingSettings):
    """Options of one call of the recogniser."""

    image_shape: Shape = setting(
        (3, 48, 320),
        "rec_image_shape",
        "channels, height and smallest width of the recogniser's input in pixels",
        "识别器输入的通道数、高和最小宽度，单位像素",
        "shape",
    )
    first_score: float = setting(
        0.985,
        "rec_first_score",
        "lines to whose letters and digits rec_first_model_dir gives at least this probability on "
        "average are not read again, unless other lines of the image show that it lacks the "
        "characters of its script",
        "rec_first_model_dir 识别出的文字和数字平均概率不低于此值时，该行不再重新识别；"
        "若图中其他行表明该模型缺少所用文字的字符，则全部重新识别",
        "number",
        high=1,
        per_request=True,
    )
    batch_num: int = setting(
        6,
        "rec_batch_num",
        "lines in a batch of the recogniser",
        "识别器一批的文字行数",
        "integer",
        low=1,
        high=1024,
    )
    batching: Batching = setting(
        "auto",
        "rec_batching",
        "padded is the reference's way: lines sorted by aspect ratio, batches padded to the "
        "widest, so that a text may depend on the rest of its batch; single pads no line for "
        "another; auto is single on a CPU, where padding costs more than batches gain, and padded "
        "on a GPU",
        "padded 是参考实现的做法：按宽高比排序，整批填充到最宽的一行，因此结果可能受同批其他"
        "行影响；single 不为别的行填充；auto 在 CPU 上为 single（填充的代价大于成批的收益），在 "
        "GPU 上为 padded",
        "choice",
        choices=("auto", "single", "padded"),
    )
