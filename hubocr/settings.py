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
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from hubocr.errors import SettingsError

EngineName = Literal["auto", "openvino", "onnxruntime", "paddle"]
Precision = Literal["fp32", "bf16", "auto"]
Performance = Literal["latency", "throughput"]
LimitType = Literal["max", "min", "resize_long"]
ScoreMode = Literal["fast", "slow"]
BoxType = Literal["quad", "poly"]
Batching = Literal["auto", "single", "padded"]
Shape = tuple[int, int, int]

Kind = Literal["integer", "number", "boolean", "choice", "text", "shape"]

ENGINE_NAMES = ("auto", "openvino", "onnxruntime", "paddle")


@dataclass(frozen=True)
class Rule:
    """What a setting is called, means and may be.

    Attributes:
        name: The public name, upstream's where upstream has one.
        help: The meaning, in one sentence.
        kind: The type of the value; a ``shape`` is (3, height, width).
        low: Smallest value.
        high: Largest value.
        choices: The values of a ``choice``.
        optional: Whether None is a value.
        per_request: Whether a request may set it.
    """

    name: str
    help: str
    kind: Kind
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    optional: bool = False
    per_request: bool = False

    def check(self, value: object) -> None:
        """Raise `SettingsError`, which names the setting, unless it may have this value."""
        if not self._allows(value):
            raise SettingsError(f"{self.name} must be {self._expectation()}, not {_shown(value)}")

    def _allows(self, value: object) -> bool:
        if value is None:
            return self.optional
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "choice":
            return value in self.choices
        if self.kind == "text":
            return isinstance(value, str) and bool(value)
        if self.kind == "shape":
            return _is_shape(value)
        types = (int,) if self.kind == "integer" else (int, float)
        is_number = isinstance(value, types) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high  # type: ignore[operator]

    def _expectation(self) -> str:
        if self.kind == "boolean":
            return "true or false"
        if self.kind == "choice":
            return f"one of {', '.join(repr(choice) for choice in self.choices)}"
        if self.kind == "text":
            return "a name or path"
        if self.kind == "shape":
            return "three integers: 3, a height from 8 to 1024 and a width from 8 to 8192"
        number = "an integer" if self.kind == "integer" else "a number"
        return f"{number} from {self.low:.12g} to {self.high:.12g}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python won't write integers of more than 4300 digits
        return "a number that long"
    return text if len(text) <= 100 else f"{text[:97]}..."


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 3
        and all(isinstance(size, int) for size in value)
        and value[0] == 3
        and 8 <= value[1] <= 1024
        and 8 <= value[2] <= 8192
    )


def setting(default: object, name: str, help: str, kind: Kind, **limits: Any) -> Any:
    """Declare a field of a settings class; see `Rule` for the arguments."""
    return field(default=default, metadata={"rule": Rule(name, help, kind, **limits)})


def rules(settings: type) -> dict[str, Rule]:
    """Return the rules of a settings class by field."""
    return {f.name: f.metadata["rule"] for f in fields(settings) if "rule" in f.metadata}


class Checked:
    """Base of the settings classes: checks every field when a value is made."""

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        for name, rule in rules(type(self)).items():
            rule.check(getattr(self, name))


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
        "fp32 gives reference-equal results; bf16 is faster on processors that have it but changes "
        "some texts (openvino only); auto is fp32 until a mixed mode is shown to lose nothing",
        "choice",
        choices=("fp32", "bf16", "auto"),
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
        "latency lets the detector use all threads for one image; throughput gives each of several "
        "images one thread, which is more work done in all",
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
class RecognitionSettings(Checked):
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
        "widest, so that a text may depend on its batch mates; single runs each line alone; auto "
        "is single on a CPU, where a batch gains nothing, and padded on a GPU",
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
