"""Image files that a command line names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hubocr.imaging import IMAGE_SUFFIXES


def image_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files among the paths, and the image files in the folders among them by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        else:
            yield path
