"""Frozen, validated settings of the engines, the stages and the pipeline.

Each field is declared once, with its public name, its meaning and its limits; ``params.py``,
``init_args``, a request's options, the command line and the API's self-description all follow
these declarations.

The defaults are the reference's (PaddleOCR 2.10, ``tools/infer`` and ``deploy/hubserving``);
where hubserving's system module differs from its detector alone, the pipeline follows the system
module (``box_thresh`` 0.5, ``unclip_ratio`` 1.6), so that library, CLI and service agree.

Everything here is a value: a call receives its settings and nothing is stored on shared objects.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from hubocr.rules import ANY, Checked, length_limits, setting

EngineName = Literal["auto", "openvino", "onnxruntime", "paddle"]
Precision = Literal["fp32", "bf16", "prefer_bf16", "auto"]
Performance = Literal["latency", "throughput"]
LimitType = Literal["max", "min", "resize_long"]
ScoreMode = Literal["fast", "slow"]
BoxType = Literal["quad", "poly"]
Batching = Literal["auto", "single", "padded"]
Case = Literal["as_is", "lower", "upper"]
Shape = tuple[int, int, int]

ENGINE_NAMES = ("auto", "openvino", "onnxruntime", "paddle")


@dataclass(frozen=True)
class EngineSettings(Checked):
    """How a model is loaded and run."""

    engine: EngineName = setting(
        "auto",
        "engine",
        "inference engine; auto takes the first that is installed and reads the model, of "
        "openvino, onnxruntime, paddle on a CPU (fastest first), of paddle, onnxruntime on a GPU",
        "choice",
        choices=ENGINE_NAMES,
    )
    precision: Precision = setting(
        "fp32",
        "precision",
        "fp32 gives the reference's results; bf16 is up to 1.8 times as fast where the processor "
        "has it (openvino only) but changes some texts; prefer_bf16 is bf16 where the engine and "
        "the processor have it, otherwise fp32; auto is fp32, since no mixture of the two was "
        "found that is faster and changes none",
        "choice",
        choices=("fp32", "bf16", "prefer_bf16", "auto"),
    )
    cpu_threads: int = setting(
        0,
        "cpu_threads",
        "processor threads; 0: all that the process may use",
        "integer",
        high=1024,
    )
    performance: Performance = setting(
        "latency",
        "performance",
        "latency lets the detector use all threads for one image at a time; throughput gives each "
        "of several images one thread, which is more work done in all and takes more memory, and "
        "all threads to an image that is alone",
        "choice",
        choices=("latency", "throughput"),
    )
    use_gpu: bool = setting(
        False, "use_gpu", "run on a CUDA device (a CUDA build of paddle or onnxruntime)", "boolean"
    )
    gpu_id: int = setting(
        0, "gpu_id", "index of the device among the visible ones", "integer", high=64
    )
    gpu_mem: int = setting(
        8000, "gpu_mem", "first GPU memory pool of paddle, in MB", "integer", low=1, high=1 << 20
    )
    enable_mkldnn: bool = setting(
        True, "enable_mkldnn", "let paddle use oneDNN on a CPU", "boolean"
    )

    @property
    def threads(self) -> int:
        """The number of processor threads, with 0 resolved to what this process may use."""
        if self.cpu_threads:
            return self.cpu_threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class DetectionSettings(Checked):
    """Options of one call of the text detector (DB)."""

    limit_side_len: int = setting(
        960,
        "det_limit_side_len",
        "side length in pixels that det_limit_type refers to",
        "integer",
        low=32,
        high=10_000,
        per_request=True,
    )
    limit_type: LimitType = setting(
        "max",
        "det_limit_type",
        "max: shrink so that the longer side is at most det_limit_side_len; min: enlarge so that "
        "the shorter side is at least that; resize_long: make the longer side exactly that",
        "choice",
        choices=("max", "min", "resize_long"),
        per_request=True,
    )
    max_side_limit: int = setting(
        4000,
        "det_max_side_limit",
        "after that, shrink the longer side to this many pixels; it bounds the memory of min and "
        "resize_long and never acts with max and 960",
        "integer",
        low=32,
        high=10_000,
    )
    thresh: float = setting(
        0.3,
        "det_db_thresh",
        "probability above which a pixel of the map is text",
        "number",
        high=1,
        per_request=True,
    )
    box_thresh: float = setting(
        0.6,
        "det_db_box_thresh",
        "mean probability below which a box is dropped",
        "number",
        high=1,
        per_request=True,
    )
    unclip_ratio: float = setting(
        1.5,
        "det_db_unclip_ratio",
        "how far a shrunk text kernel is grown: area * ratio / perimeter",
        "number",
        low=0.1,
        high=10,
        per_request=True,
    )
    max_candidates: int = setting(
        1000,
        "det_max_candidates",
        "contours looked at per image",
        "integer",
        low=1,
        high=100_000,
    )
    use_dilation: bool = setting(
        False,
        "use_dilation",
        "dilate the binary map with a 2x2 kernel",
        "boolean",
        per_request=True,
    )
    score_mode: ScoreMode = setting(
        "fast",
        "det_db_score_mode",
        "fast averages the score over the box, slow over the exact contour",
        "choice",
        choices=("fast", "slow"),
        per_request=True,
    )
    box_type: BoxType = setting(
        "quad",
        "det_box_type",
        "quad gives four points, poly a polygon that follows curved text",
        "choice",
        choices=("quad", "poly"),
        per_request=True,
    )


@dataclass(frozen=True)
class ClassificationSettings(Checked):
    """Options of one call of the direction classifier."""

    image_shape: Shape = setting(
        (3, 48, 192),
        "cls_image_shape",
        "channels, height and width of the classifier's input in pixels",
        "shape",
    )
    batch_num: int = setting(
        30, "cls_batch_num", "crops in a batch of the classifier", "integer", low=1, high=1024
    )
    thresh: float = setting(
        0.9,
        "cls_thresh",
        "a crop is turned when it is called 180 with a score above this",
        "number",
        high=1,
        per_request=True,
    )
    batching: Batching = setting(
        "auto",
        "cls_batching",
        "single runs each crop alone, padded in batches, auto is single on a CPU and padded on a "
        "GPU; all crops have the same input width, so it never changes a result",
        "choice",
        choices=("auto", "single", "padded"),
    )


@dataclass(frozen=True)
class DecodingSettings(Checked):
    """What is known of a text before it is read, and what is wanted besides the text.

    The limits act on the probabilities while the text is searched for, see
    `hubocr.recognition.decoder`.
    """

    charset: str = setting(
        ANY,
        "rec_charset",
        "characters that the text may have: any, or names of sets (digits, lower, upper, letters, "
        "alnum, hex, hanzi, kana, hangul, punctuation, space, ascii), ranges (a-f) and characters, "
        "joined with + (digits+x-z); quotes make a part literal ('+-*/'); a text without a name or "
        "range is literal as a whole",
        "charset",
        per_request=True,
    )
    length: str = setting(
        ANY,
        "rec_length",
        "number of characters that the text has: any, a number (4), or limits (3-6)",
        "length",
        per_request=True,
    )
    case: Case = setting(
        "as_is",
        "rec_case",
        "lower and upper add the probabilities of a letter's two forms up and write that one",
        "choice",
        choices=("as_is", "lower", "upper"),
        per_request=True,
    )
    strip_spaces: bool = setting(
        False,
        "rec_strip_spaces",
        "leave all spaces out of the text, and don't count them in rec_length",
        "boolean",
        per_request=True,
    )
    char_scores: bool = setting(
        False,
        "rec_char_scores",
        "give the probability of every character besides their mean",
        "boolean",
        per_request=True,
    )
    alternatives: int = setting(
        0,
        "rec_alternatives",
        "give this many of the most probable texts with their probabilities, where there are that "
        "many",
        "integer",
        high=50,
        per_request=True,
    )
    beam_width: int = setting(
        16,
        "rec_beam_width",
        "beginnings of a text that the search keeps at a step; it plays no part where nothing is "
        "restricted and no alternatives are wanted",
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
            self.charset != ANY or self.length != ANY or self.case != "as_is" or self.strip_spaces
        )


@dataclass(frozen=True)
class RecognitionSettings(DecodingSettings):
    """Options of one call of the recogniser."""

    image_shape: Shape = setting(
        (3, 48, 320),
        "rec_image_shape",
        "channels, height and smallest width of the recogniser's input in pixels",
        "shape",
    )
    batch_num: int = setting(
        6, "rec_batch_num", "lines in a batch of the recogniser", "integer", low=1, high=1024
    )
    batching: Batching = setting(
        "auto",
        "rec_batching",
        "padded is the reference's way: lines sorted by aspect ratio, batches padded to the "
        "widest, so that a text may depend on its batch mates; single pads no line for another; "
        "auto is single on a CPU, where padding costs more than batches gain, and padded on a GPU",
        "choice",
        choices=("auto", "single", "padded"),
    )


@dataclass(frozen=True)
class OcrOptions(Checked):
    """Options of one call of the whole pipeline."""

    detection: DetectionSettings = DetectionSettings(box_thresh=0.5, unclip_ratio=1.6)
    classification: ClassificationSettings = ClassificationSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    use_angle_cls: bool = setting(
        True,
        "use_angle_cls",
        "turn upside-down crops before they are read",
        "boolean",
        per_request=True,
    )
    drop_score: float = setting(
        0.5,
        "drop_score",
        "lines read with a lower score are left out",
        "number",
        high=1,
        per_request=True,
    )
    max_lines: int = setting(
        1000,
        "max_lines",
        "lines read in one image; an image with more is refused",
        "integer",
        low=1,
        high=100_000,
    )


@dataclass(frozen=True)
class ModelSettings(Checked):
    """Which models to load: a registry name or the path of a folder or ONNX file each."""

    det_model: str = setting("PP-OCRv4_mobile_det", "det_model_dir", "text detector", "text")
    cls_model: str = setting(
        "ch_ppocr_mobile_v2.0_cls", "cls_model_dir", "direction classifier", "text"
    )
    rec_model: str = setting("PP-OCRv4_mobile_rec", "rec_model_dir", "recogniser", "text")
    rec_char_dict_path: str | None = setting(
        None,
        "rec_char_dict_path",
        "dictionary of the recogniser, one character a line; null takes it from the model",
        "text",
        optional=True,
    )
    use_space_char: bool = setting(
        True, "use_space_char", "a space follows the dictionary's characters", "boolean"
    )


@dataclass(frozen=True)
class PipelineSettings:
    """Everything that a pipeline needs: models, engine, and the defaults of its calls."""

    models: ModelSettings = field(default_factory=ModelSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    options: OcrOptions = field(default_factory=OcrOptions)
