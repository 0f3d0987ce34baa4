"""How other systems order the boxes of a page.

docTR's code itself is run, out of its wheel: its rule is long. RapidOCR's is short and stated here.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import types
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Order = Callable[[Sequence[NDArray[Any]], tuple[int, int]], list[int]]
"""From polygons and the height and width of a page to the order of the polygons."""

_RAPIDOCR_ROW = 10
"""Pixels by which first corners that follow each other in y differ where a row ends (RapidOCR 3.10,
``ch_ppocr_det/main.py``, ``sorted_boxes``)."""


def rapidocr_order(polygons: Sequence[NDArray[Any]], size: tuple[int, int]) -> list[int]:
    """Return RapidOCR 3.10's order: rows by gaps between first corners, in a row by x."""
    if not len(polygons):
        return []
    x, y = (np.array([float(polygon[0][axis]) for polygon in polygons]) for axis in (0, 1))
    by_y = np.argsort(y, kind="stable")
    rows = np.concatenate([[0], np.cumsum(np.diff(y[by_y]) >= _RAPIDOCR_ROW)])
    order: list[int] = by_y[np.lexsort((x[by_y], rows))].tolist()
    return order


def doctr_order(wheel: Path) -> Order:
    """Return docTR's reading order (python-doctr 1.1.0, ``doctr/models/reading_order``).

    The two modules that it consists of are loaded alone, since the package needs torch.

    Args:
        wheel: The wheel, from ``pip download --no-deps python-doctr==1.1.0``.
    """
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        for name in ("doctr", "doctr.utils", "doctr.models", "doctr.models.reading_order"):
            package = types.ModuleType(name)
            package.__path__ = []
            sys.modules[name] = package
        _stub("doctr.utils.repr", NestedObject=object)
        _stub("doctr.utils.common_types", BoundingBox=object, Polygon4P=object)
        _load("doctr.utils.geometry", Path(folder, "doctr/utils/geometry.py"))
        rules = _load(
            "doctr.models.reading_order.base", Path(folder, "doctr/models/reading_order/base.py")
        )

    def order(polygons: Sequence[NDArray[Any]], size: tuple[int, int]) -> list[int]:
        if not len(polygons):
            return []
        scale = np.array([size[1], size[0]], np.float64)
        relative = np.stack([np.asarray(polygon, np.float64) / scale for polygon in polygons])
        found: list[int] = rules.sort_reading_order(
            relative, direction="ltr", page_shape=size, angle_geoms=relative
        )
        return found

    return order


def _stub(name: str, **values: object) -> None:
    module = types.ModuleType(name)
    vars(module).update(values)
    sys.modules[name] = module


def _load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"can't load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
