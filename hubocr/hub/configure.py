"""The settings of one module, from its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.hub.params import apply_layers, profile_of, read_params
from hubocr.imaging import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from hubocr.profiles import DEFAULT_PROFILE
from hubocr.rules import Rule
from hubocr.services import Service
from hubocr.settings import PipelineSettings

_MAX_PIXELS = Rule(
    "max_image_pixels",
    "largest width times height of an image",
    "integer",
    low=1,
    high=HIGHEST_MAX_PIXELS,
)


@dataclass(frozen=True)
class ModuleSettings:
    """What a module is configured to do.

    Attributes:
        pipeline: Models, engine and default options.
        max_pixels: Largest width times height of an image.
        profile: The profile that the pipeline's settings are built on.
    """

    pipeline: PipelineSettings
    max_pixels: int = DEFAULT_MAX_PIXELS
    profile: str = DEFAULT_PROFILE


def configure(
    service: type[Service[Any]], folder: Path | None, init_args: Mapping[str, object]
) -> ModuleSettings:
    """Return a module's settings: the service's defaults, a profile, ``params.py``, ``init_args``.

    Args:
        service: The service that the module gives.
        folder: The module's folder with its ``params.py``; None where it has none.
        init_args: The parameters in config.json, without those that PaddleHub takes itself.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    remaining = dict(init_args)
    max_pixels = remaining.pop(_MAX_PIXELS.name, DEFAULT_MAX_PIXELS)
    _MAX_PIXELS.check(max_pixels)
    layers = {"params.py": read_params(folder)} if folder is not None else {}
    layers["init_args"] = remaining
    settings = apply_layers(service.defaults, layers, service.tasks)
    return ModuleSettings(settings, int(str(max_pixels)), profile_of(layers))
