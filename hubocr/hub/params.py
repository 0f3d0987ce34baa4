"""The ``params.py`` in a module's folder."""

from __future__ import annotations

import runpy
from pathlib import Path

from hubocr.errors import SettingsError


def read_params(folder: Path) -> dict[str, object]:
    """Return the parameters of the ``params.py`` in a module's own folder.

    The file is run each time, apart from the import system, so that an edit is always taken up
    and two modules never see each other's.

    Args:
        folder: The module's folder; its ``params.py`` defines ``read_params()``, which returns
            an object with attributes or a dict.

    Raises:
        SettingsError: The file is missing, can't be run or defines no such function.
    """
    path = folder / "params.py"
    if not path.is_file():
        raise SettingsError(f"the module has no {path}")
    try:
        function = runpy.run_path(str(path)).get("read_params")
        if not callable(function):
            raise SettingsError(f"{path} defines no function read_params")
        result = function()
        return dict(result) if isinstance(result, dict) else dict(vars(result))
    except SettingsError:
        raise
    # Whatever a file of somebody else's does, an exit too, is a mistake in that file.
    except (Exception, SystemExit) as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        raise SettingsError(f"{path} can't be run: {line}") from error
