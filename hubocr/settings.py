"""Frozen, validated settings of the engines, the stages and the pipeline.

The defaults are the reference's (PaddleOCR 2.10, ``tools/infer`` and ``deploy/hubserving``);
where hubserving's system module differs from its detector alone, the pipeline follows the system
module (``box_thresh`` 0.5, ``unclip_ratio`` 1.6), so that library, CLI and service agree.

Everything here is a value: a call receives its settings and nothing is stored on shared objects.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from hubocr.errors import SettingsError

EngineName = Literal["auto", "openvino", "onnxruntime", "paddle"]
Precision = Literal["fp32", "bf16", "auto"]
Performance = Literal["latency", "throughput"]
LimitType = Literal["max", "min", "resize_long"]
ScoreMode = Literal["fast", "slow"]
BoxType = Literal["quad", "poly"]
Batching = Literal["auto", "single", "padded"]

ENGINE_NAMES: tuple[str, ...] = ("auto", "openvino", "onnxruntime", "paddle")


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise `SettingsError` unless ``value`` is one of ``choices``."""
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise SettingsError(f"{name} must be one of {listed}, not {value!r}")


def check_range(
    name: str, value: object, low: float, high: float, *, integer: bool = False
) -> None:
    """Raise `SettingsError` unless ``value`` is a number with ``low <= value <= high``."""
    kind = "an integer" if integer else "a number"
    allowed = int if integer else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed) or not low <= value <= high:
        raise SettingsError(f"{name} must be {kind} from {low:g} to {high:g}, not {value!r}")


def check_bool(name: str, value: object) -> None:
    """Raise `SettingsError` unless ``value`` is true or false."""
    if not isinstance(value, bool):
        raise SettingsError(f"{name} must be true or false, not {value!r}")


def _check_image_shape(name: str, shape: object) -> None:
    if not isinstance(shape, tuple) or len(shape) != 3 or shape[0] != 3:
        raise SettingsError(f"{name} must be three numbers, 3, height and width, not {shape!r}")
    check_range(f"{name} height", shape[1], 8, 1024, integer=True)
    check_range(f"{name} width", shape[2], 8, 8192, integer=True)


@dataclass(frozen=True)
class EngineSettings:
    """How a model is loaded and run.

    Attributes:
        engine: ``auto`` takes the first that is installed and reads the model, in the order
            OpenVINO, ONNX Runtime, Paddle on a CPU (measured: fastest first) and Paddle,
            ONNX Runtime on a GPU.
        precision: ``fp32`` gives reference-equal results. ``bf16`` is opt-in: about twice as
            fast on processors that have it, but it changes some texts (OpenVINO only).
            ``auto`` is fp32 until a mixed mode is shown to lose nothing.
        cpu_threads: Processor threads for one model; 0 means all that this process may use.
        performance: ``latency`` lets the detector use all threads for one image; ``throughput``
            gives each of several images one thread, which is more work done in all.
        use_gpu: Run on a CUDA device (Paddle or ONNX Runtime builds with CUDA).
        gpu_id: Index of the device among the visible ones.
        gpu_mem: Initial GPU memory pool of Paddle Inference, in MB.
        enable_mkldnn: Let Paddle Inference use oneDNN on a CPU.
    """

    engine: EngineName = "auto"
    precision: Precision = "fp32"
    cpu_threads: int = 0
    performance: Performance = "latency"
    use_gpu: bool = False
    gpu_id: int = 0
    gpu_mem: int = 8000
    enable_mkldnn: bool = True

    def __post_init__(self) -> None:
        check_choice("engine", self.engine, ENGINE_NAMES)
        check_choice("precision", self.precision, ("fp32", "bf16", "auto"))
        check_range("cpu_threads", self.cpu_threads, 0, 1024, integer=True)
        check_choice("performance", self.performance, ("latency", "throughput"))
        check_bool("use_gpu", self.use_gpu)
        check_range("gpu_id", self.gpu_id, 0, 64, integer=True)
        check_range("gpu_mem", self.gpu_mem, 1, 1 << 20, integer=True)
        check_bool("enable_mkldnn", self.enable_mkldnn)

    @property
    def threads(self) -> int:
        """The number of processor threads, with 0 resolved to what this process may use."""
        if self.cpu_threads:
            return self.cpu_threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class DetectionSettings:
    """Options of one call of the text detector (DB).

    Attributes:
        limit_side_len: Side length in pixels that ``limit_type`` refers to.
        limit_type: ``max``: shrink so that the longer side is at most ``limit_side_len``;
            ``min``: enlarge so that the shorter side is at least that; ``resize_long``: make
            the longer side exactly that.
        max_side_limit: After the rule above, the longer side is shrunk to this many pixels.
            It never acts with ``max`` and 960; it bounds the memory of the other two.
        thresh: Probability above which a pixel of the map is text.
        box_thresh: Mean probability below which a box is dropped.
        unclip_ratio: How far a shrunk text kernel is grown: area * ratio / perimeter.
        max_candidates: Contours looked at per image.
        use_dilation: Dilate the binary map with a 2x2 kernel.
        score_mode: ``fast`` averages over the box, ``slow`` over the exact contour.
        box_type: ``quad`` gives four points, ``poly`` a polygon that follows curved text.
    """

    limit_side_len: int = 960
    limit_type: LimitType = "max"
    max_side_limit: int = 4000
    thresh: float = 0.3
    box_thresh: float = 0.6
    unclip_ratio: float = 1.5
    max_candidates: int = 1000
    use_dilation: bool = False
    score_mode: ScoreMode = "fast"
    box_type: BoxType = "quad"

    def __post_init__(self) -> None:
        check_range("det_limit_side_len", self.limit_side_len, 32, 10_000, integer=True)
        check_choice("det_limit_type", self.limit_type, ("max", "min", "resize_long"))
        check_range("det_max_side_limit", self.max_side_limit, 32, 10_000, integer=True)
        check_range("det_db_thresh", self.thresh, 0, 1)
        check_range("det_db_box_thresh", self.box_thresh, 0, 1)
        check_range("det_db_unclip_ratio", self.unclip_ratio, 0.1, 10)
        check_range("det_max_candidates", self.max_candidates, 1, 100_000, integer=True)
        check_bool("use_dilation", self.use_dilation)
        check_choice("det_db_score_mode", self.score_mode, ("fast", "slow"))
        check_choice("det_box_type", self.box_type, ("quad", "poly"))


