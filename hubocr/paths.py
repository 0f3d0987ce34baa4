"""Where files lie: the search order of relative paths, and the folders that hubocr writes to.

A relative path is looked for in

1. the folder named by the environment variable ``HUBOCR_HOME``, where it is set,
2. the working folder,
3. the package's data folder: the checkout, where hubocr runs from one, else the user's data
   folder of the platform (on Linux ``~/.local/share/hubocr``),

and the first place where it exists is taken.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "HUBOCR_HOME"
MODELS_FOLDER = "inference"
HUB_MODULES_FOLDER = Path("deploy/hubserving")
"""Where the hub modules are, in the search order."""


def data_folder() -> Path:
    """Return the package's data folder: the checkout hubocr runs from, else the user's."""
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / MODELS_FOLDER).is_dir():
        return checkout
    return Path(platformdirs.user_data_dir("hubocr", appauthor=False))


def cache_folder() -> Path:
    """Return the folder for files that can be made again, such as converted models."""
    return Path(platformdirs.user_cache_dir("hubocr", appauthor=False))


def models_folder() -> Path:
    """Return the folder that models are fetched into: ``inference`` under the home or data folder.

    ``HUBOCR_HOME`` decides where it is set; the working folder is searched but never written to.
    """
    home = os.environ.get(HOME_VARIABLE)
    return (Path(home).expanduser() if home else data_folder()) / MODELS_FOLDER


def search_roots() -> tuple[Path, ...]:
    """Return the folders that relative paths are looked for in, first first, without repeats."""
    home = os.environ.get(HOME_VARIABLE)
    roots = [Path(home).expanduser()] if home else []
    roots += [Path.cwd(), data_folder()]
    return tuple(dict.fromkeys(root.resolve() for root in roots))


def resolve_path(path: str | Path) -> Path | None:
    """Return the place of a file or folder in the search order, or None where it is nowhere."""
    try:
        given = Path(path).expanduser()
    except RuntimeError:  # ~somebody who doesn't exist
        return None
    if given.is_absolute():
        return given if _exists(given) else None
    return next((root / given for root in search_roots() if _exists(root / given)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False
