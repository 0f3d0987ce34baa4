from __future__ import annotations

import importlib
import pkgutil
import re
from typing import NamedTuple

import pytest

import hubocr
from hubocr import errors
from hubocr.errors import HubocrError, ImageError, ImageTooLargeError, TooManyLinesError

TREE_LINE = re.compile(r'^ {4}(?P<indent>[|+\- ]*)(?P<name>\w+Error)(?: +(\d{3}) +"(\d+)")?')


class Row(NamedTuple):
    """A line of the documented tree; a line without codes has its parent's."""

    parent: str | None
    http_status: int
    hub_status: str


def documented() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := TREE_LINE.match(line):
            _, name, http, hub = match.groups()
            del path[len(match["indent"]) // 4 :]
            parent = path[-1] if path else None
            if http:
                rows[name] = Row(parent, int(http), hub)
            else:
                assert parent is not None
                rows[name] = Row(parent, rows[parent].http_status, rows[parent].hub_status)
            path.append(name)
    return rows


_EXTRAS = ("torch", "onnx", "docling", "langchain_core", "ocrmypdf", "ray")
"""Libraries of extras, without which parts of hubocr.training, cluster and integrations can't be
imported."""


def all_errors() -> list[type[HubocrError]]:
    """Every error class of the package but the server's own, which its own module describes."""
    for module in pkgutil.walk_packages(hubocr.__path__, "hubocr."):
        if module.name.startswith(("hubocr.server", "hubocr.cli", "hubocr.__main__")):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRAS:
                raise
    found, left = [], [HubocrError]
    while left:
        cls = left.pop()
        left += cls.__subclasses__()
        if cls.__module__.startswith("hubocr.") and not cls.__module__.startswith("hubocr.server"):
            found.append(cls)
    return found


def test_the_documented_tree_is_the_real_one() -> None:
    real = {
        cls.__name__: Row(
            None if cls is HubocrError else cls.__bases__[0].__name__,
            cls.http_status,
            cls.hub_status,
        )
        for cls in all_errors()
    }
    assert real == documented()


def test_all_errors_are_exported() -> None:
    assert sorted(errors.__all__) == sorted(documented())


@pytest.mark.parametrize("name", sorted(errors.__all__))
def test_an_error_carries_its_public_message(name: str) -> None:
    error = getattr(errors, name)("images[2]: broken")
    assert error.message == str(error) == "images[2]: broken"


@pytest.mark.parametrize("cls", [ImageError, ImageTooLargeError, TooManyLinesError])
def test_the_place_of_an_image_goes_in_front_of_the_same_error(cls: type[ImageError]) -> None:
    placed = cls("too large").at("images[2]")
    assert type(placed) is cls
    assert placed.message == "images[2]: too large"
