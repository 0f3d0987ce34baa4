"""``PaddleOCR`` of PaddleOCR 3.x, for scripts that come from there.

Source: PaddleOCR 3.7.0, ``paddleocr/_pipelines/{ocr,base}.py`` and ``paddleocr/_common_args.py``.
What it takes and doesn't is listed in ``docs/migrating.md``.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from hubocr.api.config_file import paddlex_config
from hubocr.api.create import create_pipeline
from hubocr.api.names import NO_UNWARPING, our_model, our_options
from hubocr.api.pipeline import DocumentPipeline
from hubocr.api.result import OCRResult
from hubocr.errors import SettingsError
from hubocr.models.registry import ModelTask
from hubocr.settings.yaml_file import dump_tree, read_yaml

logger = logging.getLogger(__name__)

_MODELS: Mapping[str, tuple[str, ModelTask]] = {
    "text_detection": ("det_model_dir", "det"),
    "textline_orientation": ("cls_model_dir", "cls"),
    "text_recognition": ("rec_model_dir", "rec"),
    "doc_orientation_classify": ("doc_orientation_model_dir", "page"),
}
_PARAMETERS = {
    "text_recognition_batch_size": "rec_batch_num",
    "textline_orientation_batch_size": "cls_batch_num",
    "cpu_threads": "cpu_threads",
    "enable_mkldnn": "enable_mkldnn",
}
_OPTIONS = (
    *("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"),
    *("text_det_limit_side_len", "text_det_limit_type", "text_det_thresh"),
    *("text_det_box_thresh", "text_det_unclip_ratio", "text_rec_score_thresh", "return_word_box"),
)
_OLD_NAMES = {
    "det_model_dir": "text_detection_model_dir",
    "det_limit_side_len": "text_det_limit_side_len",
    "det_limit_type": "text_det_limit_type",
    "det_db_thresh": "text_det_thresh",
    "det_db_box_thresh": "text_det_box_thresh",
    "det_db_unclip_ratio": "text_det_unclip_ratio",
    "rec_model_dir": "text_recognition_model_dir",
    "rec_batch_num": "text_recognition_batch_size",
    "use_angle_cls": "use_textline_orientation",
    "cls_model_dir": "textline_orientation_model_dir",
    "cls_batch_num": "textline_orientation_batch_size",
}
"""Names of PaddleOCR 2.x that 3.x takes with a warning."""

_WITHOUT_EFFECT = frozenset(
    {
        *("doc_unwarping_model_name", "doc_unwarping_model_dir", "enable_hpi", "use_tensorrt"),
        *("precision", "mkldnn_cache_capacity", "enable_cinn", "text_det_input_shape"),
        "text_rec_input_shape",
    }
)
_VERSIONS = {
    "PP-OCRv4": "PP-OCRv4_mobile",
    "PP-OCRv5": "PP-OCRv5_mobile",
    "PP-OCRv6": "PP-OCRv6_small",
}
_LANGUAGES = ("ch", "en", "japan", "chinese_cht", "fr", "german", "es", "it", "pt", "la")
"""The languages of the released models that can be fetched; ``la``: Latin letters."""


class PaddleOCR:
    """The pipeline with the names of PaddleOCR 3.x; arguments are keywords.

    Args:
        lang: One of `_LANGUAGES`; others have no model that can be fetched.
        ocr_version: ``PP-OCRv4``, ``PP-OCRv5`` or ``PP-OCRv6``: the mobile or small models of it.
        paddlex_config: A YAML file or dict of PaddleX that the rest lies over.
        device: See `hubocr.create_pipeline`.
        engine: See `hubocr.create_pipeline`.
        **arguments: The constructor's other names: models, options of calls, and those of 2.x.

    Attributes:
        paddlex_pipeline: The pipeline underneath.

    Raises:
        SettingsError: An argument is unknown, given twice or wrong.
        ModelError: A model is missing.
    """

    def __init__(
        self,
        *,
        lang: str | None = None,
        ocr_version: str | None = None,
        paddlex_config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        device: str | None = None,
        engine: str | None = None,
        **arguments: Any,
    ) -> None:
        given = _renamed({name: v for name, v in arguments.items() if v is not None})
        values: dict[str, Any] = _released(lang, ocr_version)
        for name, (ours, task) in _MODELS.items():
            model = our_model(
                given.pop(f"{name}_model_name", None), given.pop(f"{name}_model_dir", None), task
            )
            if model is not None:
                values[ours] = model
        values |= {ours: given.pop(name) for name, ours in _PARAMETERS.items() if name in given}
        values |= our_options({name: given.pop(name) for name in _OPTIONS if name in given})
        unknown = sorted(set(given) - _WITHOUT_EFFECT)
        if unknown:
            raise SettingsError(f"PaddleOCR: unknown argument: {', '.join(unknown)}")
        if given:
            logger.warning("PaddleOCR: without effect: %s", ", ".join(map(_ignored, sorted(given))))
        config = _config(paddlex_config)
        self.paddlex_pipeline: DocumentPipeline = create_pipeline(
            None if config else "OCR", config=config, device=device, engine=engine, **values
        )

    def predict(self, input: Any, **options: Any) -> list[OCRResult]:
        """Return the results of all pages; see `DocumentPipeline.predict`."""
        return list(self.predict_iter(input, **options))

    def predict_iter(self, input: Any, **options: Any) -> Generator[OCRResult, None, None]:
        """Yield the results page by page; see `DocumentPipeline.predict`."""
        return self.paddlex_pipeline.predict(input, **options)

    def ocr(self, img: Any, **options: Any) -> list[OCRResult]:
        """Return what `predict` does, under the name of 2.x."""
        warnings.warn("ocr() is called predict() now", DeprecationWarning, stacklevel=2)
        return self.predict(img, **options)

    def export_paddlex_config_to_yaml(self, yaml_path: str | os.PathLike[str]) -> None:
        """Write the settings as an OCR.yaml of PaddleX 3.x."""
        content = paddlex_config(self.paddlex_pipeline.settings)
        Path(yaml_path).write_text(dump_tree(content), encoding="utf-8")

    def close(self) -> None:
        """End the threads."""
        self.paddlex_pipeline.close()


def _renamed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with the names of 2.x replaced, each with a warning."""
    given = dict(arguments)
    for old, new in _OLD_NAMES.items():
        if old not in given:
            continue
        if new in given:
            raise SettingsError(f"PaddleOCR: {old} and {new} are the same; give one of them")
        warnings.warn(f"{old} is called {new} now", DeprecationWarning, stacklevel=3)
        given[new] = given.pop(old)
    return given


def _released(lang: str | None, version: str | None) -> dict[str, Any]:
    if lang is not None and lang not in _LANGUAGES:
        raise SettingsError(
            f"lang: no released model of {lang!r} can be fetched ({', '.join(_LANGUAGES)}); "
            "name yours in text_recognition_model_dir",
            setting="lang",
        )
    if version is None:
        return {}
    if version not in _VERSIONS:
        raise SettingsError(
            f"ocr_version must be one of {', '.join(_VERSIONS)}, not {version!r}",
            setting="ocr_version",
        )
    family = _VERSIONS[version]
    return {"det_model_dir": f"{family}_det", "rec_model_dir": f"{family}_rec"}


def _config(
    given: str | os.PathLike[str] | Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    if given is None or isinstance(given, Mapping):
        return given
    return None if os.fspath(given) == "OCR" else read_yaml(Path(given))


def _ignored(name: str) -> str:
    return f"{name} ({NO_UNWARPING})" if name.startswith("doc_unwarping") else name