@dataclass(frozen=True)
class ClassificationSettings:
    """Options of one call of the direction classifier.

    Attributes:
        image_shape: Channels, height and width of the network's input in pixels.
        batch_num: Crops per call of the engine where crops are batched.
        thresh: A crop is turned when it is called "180" with a score above this.
        batching: ``single`` runs each crop alone, ``padded`` in batches, ``auto`` is
            ``single`` on a CPU and ``padded`` on a GPU. Every crop has the same input
            width, so this never changes a result.
    """

    image_shape: tuple[int, int, int] = (3, 48, 192)
    batch_num: int = 30
    thresh: float = 0.9
    batching: Batching = "auto"

    def __post_init__(self) -> None:
        _check_image_shape("cls_image_shape", self.image_shape)
        check_range("cls_batch_num", self.batch_num, 1, 1024, integer=True)
        check_range("cls_thresh", self.thresh, 0, 1)
        check_choice("cls_batching", self.batching, ("auto", "single", "padded"))


@dataclass(frozen=True)
class RecognitionSettings:
    """Options of one call of the recogniser.

    Attributes:
        image_shape: Channels, height and smallest width of the network's input in pixels.
        batch_num: Lines per call of the engine where lines are batched.
        batching: ``padded`` is the reference's way: lines sorted by aspect ratio, batches of
            ``batch_num`` padded to the widest, so that a text may depend on its batch mates.
            ``single`` runs each line alone, so that it never does. ``auto`` is ``single`` on
            a CPU, where a batch gains nothing, and ``padded`` on a GPU.
    """

    image_shape: tuple[int, int, int] = (3, 48, 320)
    batch_num: int = 6
    batching: Batching = "auto"

    def __post_init__(self) -> None:
        _check_image_shape("rec_image_shape", self.image_shape)
        check_range("rec_batch_num", self.batch_num, 1, 1024, integer=True)
        check_choice("rec_batching", self.batching, ("auto", "single", "padded"))


@dataclass(frozen=True)
class OcrOptions:
    """Options of one call of the whole pipeline.

    Attributes:
        detection: Options of the detector, with the system module's thresholds.
        classification: Options of the direction classifier.
        recognition: Options of the recogniser.
        use_angle_cls: Turn upside-down crops before they are read.
        drop_score: Lines read with a lower score are left out.
    """

    detection: DetectionSettings = DetectionSettings(box_thresh=0.5, unclip_ratio=1.6)
    classification: ClassificationSettings = ClassificationSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    use_angle_cls: bool = True
    drop_score: float = 0.5

    def __post_init__(self) -> None:
        check_bool("use_angle_cls", self.use_angle_cls)
        check_range("drop_score", self.drop_score, 0, 1)


@dataclass(frozen=True)
class ModelSettings:
    """Which models to load: a registry name or the path of a folder or ONNX file each.

    Attributes:
        det_model: Text detector.
        cls_model: Direction classifier.
        rec_model: Recogniser.
        rec_char_dict_path: Dictionary of the recogniser, one character a line; None takes it
            from the model (see `hubocr.recognition.charset`).
        use_space_char: Whether a space follows the dictionary's characters.
    """

    det_model: str = "PP-OCRv4_mobile_det"
    cls_model: str = "ch_ppocr_mobile_v2.0_cls"
    rec_model: str = "PP-OCRv4_mobile_rec"
    rec_char_dict_path: str | None = None
    use_space_char: bool = True

    def __post_init__(self) -> None:
        for name in ("det_model", "cls_model", "rec_model"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise SettingsError(f"{name} must be a model's name or path, not {value!r}")
        if self.rec_char_dict_path is not None and not isinstance(self.rec_char_dict_path, str):
            raise SettingsError(
                f"rec_char_dict_path must be a path or null, not {self.rec_char_dict_path!r}"
            )
        check_bool("use_space_char", self.use_space_char)


@dataclass(frozen=True)
class PipelineSettings:
    """Everything that a pipeline needs: models, engine, and the defaults of its calls."""

    models: ModelSettings = field(default_factory=ModelSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    options: OcrOptions = field(default_factory=OcrOptions)
