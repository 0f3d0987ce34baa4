"""Families of models: each kind is a file that says which models are its own and loads them.

A stage has a registry of the families that hubocr brings. A package of anyone else adds one with an
entry point, in its own ``pyproject.toml``::

    [project.entry-points."hubocr.recognition_families"]
    myfamily = "mypackage.myfamily"

The object that it names, a module mostly, has two functions: ``match(model)`` says whether a model
is of the family, ``load(model)`` loads it. What a model is and what ``load`` returns is said by the
stage: `hubocr.recognition.families.base`, `hubocr.detection.families.base`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any, Generic, TypeVar

from hubocr.errors import HubocrError, ModelError
from hubocr.models import ModelFiles
from hubocr.runtime import Network

logger = logging.getLogger(__name__)


class Candidate:
    """A model whose family is sought.

    Args:
        files: Its files.
        load: Loads a network of files.
    """

    def __init__(self, files: ModelFiles, load: Callable[[ModelFiles], Network]) -> None:
        self.files = files
        self.load_network = load

    @functools.cached_property
    def network(self) -> Network:
        """The model, loaded at the first look."""
        return self.load_network(self.files)


M = TypeVar("M", bound=Candidate)
L = TypeVar("L")


@dataclass(frozen=True)
class _Family(Generic[M, L]):
    """A family as it was found.

    Attributes:
        name: Its name.
        match: Says whether a model is of the family.
        load: Loads a model of it.
    """

    name: str
    match: Callable[[M], bool]
    load: Callable[[M], L]


class FamilyRegistry(Generic[M, L]):
    """The families of a stage: hubocr's own, then those of other packages, then the usual one.

    Args:
        group: The entry points' group.
        own: Modules of hubocr's own special families, which are tried first.
        usual: The module of the family that takes what no other has matched.
    """

    def __init__(self, group: str, own: Sequence[str], usual: str) -> None:
        self._group = group
        self._own = own
        self._usual = usual

    def load(self, model: M) -> L:
        """Load a model with the first family that it is of.

        A package whose family can't be used is logged and skipped. Where no other family can
        load the model either, the error says so.

        Raises:
            ModelError: The files don't fit together, or a package's family failed.
            EngineError: No engine can run the model.
        """
        for name in self._own:
            family = _of_module(name)
            if family.match(model):
                return family.load(model)  # type: ignore[no-any-return]
        faults: list[str] = []
        for plugin in self._plugins(faults):
            if _is_match(plugin, model, faults):
                return _load_with(plugin, model)
        try:
            return _of_module(self._usual).load(model)  # type: ignore[no-any-return]
        except ModelError as error:
            if not faults:
                raise
            raise type(error)(f"{error.message} ({'; '.join(faults)})") from error

    def _plugins(self, faults: list[str]) -> Iterator[_Family[M, L]]:
        for point in metadata.entry_points(group=self._group):  # 5 ms for 200 packages
            name = f"{point.name} of {point.dist.name if point.dist else point.value}"
            try:
                yield _checked(name, point.load())
            except Exception as error:  # noqa: BLE001 - another package's fault harms nobody else
                _note(faults, f"the family {name} can't be loaded: {_summary(error)}")


def _of_module(name: str) -> _Family[Any, Any]:
    return _checked(name, import_module(name))


def _checked(name: str, found: Any) -> _Family[Any, Any]:
    for function in ("match", "load"):
        if not callable(getattr(found, function, None)):
            raise TypeError(f"it has no function {function}")
    return _Family(name, found.match, found.load)


def _is_match(plugin: _Family[M, Any], model: M, faults: list[str]) -> bool:
    try:
        return bool(plugin.match(model))
    except HubocrError:
        raise  # of the model: an engine can't load it, a file is wrong
    except Exception as error:  # noqa: BLE001 - as above
        _note(faults, f"the family {plugin.name} failed to look at it: {_summary(error)}")
        return False


def _load_with(plugin: _Family[M, L], model: M) -> L:
    try:
        return plugin.load(model)
    except HubocrError:
        raise
    except Exception as error:
        raise ModelError(
            f"the family {plugin.name} can't load {model.files.folder}: {_summary(error)}"
        ) from error


def _note(faults: list[str], message: str) -> None:
    logger.warning("%s", message, exc_info=True)
    faults.append(message)


def _summary(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
