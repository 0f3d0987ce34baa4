"""What a service or pipeline loads besides its own models, for calls that name a scene."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from hubocr.settings import ModelSettings

T = TypeVar("T")


class ByModels(Generic[T]):
    """One thing for each set of models, loaded when it is first asked for; safe to share.

    There are as many as scenes at most, since a call can only choose models by naming a scene.

    Args:
        load: Loads what is for some models; it shares what several have in common.
    """

    def __init__(self, load: Callable[[ModelSettings], T]) -> None:
        self._load = load
        self._loaded: dict[ModelSettings, T] = {}
        self._loading = threading.Lock()

    def __getitem__(self, models: ModelSettings) -> T:
        found = self._loaded.get(models)
        if found is None:
            with self._loading:
                found = self._loaded.get(models)
                if found is None:
                    found = self._loaded[models] = self._load(models)
        return found
