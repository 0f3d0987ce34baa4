"""The settings of one module, from its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubocr.hub.params import apply_params, read_params
from hubocr.hub.services import Service
from hubocr.imaging import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from hubocr.settings import PipelineSettings, Rule

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
    """

    pipeline: PipelineSettings
    max_pixels: int = DEFAULT_MAX_PIXELS


def configure(
    service: type[Service], folder: Path | None, init_args: Mapping[str, object]
) -> ModuleSettings:
    """Return a module's settings: the service's defaults, ``params.py``, ``init_args``.

    Args:
        service: The service that the module gives.
        folder: The module's folder with its ``params.py``; None where it has none.
        init_args: The parameters in config.json, without those that PaddleHub takes itself.

    Raises:
        SettingsError: A parameter is unknown or its value is wrong.
    """
    remaining = dict(init_args)
    max_pixels = remaining.pop(_MAX_PIXELS.name, DEFAULT_MAX_PIXELS)
    _MAX_PIXELS.check(max_pixels)
    settings = service.defaults
    if folder is not None:
        settings = apply_params(settings, read_params(folder), service.tasks, "params.py")
    settings = apply_params(settings, remaining, service.tasks, "init_args")
    return ModuleSettings(settings, int(str(max_pixels)))
