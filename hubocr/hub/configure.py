"""The settings of one module, from its layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubocr.hub.params import read_params
from hubocr.services import Service
from hubocr.settings.layers import Effective, effective_settings


def configure(
    service: type[Service[Any]],
    folder: Path | None,
    init_args: Mapping[str, object],
    server: Mapping[str, object] | None = None,
) -> Effective:
    """Return a module's settings: the service's defaults, a profile, ``params.py``, ``init_args``.

    Args:
        service: The service that the module gives.
        folder: The module's folder with its ``params.py``; None where it has none.
        init_args: The parameters in config.json, without those that PaddleHub takes itself.
        server: What the server has modules do that don't say otherwise.

    Raises:
        SettingsError: A parameter or the profile is unknown, or a value is wrong.
    """
    layers = {"params.py": read_params(folder)} if folder is not None else {}
    layers["init_args"] = dict(init_args)
    return effective_settings(service.defaults, layers, service.tasks, server=server)
