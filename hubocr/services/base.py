"""What all OCR services share: from the images of a request to typed results."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from hubocr.errors import HubocrError, ImageError, InferenceError, ModelError
from hubocr.exporters.hubserving import Encoding
from hubocr.imaging import DEFAULT_MAX_PIXELS, BgrImage
from hubocr.models import find_model
from hubocr.models.registry import Task
from hubocr.runtime import Call, Runtime, Workload
from hubocr.services.images import ImageSource, Opened, in_groups, require_readable
from hubocr.services.options import request_settings
from hubocr.services.scenes import ByModels
from hubocr.settings import Effective, ModelSettings, OcrOptions, PipelineSettings

logger = logging.getLogger(__name__)

_GROUP_BYTES = 64_000_000
"""Memory for decoding the images of a request that are decoded and read together: hundreds of
captchas, some photographs, one page of 50 megapixels."""

_QUICK_PIXELS = 2_000_000
"""Pixels up to which decoding an image is a short piece of work, some hundredths of a second."""


class Result(Protocol):
    """What a service answers for one image."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""


R = TypeVar("R", bound=Result)


class Observer(Protocol):
    """Who wants to know what was read."""

    def count_images(self, read: int, unreadable: int) -> None:
        """Note that the images of a request were decoded, or could not be."""

    def count_lines(self, lines: int) -> None:
        """Note that lines of text were answered."""


@dataclass(frozen=True)
class OcrRequest:
    """What a service is to do, whichever interface the request came through.

    Attributes:
        images: The images, not decoded yet.
        options: The options, checked.
        max_pixels: Largest width times height of an image.
        picture: What the answer has of each image besides its result, made of both while the
            image is in memory.
        models: The models to read with, which a scene names; None: the service's own.
    """

    images: Sequence[ImageSource]
    options: OcrOptions = field(default_factory=OcrOptions)
    max_pixels: int = DEFAULT_MAX_PIXELS
    picture: Callable[[Any, BgrImage], Any] | None = None
    models: ModelSettings | None = None


@dataclass(frozen=True)
class Answer(Generic[R]):
    """What a service answers.

    Attributes:
        results: The result of every image, or why there is none, in order.
        pictures: What the request's ``picture`` made of each image that was read, in order.
        options: The options that the images were read with.
    """

    results: tuple[R | ImageError, ...]
    pictures: tuple[Any, ...]
    options: OcrOptions


