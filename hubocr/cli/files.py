"""Files and folders that a command line names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from hubocr.errors import SettingsError
from hubocr.imaging import IMAGE_SUFFIXES


def image_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files among the paths, and the image files in the folders among them by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        else:
            yield path


def make_folder(folder: Path) -> None:
    """Make a folder for results where there is none, and make sure that files can be written there.

    Raises:
        SettingsError: They can't.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: OSError) -> SettingsError:
    """Return the error of results that can't be written."""
    return SettingsError(f"can't write results to {str(path)!r}: {error.strerror or error}")
