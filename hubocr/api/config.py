"""Pipelines in YAML files and dicts: PaddleX 3.x's, PaddleX 3.0-beta's, and our own.

Which one it is follows from the keys: ``SubModules`` or ``pipeline_name`` at the top is PaddleX
3.x, ``Pipeline`` or ``Global`` 3.0-beta, anything else a mapping of our parameters.

Sources: PaddleX 3.7.2, ``paddlex/configs/pipelines/OCR.yaml``; for 3.0-beta
``paddlex/pipelines/OCR.yaml`` of September to November 2024, whose keys changed between snapshots.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.api.device import device_params, engine_params
from hubocr.api.names import NO_UNWARPING, our_model
from hubocr.errors import ModelNotFoundError, SettingsError
from hubocr.models import find_model
from hubocr.models.registry import ModelTask
from hubocr.settings.yaml_file import read_yaml

logger = logging.getLogger(__name__)

Values = Mapping[str, Any]

_DET, _CLS, _REC = (
    f"SubModules.{name}" for name in ("TextDetection", "TextLineOrientation", "TextRecognition")
)
_PREPROCESSOR = "SubPipelines.DocPreprocessor"
_PAGE = f"{_PREPROCESSOR}.SubModules.DocOrientationClassify"
_UNWARPING = f"{_PREPROCESSOR}.SubModules.DocUnwarping"

_PARAMETERS = {
    f"{_DET}.limit_side_len": "det_limit_side_len",
    f"{_DET}.limit_type": "det_limit_type",
    f"{_DET}.max_side_limit": "det_max_side_limit",
    f"{_DET}.thresh": "det_db_thresh",
    f"{_DET}.box_thresh": "det_db_box_thresh",
    f"{_DET}.unclip_ratio": "det_db_unclip_ratio",
    f"{_CLS}.batch_size": "cls_batch_num",
    f"{_REC}.first_model_dir": "rec_first_model_dir",  # of our own
    f"{_REC}.batch_size": "rec_batch_num",
    f"{_REC}.score_thresh": "drop_score",
    f"{_REC}.return_word_box": "rec_word_boxes",
    "use_textline_orientation": "use_angle_cls",
}
"""Keys of a file of 3.x, and our parameters."""

_MODELS: Mapping[str, tuple[str, ModelTask]] = {
    _DET: ("det_model_dir", "det"),
    _CLS: ("cls_model_dir", "cls"),
    _REC: ("rec_model_dir", "rec"),
    _PAGE: ("doc_orientation_model_dir", "page"),
}
"""Sections of a file of 3.x with a model, and our parameter for it."""

_KNOWN = {
    *("pipeline_name", "text_type", "engine", "use_doc_preprocessor"),
    *(f"{section}.{key}" for section in _MODELS for key in ("module_name", "model_name")),
    *(f"{section}.model_dir" for section in _MODELS),
    *(f"{_UNWARPING}.{key}" for key in ("module_name", "model_name", "model_dir")),
    *(f"{_PREPROCESSOR}.{key}" for key in ("pipeline_name", "use_doc_unwarping")),
    f"{_PREPROCESSOR}.use_doc_orientation_classify",
    f"{_PREPROCESSOR}.batch_size",
    f"{_PAGE}.batch_size",
    "batch_size",  # images; how many are in work follows from the threads
}
"""Keys of a file of 3.x that are read in another way, or that describe the file itself."""

_BETA_PARAMETERS = {
    "det_model": "det_model_dir",
    "text_det_model": "det_model_dir",
    "rec_model": "rec_model_dir",
    "text_rec_model": "rec_model_dir",
    "first_rec_model": "rec_first_model_dir",  # of our own
    "rec_batch_size": "rec_batch_num",
    "text_rec_batch_size": "rec_batch_num",
    "batch_size": "rec_batch_num",
}
"""Keys of ``Pipeline`` in a file of 3.0-beta, and our parameters."""

_BETA_DEVICES = ("device", "det_device", "rec_device")


@dataclass(frozen=True)
class PipelineConfig:
    """What a file or dict says.

    Attributes:
        values: Our parameters by their public names.
        is_beta: Whether it has the form of PaddleX 3.0-beta.
        input: The input that a file of 3.0-beta may name.
        unknown: Its keys that have no effect here, such as ``SubModules.TextDetection.engine``.
    """

    values: Mapping[str, object]
    is_beta: bool = False
    input: str | None = None
    unknown: tuple[str, ...] = ()


def read_config(path: Path) -> PipelineConfig:
    """Return what a YAML file says; keys that have no effect here are named in a warning.

    Raises:
        SettingsError: It can't be read, or says something that can't be done.
        ModelNotFoundError: It names a model that is nowhere.
    """
    return parse_config(read_yaml(path), str(path))


def parse_config(content: Values, where: str = "config") -> PipelineConfig:
    """Return what a dict says; see `read_config`."""
    if "SubModules" in content or "pipeline_name" in content:
        config = _paddlex(dict(_leaves(content)), where)
    elif "Pipeline" in content or "Global" in content:
        config = _beta(content, where)
    else:
        return PipelineConfig(dict(content))
    if config.unknown:
        logger.warning("%s: without effect: %s", where, ", ".join(config.unknown))
    return config


def _leaves(content: Values, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _paddlex(leaves: Values, where: str) -> PipelineConfig:
    _require(leaves, "pipeline_name", "OCR", where)
    _require(leaves, "text_type", "general", where, ": curved text of seals is not read")
    values: dict[str, object] = {
        ours: leaves[key] for key, ours in _PARAMETERS.items() if leaves.get(key) is not None
    }
    for section, (ours, task) in _MODELS.items():
        if section == _PAGE and not _turns_pages(leaves):
            continue
        model = our_model(
            leaves.get(f"{section}.model_name"), leaves.get(f"{section}.model_dir"), task
        )
        if model is not None and (section != _PAGE or _is_there(model)):
            values[ours] = model
    values["page_direction"] = "auto" if _turns_pages(leaves) else "reference"
    values |= engine_params(leaves.get("engine"))
    unknown = [key for key in leaves if key not in _KNOWN and key not in _PARAMETERS]
    if _uses(leaves, "use_doc_unwarping"):
        unknown.append(f"{_PREPROCESSOR}.use_doc_unwarping ({NO_UNWARPING})")
    return PipelineConfig(values, unknown=tuple(unknown))


def _is_there(model: str) -> bool:
    """Say whether the model of pages is there; the lines alone tell how a page is turned, too."""
    try:
        find_model(model)
    except ModelNotFoundError as error:
        logger.warning("the direction of pages is told from their lines alone: %s", error.message)
        return False
    return True


def _turns_pages(leaves: Values) -> bool:
    return _uses(leaves, "use_doc_orientation_classify")


def _uses(leaves: Values, step: str) -> bool:
    """Say whether a step of the preprocessor is on."""
    return bool(leaves.get("use_doc_preprocessor") and leaves.get(f"{_PREPROCESSOR}.{step}"))


def _require(leaves: Values, key: str, only: str, where: str, reason: str = "") -> None:
    value = leaves.get(key, only)
    if value != only:
        raise SettingsError(f"{where}: {key} must be {only!r}, not {value!r}{reason}")


def _beta(content: Values, where: str) -> PipelineConfig:
    top = _mapping(content, "Global", where)
    pipeline = _mapping(content, "Pipeline", where)
    name = str(top.get("pipeline_name", "OCR"))
    if name.upper() != "OCR":
        raise SettingsError(f"{where}: Global.pipeline_name must be 'OCR', not {name!r}")
    values: dict[str, object] = {}
    for key, ours in _BETA_PARAMETERS.items():
        value = pipeline.get(key)
        if value is None:
            continue
        task = ours.removesuffix("_model_dir")
        values[ours] = our_model(value, None, task) if task in ("det", "rec") else value  # type: ignore[arg-type]
    devices = {key: pipeline[key] for key in _BETA_DEVICES if pipeline.get(key) is not None}
    if len(set(map(repr, devices.values()))) > 1:
        listed = ", ".join(f"{key} {value}" for key, value in devices.items())
        raise SettingsError(f"{where}: all models run on one device, not {listed}")
    for device in devices.values():
        values |= device_params(device)
    known = {*_BETA_PARAMETERS, *_BETA_DEVICES}
    unknown = [
        *(key for key in content if key not in ("Global", "Pipeline")),
        *(f"Global.{key}" for key in top if key not in ("pipeline_name", "input")),
        *(f"Pipeline.{key}" for key in pipeline if key not in known),
    ]
    given = top.get("input")
    return PipelineConfig(values, True, None if given is None else str(given), tuple(unknown))


def _mapping(content: Values, key: str, where: str) -> Values:
    value = content.get(key) or {}
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where}: {key} must be a mapping, not {value!r}")
    return value
