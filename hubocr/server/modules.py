"""The loaded modules of a worker: loading, warming up and exchanging them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hubocr.engines import Engine
from hubocr.errors import HubocrError, SettingsError
from hubocr.hub.configure import configure
from hubocr.hub.moduleinfo import HUB_ARGS, declared_name
from hubocr.paths import HUB_MODULES_FOLDER, resolve_path
from hubocr.runtime import Runtime
from hubocr.server.describe import summary
from hubocr.server.settings import ModuleEntry, ServerSettings
from hubocr.services import SERVICES, Service
from hubocr.settings import Effective, PipelineSettings, Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Module:
    """A module that is served.

    Attributes:
        name: Its name in the URL.
        settings: What is in effect, and which layer set it.
        service: Its models, loaded.
        engines: What each stage's model was loaded with.
    """

    name: str
    settings: Effective
    service: Service[Any]
    engines: Mapping[Task, Engine]

    @property
    def kind(self) -> str:
        """The hub module that it is, such as ``ocr_rec``."""
        return self.service.name


class ModuleHost:
    """The modules of a worker; they are exchanged all at once or not at all.

    Args:
        settings: The server's settings.
        runtime: The threads and networks that all modules share.
    """

    def __init__(self, settings: ServerSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._modules: Mapping[str, Module] = {}
        self._loading = threading.Lock()
        self._problem = "loading"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are configured, loaded or not."""
        return tuple(entry.name for entry in self._settings.modules)

    @property
    def modules(self) -> Mapping[str, Module]:
        """The loaded modules by name; empty before the first loading is done."""
        return self._modules

    @property
    def problem(self) -> str | None:
        """Why the worker isn't ready, or None when it is."""
        return None if self._modules else self._problem

    def load(self, entries: tuple[ModuleEntry, ...] | None = None) -> None:
        """Load every module, warm it up on test images, and only then put them in use.

        Called again, it exchanges the models: requests that run keep the old ones. When anything
        fails the old ones stay.

        Args:
            entries: What to load; None: what the settings say.

        Raises:
            HubocrError: A module can't be configured, loaded or fails on the test image.
        """
        with self._loading:
            start = time.monotonic()
            entries = self._settings.modules if entries is None else entries
            try:
                modules = {entry.name: self._load_module(entry) for entry in entries}
                for module in modules.values():
                    _warm_up(module)
            except HubocrError as error:
                self._problem = error.message
                raise
            self._modules = modules
            self._settings = replace(self._settings, modules=entries)
            seconds = time.monotonic() - start
            logger.info("loaded %s in %.1f s", ", ".join(modules), seconds)

    def _load_module(self, entry: ModuleEntry) -> Module:
        kind, folder = _kind_and_folder(entry)
        service = SERVICES[kind]
        init_args = {k: v for k, v in entry.init_args.items() if k not in HUB_ARGS}
        try:
            settings = configure(service, folder, init_args, self._settings.module_defaults)
            settings = settings.with_options(entry.predict_args, "predict_args")
            loaded = service.load(settings.pipeline, self._runtime)
        except HubocrError as error:
            raise type(error)(f"module {entry.name}: {error.message}") from error
        engines = self._engines(settings.pipeline, service.tasks)
        logger.info("%s: %s", entry.name, summary(settings, engines))
        return Module(entry.name, settings, loaded, engines)

    def _engines(self, settings: PipelineSettings, tasks: Collection[Task]) -> dict[Task, Engine]:
        engines = {
            task: self._runtime.loaded_engine(
                getattr(settings.models, f"{task}_model"), settings.engine
            )
            for task in tasks
        }
        return {task: engine for task, engine in engines.items() if engine is not None}


def _kind_and_folder(entry: ModuleEntry) -> tuple[str, Path | None]:
    """Return which hub module an entry is, and the folder with its params.py, if there is one."""
    directory = entry.init_args.get("directory")
    if directory is not None:
        folder = resolve_path(str(directory))
        if folder is None:
            raise SettingsError(f"module {entry.name}: no folder {directory}")
        kind = declared_name(folder)
    else:
        folder, kind = resolve_path(HUB_MODULES_FOLDER / entry.name), entry.name
    if kind not in SERVICES:
        raise SettingsError(
            f"module {entry.name}: only {', '.join(SERVICES)} are served; another name needs "
            "init_args.directory, the folder of one of them"
        )
    return kind, folder


def _warm_up(module: Module) -> None:
    try:
        module.service.warm_up(module.settings.pipeline.options)
    except HubocrError as error:
        raise type(error)(f"module {module.name}: {error.message}") from error
