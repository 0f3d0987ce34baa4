"""Labelled images of single lines, in any format of `hubocr.evaluation.readers`."""

from __future__ import annotations

from pathlib import Path

from hubocr.evaluation.images import Source, collect
from hubocr.evaluation.readers import open_lines
from hubocr.evaluation.readers.index import LineIndex, Sample, entries

__all__ = ["LineSource", "Sample", "load_source"]

LineSource = Source[Sample]


def load_source(
    path: str | Path,
    *,
    root: Path | None = None,
    ratio: float = 1.0,
    limit: int | None = None,
    progress: bool = False,
    index: LineIndex | None = None,
) -> LineSource:
    """Read the labels of a source, and every image once.

    Args:
        path: A label file, or a file or folder of another format.
        root: The folder that paths are relative to, where it isn't the label file's.
        ratio: See `Source`.
        limit: Take this many images at most, the first ones.
        progress: Show progress on standard error.
        index: Its lines, where they are known already.

    Raises:
        DatasetError: The source isn't there or can't be read, or nothing in it can be used.
        MissingPackageError: It is an lmdb database and lmdb isn't installed.
    """
    if index is None:
        index = open_lines(Path(path).expanduser(), root)
    return collect(str(path), entries(index), ratio=ratio, limit=limit, progress=progress)