class Service(ABC, Generic[R]):
    """An OCR service with its models loaded; safe to share between threads.

    A service is one entry of `hubocr.services.SERVICES`; what it is called, which stages it has,
    how hubserving writes its results and what it is warmed up with are said here and nowhere else.

    Attributes:
        name: Its name as a hub module.
        tasks: The stages that it has.
        encoding: How hubserving writes its results.
        defaults: The settings before any layer is applied.

    Args:
        runtime: The threads that decode the images, best the models' own.
        settings: What the models were loaded with.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]]
    encoding: ClassVar[Encoding[Any]]
    defaults: ClassVar[PipelineSettings] = PipelineSettings()

    def __init__(self, runtime: Runtime, settings: PipelineSettings | None = None) -> None:
        self._runtime = runtime
        self._settings = settings or PipelineSettings()
        self._scenes = ByModels(partial(_load_scene, type(self), self._settings, runtime))

    @classmethod
    def check_models(cls, settings: PipelineSettings) -> None:
        """Raise `ModelError` where a model of the settings can't be found, loading none."""
        for task in cls.tasks:
            find_model(getattr(settings.models, f"{task}_model"))

    @classmethod
    def request(
        cls,
        images: Sequence[ImageSource],
        arguments: Mapping[str, object],
        settings: Effective,
        where: str = "request",
    ) -> OcrRequest:
        """Return a request to a service with these settings.

        Args:
            images: The images.
            arguments: What the caller sent besides; see `hubocr.services.options`.
            settings: The service's settings.
            where: What errors call the request.

        Raises:
            RequestError: An argument is unknown or may not be set by a request, or is wrong.
        """
        requested = request_settings(settings.pipeline, arguments, cls.tasks, where)
        return OcrRequest(images, requested.options, settings.max_pixels, models=requested.models)

    @classmethod
    @abstractmethod
    def load(cls, settings: PipelineSettings, runtime: Runtime | None = None) -> Service[R]:
        """Load the models of the settings, in a runtime that may be shared with other services."""

    @abstractmethod
    def read(
        self, images: Sequence[BgrImage], options: OcrOptions, call: Call
    ) -> Sequence[R | ImageError]:
        """Return the result of every image, an array (H, W, 3), uint8, BGR, in order."""

    def placed(self, result: R, index: int) -> R:
        """Return a result that knows which image of the request it is of, where it tells."""
        return result

    def count_lines(self, result: R) -> int:
        """Return how many lines of text a result holds; 0 for services that read none."""
        return 0

    @abstractmethod
    def warm_up_calls(self) -> Sequence[Sequence[BgrImage]]:
        """Return the images of the calls that make the models ready; all hold text."""

    def answer(
        self, request: OcrRequest, call: Call | None = None, observer: Observer | None = None
    ) -> Answer[R]:
        """Answer a request; an image that can't be read costs the others nothing.

        Args:
            request: The images and options.
            call: Its deadline and cancellation, where it has any.
            observer: Is told what was read.

        Raises:
            ImageError: Not one image can be read.
            RequestError: The options don't fit the models.
            InferenceError: An unexpected fault, which is logged.
            HubocrError: The call was cancelled, its deadline has passed, or a model failed.
        """
        try:
            service = self.with_models(request.models)
            return service._answer(request, call or Call(), observer)
        except HubocrError:
            raise
        except Exception as error:
            logger.exception("a request failed unexpectedly")
            raise InferenceError("inference failed; the server's log says why") from error

    def warm_up(self, options: OcrOptions) -> None:
        """Run images with text through the models: what they need is compiled, and they answer.

        Raises:
            ModelError: The models find nothing in the images.
        """
        for images in self.warm_up_calls():
            found = self.read(images, options, Call())
            if not any(self.encoding.results(found, options)):
                raise ModelError("the models find nothing in a test image")

    def with_models(self, models: ModelSettings | None) -> Service[R]:
        """Return this service, or another with the models that a request's scene names.

        Raises:
            ModelError: A model of the scene is missing or can't be loaded.
        """
        if models is None or models == self._settings.models:
            return self
        return self._scenes[models]

    def _answer(self, request: OcrRequest, call: Call, observer: Observer | None) -> Answer[R]:
        opened = []
        for source in request.images:
            call.check()
            opened.append(source.open(request.max_pixels))
        results: list[R | ImageError] = []
        pictures: list[Any] = []
        for group in in_groups(opened, _GROUP_BYTES):
            read, made = self._read_group(group, len(results), request, call)
            results += read
            pictures += made
        if observer is not None:
            unreadable = sum(isinstance(result, ImageError) for result in results)
            observer.count_images(len(results) - unreadable, unreadable)
        require_readable(results)
        if observer is not None:
            observer.count_lines(
                sum(self.count_lines(one) for one in results if not isinstance(one, ImageError))
            )
        return Answer(tuple(results), tuple(pictures), request.options)

    def _read_group(
        self, group: Sequence[Opened], first: int, request: OcrRequest, call: Call
    ) -> tuple[list[R | ImageError], list[Any]]:
        """Read images that are decoded together, of which the first is the request's ``first``.

        Returns:
            Their results, or why they can't be read, and what the request wants besides.
        """
        costs = [image.cost for image in group if not isinstance(image, ImageError)]
        pixels = max((cost.pixels for cost in costs), default=0)
        with self._runtime.images.held(sum(cost.bytes for cost in costs), call):
            slots = self._runtime.map(
                lambda image: (
                    image
                    if isinstance(image, ImageError)
                    else image.decode(request.max_pixels, request.options.image.frame)
                ),
                group,
                stage="decoding",
                call=call,
                workload=Workload.PAGE if pixels > _QUICK_PIXELS else Workload.LINES,
            )
            images = [slot for slot in slots if not isinstance(slot, ImageError)]
            found = iter(self.read(images, request.options, call) if images else ())
            results = [
                slot if isinstance(slot, ImageError) else self._result(next(found), index, request)
                for index, slot in enumerate(slots, first)
            ]
            picture = request.picture
            if picture is None:
                return results, []
            read = [
                (result, slot)
                for result, slot in zip(results, slots, strict=True)
                if not isinstance(result, ImageError) and not isinstance(slot, ImageError)
            ]
            return results, self._runtime.map(
                lambda pair: picture(*pair), read, stage="drawing", call=call
            )

    def _result(self, found: R | ImageError, index: int, request: OcrRequest) -> R | ImageError:
        if isinstance(found, ImageError):
            return found.at(request.images[index].name)
        return self.placed(found, index)


def _load_scene(
    service: type[Service[R]], settings: PipelineSettings, runtime: Runtime, models: ModelSettings
) -> Service[R]:
    return service.load(replace(settings, models=models), runtime)
