"""``create_pipeline``."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubocr.api.call_options import document_options
from hubocr.api.config import PipelineConfig, parse_config, read_config
from hubocr.api.device import device_params, engine_params
from hubocr.api.pipeline import DocumentPipeline
from hubocr.api.styles import Style, find_style
from hubocr.documents import DocumentOptions
from hubocr.errors import SettingsError
from hubocr.pipeline import OcrPipeline
from hubocr.services.documents import check_jobs
from hubocr.settings import Effective, PipelineSettings
from hubocr.settings.layers import effective_settings
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS, PIPELINE_PROFILE

logger = logging.getLogger(__name__)

_WITHOUT_EFFECT = ("pp_option", "use_hpip", "enable_hpi", "hpi_config", "hpi_params")
"""PaddleX's arguments that choose its ways to be fast; the fastest engine is taken anyway."""


def create_pipeline(
    pipeline: str | os.PathLike[str] | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    device: str | None = None,
    engine: str | None = None,
    engine_config: Mapping[str, Any] | None = None,
    compat: str | None = None,
    jobs: int = 0,
    **settings: Any,
) -> DocumentPipeline:
    """Load models and return a pipeline whose ``predict`` is a generator of results.

    Args:
        pipeline: ``"OCR"``; ``"ocr"`` for the results of PaddleX 3.0-beta; or a YAML file: an
            OCR.yaml of PaddleX 3.x or 3.0-beta, or our own (a mapping of parameters).
        config: The content of such a file, instead.
        device: ``"cpu"``, ``"gpu"`` or ``"gpu:0"``; None: as the file says, otherwise the CPU.
        engine: ``auto``, ``openvino``, ``onnxruntime``, ``paddle``, or PaddleX's ``paddle_static``
            and ``paddle_dynamic``.
        engine_config: Parameters of the engine, such as ``cpu_threads`` and ``precision``.
        compat: In whose form results come: ``paddlex`` (3.x), ``paddlex-beta``, or
            ``paddlex-draft`` (batches of ``{"result": ...}``); None: as the name or file says.
        jobs: Most pages in work at a time; 0: one more than there are threads.
        **settings: Our parameters by their public names, such as ``rec_model_dir`` or ``profile``,
            and options of documents, such as ``allow_urls``; they win over the file.

    Raises:
        SettingsError: The name is unknown, the file can't be used, or a setting is wrong.
        ModelError: A model is missing.
        EngineError: No engine can run a model.
    """
    found = _config(pipeline, config)
    style = _style(found, compat)
    own = {**_mapping("engine_config", engine_config or {}), **settings}
    check_jobs(jobs)
    effective, documents = configure(
        found, {**device_params(device), **engine_params(engine), **own}, style.defaults
    )
    return DocumentPipeline(OcrPipeline.load(effective.pipeline), effective, documents, style, jobs)


def create_settings(pipeline: str) -> PipelineSettings:
    """Return the settings of what `create_pipeline` makes of a name or file and nothing else."""
    found = _config(pipeline, None)
    return configure(found, {}, _style(found, None).defaults)[0].pipeline


def configure(
    config: PipelineConfig,
    settings: Mapping[str, object],
    defaults: Mapping[str, object] | None = None,
    where: str = "create_pipeline",
) -> tuple[Effective, DocumentOptions]:
    """Return the settings of a pipeline and of its documents; the arguments win over the file.

    Raises:
        SettingsError: A setting is unknown or wrong.
    """
    ignored = [name for name in _WITHOUT_EFFECT if settings.get(name)]
    if ignored:
        logger.warning("%s: without effect: %s", where, ", ".join(ignored))
    settings = {name: v for name, v in settings.items() if name not in _WITHOUT_EFFECT}
    in_file, file_values = document_options(DocumentOptions(recursive=True), config.values, "file")
    documents, values = document_options(in_file, settings, where)
    effective = effective_settings(
        PipelineSettings(),
        {"compat": dict(defaults or {}), "file": file_values, where: values},
        server=PIPELINE_DEFAULTS,
        profile=PIPELINE_PROFILE,
    )
    if "max_pixels" not in settings and "max_pixels" not in config.values:
        documents = replace(documents, max_pixels=effective.max_pixels)
    return effective, documents


def _config(
    pipeline: str | os.PathLike[str] | None, config: Mapping[str, Any] | None
) -> PipelineConfig:
    if config is not None:
        return parse_config(_mapping("config", config))
    if pipeline is None:
        raise SettingsError("create_pipeline needs a name, a YAML file or a config")
    name = os.fspath(pipeline) if isinstance(pipeline, (str, os.PathLike)) else None
    if not isinstance(name, str):
        raise SettingsError(
            f"pipeline must be 'OCR' or the path of a YAML file, not {type(pipeline).__name__}",
            setting="pipeline",
        )
    if name.endswith((".yaml", ".yml")) or _is_file(name):
        return read_config(Path(name))
    if name.upper() != "OCR":
        raise SettingsError(
            f"the pipeline {name!r} doesn't exist: it is 'OCR', 'ocr' (as in PaddleX 3.0-beta) or "
            "the path of a YAML file"
        )
    return PipelineConfig({}, is_beta=name == "ocr")


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long, a null character
        return False


def _mapping(name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        file = "; a YAML file is named by pipeline" if name == "config" else ""
        raise SettingsError(
            f"{name} must be a dict of names and values, not {type(value).__name__}{file}",
            setting=name,
        )
    return value


def _style(config: PipelineConfig, compat: str | None) -> Style:
    return find_style(compat or ("paddlex-beta" if config.is_beta else "paddlex"))
