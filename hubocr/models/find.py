"""Finding a model by its registry name or path.

A registry name stands for its folder under ``inference/``, in the search order of `hubocr.paths`.
"""

from __future__ import annotations

import logging
from pathlib import Path

from hubocr.errors import ModelNotFoundError
from hubocr.models.files import ModelFiles, inspect_model
from hubocr.models.registry import registry
from hubocr.paths import MODELS_FOLDER, resolve_path, search_roots

logger = logging.getLogger(__name__)


def find_model(model: str | Path) -> ModelFiles:
    """Return the files of a model.

    Args:
        model: A registry name, or the path of a model folder or an ONNX file.

    Raises:
        ModelNotFoundError: It is nowhere; the message lists the places that were looked at and,
            for a released model, the command that fetches it.
    """
    entry = registry().get(str(model))
    path = Path(MODELS_FOLDER) / entry.folder if entry else Path(model)
    found = resolve_path(path)
    if found is not None:
        return inspect_model(found)
    if path.is_absolute():
        places = str(path)
    else:
        places = ", ".join(str(root / path) for root in search_roots())
    released = entry or next((e for e in registry().values() if e.folder == path.name), None)
    hint = f"; run: hubocr models fetch {released.name}" if released else ""
    raise ModelNotFoundError(f"model {str(model)!r} was not found (looked at {places}){hint}")


def optional_model(model: str | None, without: str) -> str | None:
    """Return a model that can be done without, or None where a released one was not fetched.

    Args:
        model: A registry name, a path, or None.
        without: What is so without it, for the warning.

    Raises:
        ModelNotFoundError: It is no released one, and isn't there.
    """
    if model is None:
        return None
    try:
        find_model(model)
    except ModelNotFoundError as error:
        if model not in registry():
            raise
        logger.warning("%s: %s", without, error)
        return None
    return model
