"""The pipelines that plug-ins read with."""

from __future__ import annotations

import functools

from hubocr.pipeline import OcrPipeline
from hubocr.settings import PipelineSettings
from hubocr.settings.layers import effective_settings
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS, PIPELINE_PROFILE


@functools.cache
def shared_pipeline(scene: str = PIPELINE_PROFILE) -> OcrPipeline:
    """Return the pipeline of a scene; hosts make their plug-ins anew for each document or page.

    Raises:
        SettingsError: There is no such scene.
        ModelError: A model can't be loaded.
    """
    effective = effective_settings(
        PipelineSettings(),
        {"scene": {"profile": scene}},
        server=PIPELINE_DEFAULTS,
        profile=PIPELINE_PROFILE,
    )
    return OcrPipeline.load(effective.pipeline)
