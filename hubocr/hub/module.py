"""The base class of the modules under ``deploy/hubserving``: from hub's calls to a service."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hubocr.errors import HubocrError, ImageError, InferenceError, RequestError
from hubocr.hub.configure import configure
from hubocr.hub.params import apply_options
from hubocr.hub.payload import Slot, decode_images, require_readable
from hubocr.hub.process import PerProcess
from hubocr.hub.request import options_of_request
from hubocr.hub.services import (
    ClassificationService,
    DetectionService,
    RecognitionService,
    Results,
    Service,
    SystemService,
)
from hubocr.imaging import BgrImage, read_image
from hubocr.settings import OcrOptions

logger = logging.getLogger(__name__)


class HubModule:
    """What the four module classes share.

    PaddleHub sets ``directory`` on the class and passes config.json's ``init_args`` to the
    constructor. Settings come in layers: hubocr's defaults, the profile that one of the next two
    names, the ``params.py`` in the module's folder, ``init_args``; a call adds ``predict_args`` and
    the request's ``options``.

    The models are found when the module is made and loaded at the first call, in the process that
    answers it (see `hubocr.hub.process`).

    Args:
        init_args: Parameters by upstream's names (see `hubocr.hub.params`), ``profile`` (see
            `hubocr.profiles`), and ``max_image_pixels``, the limit on an image's width times
            height.

    Raises:
        SettingsError: A parameter is unknown or its value is wrong.
        ModelError: A model can't be found.
    """

    service: ClassVar[type[Service]]
    directory: ClassVar[str]

    def __init__(self, **init_args: object) -> None:
        super().__init__()
        settings = configure(self.service, Path(self.directory), init_args)
        self._settings, self._max_pixels = settings.pipeline, settings.max_pixels
        self.service.check_models(self._settings)
        self._service = PerProcess(self._load)

    def _load(self) -> Service:
        return self.service.load(self._settings)

    def answer(self, images: object, arguments: Mapping[str, object]) -> Results:
        """Answer one request over HTTP.

        Args:
            images: The body's ``images``.
            arguments: The body's other keys, over ``predict_args``: ``options``, an object, or
                options by themselves. Anything else, ``paths`` first of all, is refused.

        Raises:
            HubocrError: The request can't be answered; PaddleHub puts the message into the
                envelope with status "101".
        """
        options = options_of_request(self._settings.options, arguments, self.service.tasks)
        return self._answer(decode_images(images, max_pixels=self._max_pixels), options)

    def predict(
        self,
        images: Sequence[BgrImage] = (),
        paths: Sequence[str | Path] = (),
        **options: object,
    ) -> Results:
        """Answer a call from Python: images as BGR arrays, or paths of local image files.

        Raises:
            RequestError: There are neither images nor paths, or both, or none can be read.
            SettingsError: An option is unknown or out of range.
        """
        if bool(len(images)) == bool(len(paths)):
            raise RequestError("predict takes either images or paths, and at least one")
        sources: Sequence[Any] = images if len(images) else paths
        slots = [self._read(source, index) for index, source in enumerate(sources)]
        require_readable(slots)
        chosen = apply_options(self._settings.options, options, self.service.tasks, "predict")
        return self._answer(slots, chosen)

    def run(self, argv: Sequence[str]) -> Results:
        """Answer ``hub run MODULE --input_path IMAGE``."""
        name = getattr(self, "name", type(self).__name__)
        parser = argparse.ArgumentParser(
            prog=f"hub run {name}", description="Print the results for image files."
        )
        parser.add_argument(
            "--input_path", nargs="+", required=True, metavar="IMAGE", help="image files to read"
        )
        try:
            return self.predict(paths=parser.parse_args(list(argv)).input_path)
        except HubocrError as error:
            raise SystemExit(f"hub run {name}: {error.message}") from error

    def _read(self, source: str | Path | BgrImage, index: int) -> Slot:
        try:
            return read_image(source, max_pixels=self._max_pixels)
        except ImageError as error:
            return error if isinstance(source, (str, Path)) else error.at(f"images[{index}]")

    def _answer(self, slots: Sequence[Slot], options: OcrOptions) -> Results:
        try:
            return self._service.get().answer(slots, options)
        except HubocrError:
            logger.exception("a request failed")
            raise
        except Exception as error:
            logger.exception("a request failed unexpectedly")
            raise InferenceError("inference failed; the server's log says why") from error


class DetModule(HubModule):
    """``ocr_det``."""

    service = DetectionService


class ClsModule(HubModule):
    """``ocr_cls``."""

    service = ClassificationService


class RecModule(HubModule):
    """``ocr_rec``."""

    service = RecognitionService


class SystemModule(HubModule):
    """``ocr_system``."""

    service = SystemService
