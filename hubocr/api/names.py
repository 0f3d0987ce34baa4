"""PaddleX's names beside ours: options of ``predict`` and models.

Sources: PaddleX 3.7.2, ``paddlex/inference/pipelines/ocr/pipeline.py`` and
``paddlex/configs/pipelines/OCR.yaml``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from hubocr.errors import ModelNotFoundError, SettingsError
from hubocr.models import registry
from hubocr.models.registry import ModelTask
from hubocr.paths import MODELS_FOLDER, resolve_path

logger = logging.getLogger(__name__)

OPTIONS: Mapping[str, str] = {
    "use_doc_orientation_classify": "page_direction",
    "use_textline_orientation": "use_angle_cls",
    "text_det_limit_side_len": "det_limit_side_len",
    "text_det_limit_type": "det_limit_type",
    "text_det_max_side_limit": "det_max_side_limit",
    "text_det_thresh": "det_db_thresh",
    "text_det_box_thresh": "det_db_box_thresh",
    "text_det_unclip_ratio": "det_db_unclip_ratio",
    "text_rec_score_thresh": "drop_score",
    "return_word_box": "rec_word_boxes",
}
"""Our name of each of PaddleX's options; ``use_doc_unwarping`` has none."""

NO_UNWARPING = "there is no model that unwarps pages"

_STAND_INS: Mapping[str, str] = {
    "PP-OCRv6_medium_det": "PP-OCRv6_small_det",
    "PP-OCRv6_medium_rec": "PP-OCRv6_small_rec",
    "PP-OCRv5_server_det": "PP-OCRv5_mobile_det",
    "PP-OCRv5_server_rec": "PP-OCRv5_mobile_rec",
    "PP-OCRv4_server_det": "PP-OCRv4_mobile_det",
    "PP-OCRv4_server_rec": "PP-OCRv4_mobile_rec",
    "PP-OCRv4_server_rec_doc": "PP-OCRv4_mobile_rec",
    "PP-LCNet_x1_0_textline_ori": "ch_ppocr_mobile_v2.0_cls",
    "PP-LCNet_x0_25_textline_ori": "ch_ppocr_mobile_v2.0_cls",
}
"""Models that PaddleX's files name and that the registry can't fetch, and what is taken instead."""


def our_options(values: Mapping[str, object]) -> dict[str, object]:
    """Return PaddleX's options by our names; None, which means the pipeline's own, is left out.

    Raises:
        SettingsError: Unwarping is asked for, of which there is no model.
    """
    found: dict[str, object] = {}
    for name, value in values.items():
        if value is None:
            continue
        if name == "use_doc_unwarping":
            refuse_unwarping(value)
        elif name == "use_doc_orientation_classify":
            found[OPTIONS[name]] = page_direction(name, value)
        else:
            found[OPTIONS[name]] = value
    return found


def in_their_names(error: SettingsError, given: Mapping[str, object]) -> SettingsError:
    """Return an error of an option of a call by the name under which it was given.

    Args:
        error: The error, which speaks of ours: ``predict.drop_score must be ...``.
        given: PaddleX's options; those that are None were not given.
    """
    for theirs, ours in OPTIONS.items():
        where, _, name = error.setting.rpartition(".")
        if name == ours and given.get(theirs) is not None:
            message = error.message.replace(ours, theirs, 1)
            return SettingsError(message, setting=f"{where}.{theirs}".removeprefix("."))
    return error


def page_direction(name: str, value: object) -> str:
    """Return our ``page_direction`` for PaddleX's boolean.

    Raises:
        SettingsError: It is no boolean.
    """
    if not isinstance(value, bool):
        raise SettingsError(f"{name} must be true or false, not {value!r}", setting=name)
    return "auto" if value else "reference"


def refuse_unwarping(value: object) -> None:
    """Raise `SettingsError` where unwarping is asked for."""
    if value:
        raise SettingsError(
            f"use_doc_unwarping: {NO_UNWARPING}; leave it out or say False",
            setting="use_doc_unwarping",
        )


def our_model(name: object, folder: object, task: ModelTask) -> str | None:
    """Return what our ``*_model_dir`` says for PaddleX's ``model_name`` and ``model_dir``.

    A folder wins over a name. A name is that of the registry, or of a folder under ``inference/``
    (``NAME`` or ``NAME_infer``, as PaddleX's archives are called); for one that PaddleX knows and
    that can't be fetched, a smaller model of its family is taken, which is logged.

    Raises:
        SettingsError: They are no texts.
        ModelNotFoundError: There is no such model.
    """
    for key, value in (("model_name", name), ("model_dir", folder)):
        if value is not None and not isinstance(value, str | Path):
            raise SettingsError(f"{key} must be text, not {value!r}", setting=key)
    if folder:
        return str(folder)
    if not name:
        return None
    name = str(name)
    if name in registry():
        return name
    for place in (Path(MODELS_FOLDER, name), Path(MODELS_FOLDER, f"{name}_infer"), Path(name)):
        if resolve_path(place) is not None:
            return str(place)
    if name in _STAND_INS:
        stand_in = _STAND_INS[name]
        logger.warning(
            "%s can't be fetched: %s is used instead (model_dir names another)", name, stand_in
        )
        return stand_in
    known = ", ".join(entry.name for entry in registry().values() if entry.task == task)
    raise ModelNotFoundError(
        f"model {name!r} is neither in the registry ({known}) nor a folder of {MODELS_FOLDER}/"
    )
