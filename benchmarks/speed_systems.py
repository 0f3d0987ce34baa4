"""Who takes part in the speed benchmark, and with which settings."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.parity import model_folders
from benchmarks.peers.protocol import ModelFolders, Parameter, PeerJob, Task
from hubocr.conversion.to_onnx import onnx_file
from hubocr.errors import ModelError
from hubocr.models import find_model
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings, ModelSettings

OWN = "hubocr"
_SMALL_DET, _SMALL_REC = "PP-OCRv6_small_det", "PP-OCRv6_small_rec"
_TINY_DET, _TINY_REC = "PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"
TASKS: Mapping[str, Task] = {
    "lines": "rec",
    "words": "rec",
    "captchas": "rec",
    "detect": "det",
    "receipts": "system",
    "pipeline": "system",
}
"""The measured tasks, and what each asks of a peer."""

FP32, BF16 = "fp32", "bf16"

_SYSTEM_THRESHOLDS: Mapping[str, Mapping[str, Parameter]] = {
    "paddleocr210": {"det_db_box_thresh": 0.5, "det_db_unclip_ratio": 1.6},
    "paddleocr37": {"box_thresh": 0.5, "unclip_ratio": 1.6},
}


@dataclass(frozen=True)
class Models:
    """Our PP-OCRv4 models as the peers take them.

    Attributes:
        paddle: Paddle programs.
        onnx: Their conversions to ONNX.
        small: PP-OCRv6 small as ONNX files, without a classifier; empty where it isn't fetched.
    """

    paddle: ModelFolders
    onnx: ModelFolders
    small: ModelFolders = field(default_factory=ModelFolders)


@dataclass(frozen=True)
class Contender:
    """A system with settings, one row of a table.

    Attributes:
        system: The system; rows of one system are ways of calling it.
        how: The way.
        peer: A peer of `benchmarks.peers.envs`, or ``hubocr``.
        precision: What it calculates in.
        parameters: What differs from the peer's parameters.
        models: Models, for peers that take any.
        at_once: Whether it gets all images in one call; None: its usual way.
        reference: Whether it is our row of this precision, which the others are compared with.
    """

    system: str
    how: str
    peer: str
    precision: str = FP32
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    models: ModelFolders = field(default_factory=ModelFolders)
    at_once: bool | None = None
    reference: bool = False

    @property
    def name(self) -> str:
        """Title of the row."""
        return f"{self.system}, {self.how}" if self.how else self.system

    def job(self, task: Task, images: tuple[str, ...], threads: int) -> PeerJob:
        """Return the job of this contender."""
        return PeerJob(task, images, self.models, self.parameters, threads, self.at_once)


def local_models() -> Models:
    """Return our models, converting them where that has not been done."""
    models = ModelSettings()
    paddle = model_folders(models)
    det, cls, rec = (
        str(onnx_file(find_model(name)))
        for name in (models.det_model, models.cls_model, models.rec_model)
    )
    return Models(paddle, ModelFolders(det, cls, rec, paddle.dictionary), small_models())


def small_models() -> ModelFolders:
    """Return PP-OCRv6 small's ONNX files and its dictionary, or nothing where they aren't there."""
    try:
        det, rec = (str(onnx_file(find_model(name))) for name in (_SMALL_DET, _SMALL_REC))
        vocabulary = TextRecognizer.load(
            _SMALL_REC, EngineSettings(engine="onnxruntime")
        ).vocabulary
    except ModelError:
        return ModelFolders()
    # A peer takes a file, and the model carries its characters itself.
    characters = vocabulary.characters[:-1]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt", delete=False) as file:
        file.write("".join(f"{character}\n" for character in characters))
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return ModelFolders(det, "", rec, file.name)


def contenders(task: str, models: Models, threads: int, *, has_bf16: bool) -> list[Contender]:
    """Return who takes part in a task.

    Args:
        task: A task of `TASKS`.
        models: Our models.
        threads: Processor threads; our pipeline gets one caller more.
        has_bf16: Whether the processor calculates in bf16; without it nobody does.
    """
    if TASKS[task] == "rec":
        found = [*_own_lines(), *_own_networks(callers=1), *_peer_lines(models)]
        if task == "captchas":
            found.append(Contender("ddddocr 1.6", "one by one", "ddddocr16"))
    else:
        found = [*_own_stream(threads + 1), *_peer_detectors(models)]
        if TASKS[task] == "system":
            found = [
                *map(_named, found),
                *_own_networks(callers=threads + 1),
                *_new_engine(models, {"equal_detector": True}),
                *_own_defaults(models),
            ]
        else:
            found = [_with_system_thresholds(one) for one in found]
    return [one for one in found if has_bf16 or one.precision != BF16]


def _own_lines() -> list[Contender]:
    found = []
    for precision in (FP32, BF16):
        parameters: dict[str, Parameter] = {"precision": precision}
        found += [
            _own("one call", parameters, at_once=True, reference=True),
            _own("one by one", parameters, at_once=False),
            _raw(parameters),
        ]
    return found


def _own_stream(callers: int) -> list[Contender]:
    stream = f"{callers} callers"
    found = []
    for precision in (FP32, BF16):
        own: dict[str, Parameter] = {"precision": precision}
        found += [
            _own(stream, {**own, "callers": callers}, reference=True),
            _own(
                f"throughput, {stream}",
                {**own, "callers": callers, "performance": "throughput"},
            ),
            _own("one caller", own),
            _raw(own),
        ]
    return found


def _own(
    how: str,
    parameters: Mapping[str, Parameter],
    *,
    at_once: bool | None = None,
    reference: bool = False,
) -> Contender:
    precision = str(parameters["precision"])
    return Contender(OWN, how, OWN, precision, parameters, at_once=at_once, reference=reference)


def _own_networks(callers: int) -> list[Contender]:
    """Return ourselves with other networks than PP-OCRv4, and with lines that aren't padded.

    Each with one caller as well, since peers have one.
    """
    small: dict[str, Parameter] = {"det_model_dir": _SMALL_DET, "rec_model_dir": _SMALL_REC}
    tiny: dict[str, Parameter] = {"det_model_dir": _TINY_DET, "rec_model_dir": _TINY_REC}
    plain: dict[str, Parameter] = {"use_angle_cls": False}
    virtual: dict[str, Parameter] = {"rec_virtual_padding": True}
    kinds: dict[str, dict[str, Parameter]] = {
        "v4, virtual padding": virtual,
        "v6 small": {**small, **plain},
        "v6 small, virtual padding": {**small, **plain, **virtual},
        "v6 tiny": {**tiny, **plain},
        "v6 tiny, virtual padding": {**tiny, **plain, **virtual},
    }
    if callers > 1:  # two recognisers in a row read pages alone
        kinds["v4, cascade"] = {"rec_first_model_dir": _TINY_REC, "rec_first_score": 0.95}
    ways = (
        {"": {}} if callers == 1 else {"one caller": {}, f"{callers} callers": {"callers": callers}}
    )
    return [
        Contender(f"hubocr {kind}", how, OWN, precision, {"precision": precision, **own, **way})
        for precision in (FP32, BF16)
        for kind, own in kinds.items()
        for how, way in ways.items()
    ]


def _new_engine(models: Models, parameters: Mapping[str, Parameter]) -> list[Contender]:
    if not models.small.rec:
        return []
    name = "rapidocr-ng v6 small"
    return [Contender(name, "no classifier", "rapidocrng", FP32, parameters, models.small)]


def _raw(parameters: Mapping[str, Parameter]) -> Contender:
    precision = str(parameters["precision"])
    return Contender("raw engine", "", OWN, precision, {**parameters, "raw": True})


def _rapidocr(models: Models) -> list[Contender]:
    openvino: dict[str, Parameter] = {"engine": "openvino"}
    return [
        Contender("RapidOCR 1.4.4 ONNX Runtime", "", "rapidocr144"),
        # OpenVINO takes bf16 by itself where there is bf16, so its default needs no hint.
        Contender(
            "RapidOCR 3.10 v4 OpenVINO (its default)",
            "",
            "rapidocr310",
            BF16,
            openvino,
            models.onnx,
        ),
        Contender(
            "RapidOCR 3.10 v4 OpenVINO",
            "",
            "rapidocr310",
            FP32,
            {**openvino, "precision": FP32},
            models.onnx,
        ),
        Contender(
            "RapidOCR 3.10 v4 ONNX Runtime",
            "",
            "rapidocr310",
            FP32,
            {"engine": "onnxruntime"},
            models.onnx,
        ),
        Contender(
            "RapidOCR 3.10 v6 small ONNX Runtime",
            "",
            "rapidocr310",
            FP32,
            {"engine": "onnxruntime"},
        ),
    ]


def _peer_lines(models: Models) -> list[Contender]:
    # Lists are padded to their widest line, so that the way that is faster depends on the lines.
    peers = [*_rapidocr(models), *_paddleocr(models)]
    return [
        _with(peer, how, at_once=at_once)
        for peer in peers
        for how, at_once in (("one by one", False), ("one call", True))
    ]


def _peer_detectors(models: Models) -> list[Contender]:
    equal: dict[str, Parameter] = {"equal_detector": True}
    return [*(_with(peer, "", equal) for peer in _rapidocr(models)), *_paddleocr(models)]


def _own_defaults(models: Models) -> list[Contender]:
    """Return RapidOCR as it comes; the others' own detector input is the equal one."""
    return [_with(peer, "own detector input") for peer in _rapidocr(models)]


def _named(peer: Contender) -> Contender:
    """Return the contender with what its pipeline leaves out in its name."""
    return replace(peer, how="no classifier") if peer.peer == "paddleocr37" else peer


def _with_system_thresholds(peer: Contender) -> Contender:
    """Return the contender with the pipeline's thresholds, where its detector alone has others.

    The others keep theirs, which are the same.
    """
    parameters = {**peer.parameters, **_SYSTEM_THRESHOLDS.get(peer.peer, {})}
    return replace(peer, parameters=parameters)


def _paddleocr(models: Models) -> list[Contender]:
    return [
        Contender("PaddleOCR 2.10 oneDNN", "", "paddleocr210", FP32, {}, models.paddle),
        Contender("PaddleOCR 3.7 oneDNN", "", "paddleocr37", FP32, {}, models.paddle),
    ]


def _with(
    peer: Contender,
    how: str,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    at_once: bool | None = None,
) -> Contender:
    return Contender(
        peer.system,
        how,
        peer.peer,
        peer.precision,
        {**peer.parameters, **(parameters or {})},
        peer.models,
        at_once,
    )
