"""The services, called as the server calls them."""

from __future__ import annotations

import io
import logging
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hubocr.errors import (
    CallCancelledError,
    ImageError,
    InferenceError,
    ModelError,
    SettingsError,
    TooManyLinesError,
)
from hubocr.imaging import BgrImage
from hubocr.pipeline import Page
from hubocr.recognition import Recognition
from hubocr.runtime import Call, Runtime
from hubocr.services import SERVICES, ImageSource, OcrRequest, RecognitionService, Service
from hubocr.services.images import OpenedImage
from hubocr.services.pages import PageService
from hubocr.settings import OcrOptions, PipelineSettings, RecognitionSettings
from tests.conftest import FIXTURES, fixture_labels

LINE = "lines/zh_plain.png"
BAD = ImageSource.from_bytes(b"not an image", "images[1]")


@dataclass
class Tally:
    """An observer."""

    images: list[tuple[int, int]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def count_images(self, read: int, unreadable: int) -> None:
        self.images.append((read, unreadable))

    def count_lines(self, lines: int) -> None:
        self.lines.append(lines)


def source(name: str) -> ImageSource:
    return ImageSource.from_file(FIXTURES / name)


@pytest.fixture(scope="module")
def services() -> dict[str, Service[Any]]:
    runtime = Runtime(2)
    return {name: kind.load(PipelineSettings(), runtime) for name, kind in SERVICES.items()}


def test_the_registry_names_each_service_once() -> None:
    assert set(SERVICES) == {"ocr_det", "ocr_cls", "ocr_rec", "ocr_system"}
    assert all(name == kind.name for name, kind in SERVICES.items())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_warms_up_and_answers_image_by_image(
    services: dict[str, Service[Any]], name: str
) -> None:
    service, tally = services[name], Tally()
    service.warm_up(OcrOptions())
    page = "lines/digits.png" if name in ("ocr_rec", "ocr_cls") else "pages/receipt.png"
    images = [source(page), BAD, source(page)]
    asked = OcrRequest(images, picture=lambda result, image: (result, image.shape))
    answer = service.answer(asked, observer=tally)
    first, second, third = answer.results
    assert isinstance(second, ImageError)
    assert second.message.startswith("images[1]: not an image")
    decoded = cv2.imread(str(FIXTURES / page))
    assert decoded is not None
    shape = decoded.shape
    assert answer.pictures == ((first, shape), (third, shape))
    assert not isinstance(first, ImageError)
    assert not isinstance(third, ImageError)
    assert {**third.to_dict(), "source": 0} == {**first.to_dict(), "source": 0}
    assert tally.images == [(2, 1)]
    read = {"ocr_rec": 2, "ocr_system": 2 * 22}
    assert tally.lines == [read.get(name, 0)]


def test_images_are_let_go_of_before_the_next_are_decoded(
    services: dict[str, Service[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded_images: list[weakref.ref[np.ndarray[Any, Any]]] = []
    most = 0

    def decode(image: OpenedImage, *limits: Any) -> np.ndarray[Any, Any] | ImageError:
        nonlocal most
        decoded = plainly(image, *limits)
        if isinstance(decoded, np.ndarray):
            decoded_images.append(weakref.ref(decoded))
            most = max(most, sum(image() is not None for image in decoded_images))
        return decoded

    plainly = OpenedImage.decode
    monkeypatch.setattr(OpenedImage, "decode", decode)
    # Flat pages of nine megapixels, a few kilobytes each.
    page = io.BytesIO()
    Image.new("L", (3000, 3000), 255).save(page, "WEBP")
    images = [ImageSource.from_bytes(page.getvalue(), f"images[{i}]") for i in range(4)]
    answer = services["ocr_det"].answer(OcrRequest(images))
    assert len(answer.results) == 4
    assert answer.pictures == ()
    assert most == 1


def test_pages_know_which_image_they_are_of(services: dict[str, Service[Any]]) -> None:
    images = [source("pages/receipt.png"), BAD, source("odd/blank.png")]
    answer = services["ocr_system"].answer(OcrRequest(images))
    assert [page.source for page in answer.results if isinstance(page, Page)] == [0, 2]
    found = services["ocr_det"].answer(OcrRequest(images)).results[0]
    assert isinstance(found, Page)
    assert found.lines == ()
    assert len(found.boxes) >= 20


def test_options_hold_for_the_call(services: dict[str, Service[Any]]) -> None:
    asked = OcrOptions(recognition=RecognitionSettings(char_scores=True))
    (read,) = services["ocr_rec"].answer(OcrRequest([source(LINE)], asked)).results
    assert isinstance(read, Recognition)
    assert read.text == fixture_labels("lines")[LINE]
    assert read.char_scores is not None
    assert len(read.char_scores) == len(read.text)
    (plain,) = services["ocr_rec"].answer(OcrRequest([source(LINE)])).results
    assert isinstance(plain, Recognition)
    assert plain.char_scores is None
    impossible = OcrOptions(recognition=RecognitionSettings(charset="'₿'"))
    with pytest.raises(SettingsError, match="₿"):
        services["ocr_rec"].answer(OcrRequest([source(LINE)], impossible))


def test_where_no_image_can_be_read(services: dict[str, Service[Any]]) -> None:
    for name, service in services.items():
        tally = Tally()
        with pytest.raises(ImageError, match=r"^images\[1\]: not an image"):
            service.answer(OcrRequest([BAD]), observer=tally)
        with pytest.raises(ImageError, match=r"^no image can be read: images\[1\].*; images\[1\]"):
            service.answer(OcrRequest([BAD, BAD]), observer=tally)
        assert (tally.images, tally.lines) == ([(0, 1), (0, 2)], []), name


def test_a_page_with_too_many_lines_costs_the_others_nothing(
    services: dict[str, Service[Any]],
) -> None:
    images = [source("odd/blank.png"), source("pages/receipt.png")]
    strict = OcrOptions(max_lines=5)
    empty, refused = services["ocr_system"].answer(OcrRequest(images, strict)).results
    assert isinstance(empty, Page)
    assert isinstance(refused, TooManyLinesError)
    assert refused.message.endswith("pages/receipt.png: 22 lines were found, the limit is 5")
    with pytest.raises(TooManyLinesError):
        services["ocr_system"].answer(OcrRequest(images[1:], strict))


def test_the_limit_on_pixels(services: dict[str, Service[Any]]) -> None:
    request = OcrRequest([source(LINE)], max_pixels=100)
    with pytest.raises(ImageError, match="the limit is 100"):
        services["ocr_rec"].answer(request)


def test_a_call_that_is_cancelled(services: dict[str, Service[Any]]) -> None:
    call = Call()
    call.cancel()
    with pytest.raises(CallCancelledError):
        services["ocr_rec"].answer(OcrRequest([source(LINE)]), call)


class Broken(RecognitionService):
    """A service with a fault."""

    def __init__(self) -> None:
        Service.__init__(self, Runtime(1))

    def read(
        self, images: Sequence[BgrImage], options: OcrOptions, call: Call
    ) -> list[Recognition]:
        raise ZeroDivisionError("secret")


def test_an_unexpected_fault_is_logged_and_told_without_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(InferenceError) as caught:
        Broken().answer(OcrRequest([source(LINE)]))
    assert "secret" not in caught.value.message
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


class Blind(PageService):
    """A service whose models find nothing."""

    name = "blind"
    encoding = SERVICES["ocr_system"].encoding

    def __init__(self) -> None:
        super().__init__(Runtime(1))

    @classmethod
    def load(cls, settings: PipelineSettings, runtime: Runtime | None = None) -> Blind:
        return cls()

    def read_page(self, image: BgrImage, options: OcrOptions, call: Call) -> Page:
        return Page(image.shape[1], image.shape[0])


def test_models_that_find_nothing_are_found_out() -> None:
    with pytest.raises(ModelError, match="find nothing"):
        Blind().warm_up(OcrOptions())
