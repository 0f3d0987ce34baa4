"""The base class of the modules under ``deploy/hubserving``: from hub's calls to a service."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hubocr.errors import HubocrError, RequestError
from hubocr.exporters.hubserving import Results
from hubocr.hub.configure import configure
from hubocr.hub.page import PageServer
from hubocr.hub.process import PerProcess
from hubocr.imaging import BgrImage
from hubocr.services import SERVICES, ImageSource, OcrRequest, Service, base64_images

logger = logging.getLogger(__name__)


class HubModule:
    """What the module classes share.

    PaddleHub sets ``directory`` on the class and passes config.json's ``init_args`` to the
    constructor. Settings come in layers: hubocr's defaults, the profile that one of the next two
    names, the ``params.py`` in the module's folder, ``init_args``; a call adds ``predict_args`` and
    the request's ``options``.

    The models are found when the module is made and loaded at the first call, in the process that
    answers it (see `hubocr.hub.process`).

    Attributes:
        service: Name of the service that the module gives, see `hubocr.services.SERVICES`.

    Args:
        init_args: Parameters by upstream's names (see `hubocr.settings`), ``profile`` (see
            `hubocr.settings.profiles`) among them.

    Raises:
        SettingsError: A parameter is unknown or its value is wrong.
        ModelError: A model can't be found.
    """

    service: ClassVar[str]
    directory: ClassVar[str]

    def __init__(self, **init_args: object) -> None:
        super().__init__()
        self._kind = SERVICES[self.service]
        self._init_args = init_args
        self._settings = configure(self._kind, Path(self.directory), init_args)
        self._kind.check_models(self._settings.pipeline)
        self._loaded: PerProcess[Service[Any]] = PerProcess(self._load)

    def _load(self) -> Service[Any]:
        return self._kind.load(self._settings.pipeline)

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
        sources = base64_images(images)
        return self._answer(self._kind.request(sources, arguments, self._settings))

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
        sources = [
            *(ImageSource.from_array(one, f"images[{index}]") for index, one in enumerate(images)),
            *(ImageSource.from_file(path) for path in paths),
        ]
        return self._answer(self._kind.request(sources, options, self._settings, "predict"))

    def page(self) -> PageServer:
        """Return the web page with this module's settings, for PaddleHub's ``/gradio/NAME``.

        Raises:
            MissingPackageError: The packages of the extra ``serve`` aren't installed.
        """
        return PageServer(self.service, {**self._init_args, "directory": str(self.directory)})

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

    def _answer(self, request: OcrRequest) -> Results:
        try:
            answer = self._loaded.get().answer(request)
        except HubocrError as error:
            is_own_fault = error.http_status >= 500
            logger.warning("a request failed: %s", error.message, exc_info=is_own_fault)
            raise
        return self._kind.encoding.results(answer.results, answer.options)
