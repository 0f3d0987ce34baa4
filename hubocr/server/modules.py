"""The loaded modules of a worker: loading, proving that they work, and exchanging them."""

from __future__ import annotations

import ast
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hubocr.engines import Scheduler
from hubocr.errors import HubocrError, ModelError, SettingsError
from hubocr.hub import (
    ClassificationService,
    DetectionService,
    RecognitionService,
    Service,
    SystemService,
)
from hubocr.hub.configure import ModuleSettings, configure
from hubocr.hub.params import apply_options
from hubocr.imaging import BgrImage
from hubocr.models import resolve_path
from hubocr.server.settings import ModuleEntry, ServerSettings
from hubocr.settings import OcrOptions

logger = logging.getLogger(__name__)

_SERVICES: Mapping[str, type[Service]] = {
    "ocr_det": DetectionService,
    "ocr_cls": ClassificationService,
    "ocr_rec": RecognitionService,
    "ocr_system": SystemService,
}
_DEPLOY_FOLDER = Path("deploy/hubserving")
_HUB_ARGS = ("name", "version", "directory", "source", "update", "branch", "ignore_env_mismatch")
"""Keys of init_args that hub.Module takes itself."""

_WARM_ASPECTS = (2, 7, 10, 14, 20, 27)
"""Width / height of the lines that a recogniser is warmed with, from captcha to long line."""


@dataclass(frozen=True)
class Module:
    """A module that is served.

    Attributes:
        name: Its name in the URL.
        kind: The hub module that it is, such as ``ocr_rec``.
        settings: Its settings.
        options: The options of requests that bring none.
        service: Its models, loaded.
    """

    name: str
    kind: str
    settings: ModuleSettings
    options: OcrOptions
    service: Service


class ModuleHost:
    """The modules of a worker; they are exchanged all at once or not at all.

    Args:
        settings: The server's settings.
        scheduler: The threads that all modules share.
    """

    def __init__(self, settings: ServerSettings, scheduler: Scheduler) -> None:
        self._settings = settings
        self._scheduler = scheduler
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
        """Load every module, prove it on a test image, and only then put them in use.

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
                    _prove(module)
            except HubocrError as error:
                self._problem = error.message
                raise
            self._modules = modules
            self._settings = replace(self._settings, modules=entries)
            seconds = time.monotonic() - start
            logger.info("loaded %s in %.1f s", ", ".join(modules), seconds)

    def _load_module(self, entry: ModuleEntry) -> Module:
        kind, folder = _kind_and_folder(entry)
        service = _SERVICES[kind]
        init_args = {k: v for k, v in entry.init_args.items() if k not in _HUB_ARGS}
        if self._settings.engine is not None:
            init_args.setdefault("engine", self._settings.engine)
        init_args.setdefault("cpu_threads", self._settings.worker_threads)
        init_args.setdefault("performance", "throughput")
        init_args.setdefault("max_image_pixels", self._settings.limits.pixels)
        if kind == "ocr_system":
            init_args.setdefault("max_lines", self._settings.limits.lines)
        try:
            settings = configure(service, folder, init_args)
            options = apply_options(
                settings.pipeline.options, entry.predict_args, service.tasks, "predict_args"
            )
            loaded = service.load(settings.pipeline, self._scheduler)
        except HubocrError as error:
            raise type(error)(f"module {entry.name}: {error.message}") from error
        return Module(entry.name, kind, settings, options, loaded)


def _kind_and_folder(entry: ModuleEntry) -> tuple[str, Path | None]:
    """Return which hub module an entry is, and the folder with its params.py, if there is one."""
    directory = entry.init_args.get("directory")
    if directory is not None:
        folder = resolve_path(str(directory))
        if folder is None:
            raise SettingsError(f"module {entry.name}: no folder {directory}")
        kind = _declared_name(folder)
    else:
        folder, kind = resolve_path(_DEPLOY_FOLDER / entry.name), entry.name
    if kind not in _SERVICES:
        raise SettingsError(
            f"module {entry.name}: only {', '.join(_SERVICES)} are served; another name needs "
            "init_args.directory, the folder of one of them"
        )
    return kind, folder


def _declared_name(folder: Path) -> str:
    """Return the name in a module's @moduleinfo, read without running it, as hub install does."""
    path = folder / "module.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise SettingsError(f"{path} can't be read as a hub module") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "name":
            return str(getattr(node.value, "value", ""))
    raise SettingsError(f"{path} has no @moduleinfo with a name")


def _test_image(width: int, height: int) -> BgrImage:
    """Return black digits on white, as large as the height allows."""
    image = Image.new("RGB", (width, height), "white")
    font = ImageFont.load_default(height * 0.7)
    ImageDraw.Draw(image).text((4, height * 0.05), "20486", fill="black", font=font)
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8))


def _prove(module: Module) -> None:
    """Run test images through a module: it compiles what it needs, and shows that it answers."""
    if isinstance(module.service, RecognitionService):
        images = [_test_image(48 * aspect, 48) for aspect in _WARM_ASPECTS]
    elif isinstance(module.service, ClassificationService):
        images = [_test_image(192, 48)]
    else:
        images = [_test_image(960, 960), _test_image(480, 160)]
    results = module.service.answer(images, module.options)
    if isinstance(module.service, RecognitionService):
        for image in images:  # a line alone has a network of its own
            module.service.answer([image], module.options)
    if not results or not any(results):
        raise ModelError(f"module {module.name}: the models find nothing in a test image")
