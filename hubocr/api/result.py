"""A result with PaddleX 3.x's keys and methods on our own tree.

Sources: PaddleX 3.7.2, ``paddlex/inference/pipelines/ocr/result.py`` and
``paddlex/inference/common/result/``.
"""

from __future__ import annotations

import json
import random
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from hubocr.api.saving import save_image, save_text
from hubocr.documents import PageError
from hubocr.errors import HubocrError, RequestError
from hubocr.exporters import document_of, find_format
from hubocr.exporters.image import draw
from hubocr.exporters.paddlex import pruned_result
from hubocr.imaging import BgrImage
from hubocr.pipeline import Block, Page, blocks_of
from hubocr.pipeline.turning import as_it_stands, upright
from hubocr.services.documents import ReadPage
from hubocr.settings import OcrOptions

Text = str  # within a result ``str`` is PaddleX's property
StrPath = str | Path

_IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings of input files with which drawings are saved; others get ``.png``."""

_LISTS = ("dt_polys", "rec_texts", "rec_scores", "rec_polys", "rec_boxes")
"""What a page that can't be read has as well, empty."""


class BaseResult(dict[str, Any]):
    """A page as a dict with another system's keys, and all that we know of it.

    Attributes:
        page: What was read; None where the page can't be read.
        image: The page, (H, W, 3), uint8, BGR; None where it can't be read.
        error: Why it can't be read, or None.
        options: The options that it was read with; None where it can't be read.
        path: The file or URL that it is from; None for what the caller gave itself.
        page_index: Its index in a file of several pages, from 0, or None.
        is_text_layer: Whether the text is the PDF's own.
    """

    def __init__(self, item: ReadPage | PageError) -> None:
        self.page: Page | None = None
        self.image: BgrImage | None = None
        self.error: HubocrError | None = None
        self.options: OcrOptions | None = None
        self.is_text_layer = False
        self.path: Text | None
        self.page_index: int | None
        if isinstance(item, PageError):
            self.error, self.path, self.page_index = item.error, item.source, item.page_index
        else:
            self.page, self.image, self.options = item.result, item.image, item.options
            self.path, self.page_index = item.document.path, item.document.page_index
            self.is_text_layer = item.is_text_layer
        super().__init__(self._content())

    def _content(self) -> dict[str, Any]:
        raise NotImplementedError

    @cached_property
    def stem(self) -> str:
        """Begin of the names of its files: that of the input, and the page's index."""
        if self.path is None:
            return f"{int(time.time())}_{random.randint(0, 9999):04d}"
        name = self.path.rpartition("?")[0] or self.path if "://" in self.path else self.path
        stem = Path(name).stem
        return stem if self.page_index is None else f"{stem}_{self.page_index}"

    @cached_property
    def blocks(self) -> list[Block]:
        """The lines as paragraphs, headings and rows, in reading order; [] if unreadable."""
        return [] if self.page is None else blocks_of(self.page)

    def export(self, name: Text) -> bytes:
        """Return the page as a file of a format of `hubocr.exporters.FORMATS`.

        Raises:
            RequestError: There is no such format.
            HubocrError: The page can't be read.
        """
        if self.page is None:
            raise self.error or RequestError("the page can't be read")
        document = document_of(self.page, self.image, self.options, self.stem)
        return find_format(name).export(document)

    @property
    def _suffix(self) -> str:
        suffix = Path(self.path or "").suffix.lower()
        return suffix if suffix in _IMAGE_SUFFIXES else ".png"


class OCRResult(BaseResult):
    """A page with PaddleX 3.x's keys, numpy arrays in it, and its methods.

    Polygons are in pixels of the page as it was read: where that was turned back,
    ``doc_preprocessor_res`` has the angle and, as ``output_img``, the upright page. ``page`` keeps
    the places on the page as it came.

    A page that can't be read has the same keys, without a text, and ``error`` besides.
    """

    def _content(self) -> dict[Text, Any]:
        plain = self.json["res"]
        content = {**plain, "dt_polys": [_array(one, np.int16) for one in plain["dt_polys"]]}
        content["rec_polys"] = [_array(one, np.int16) for one in plain["rec_polys"]]
        content["rec_boxes"] = _array(plain["rec_boxes"], np.int16)
        if "doc_preprocessor_res" in plain:
            content["doc_preprocessor_res"] = {
                **plain["doc_preprocessor_res"],
                "output_img": self._upright(),
            }
        return content

    @cached_property
    def json(self) -> dict[Text, Any]:
        """``{"res": {...}}`` with plain values."""
        place = {"input_path": self.path, "page_index": self.page_index}
        if self.page is None or self.options is None:
            unread: dict[Text, Any] = {
                name: [] for name in ("dt_polys", "rec_texts", "rec_scores", "rec_polys")
            }
            message = self.error.message if self.error else ""
            return {"res": {**place, **unread, "rec_boxes": [], "error": message}}
        found = pruned_result(self.page, self.options)
        if "doc_preprocessor_res" in found:
            found["doc_preprocessor_res"] = {**place, **found["doc_preprocessor_res"]}
        return {"res": {**place, **found}}

    @property
    def str(self) -> dict[Text, Any]:
        """``{"res": {...}}`` with numpy arrays."""
        shown = dict(self)
        if "doc_preprocessor_res" in shown:
            plain = self.json["res"]["doc_preprocessor_res"]
            shown["doc_preprocessor_res"] = plain  # without the image
        return {"res": shown}

    @property
    def img(self) -> dict[Text, Image.Image]:
        """``ocr_res_img``, the page with the boxes and the texts beside it; {} if unreadable.

        Where pages may be turned, ``preprocessed_img`` is the page as it stands upright.
        """
        upright_page = self._upright()
        if self.page is None or upright_page is None:
            return {}
        pictures = {"ocr_res_img": to_pillow(draw(as_it_stands(self.page), upright_page))}
        if "doc_preprocessor_res" in self:
            pictures["preprocessed_img"] = to_pillow(upright_page)
        return pictures

    def _upright(self) -> BgrImage | None:
        if self.page is None or self.image is None:
            return None
        return upright(self.image, self.page.angle) if self.page.angle else self.image

    def print(self, json_format: bool = False, indent: int = 4, ensure_ascii: bool = False) -> None:
        """Print it on standard output, as JSON or as Python writes it with arrays shortened."""
        if json_format:
            text = json.dumps(self.json, indent=indent, ensure_ascii=ensure_ascii)
        else:
            with np.printoptions(threshold=1, edgeitems=1):
                text = repr(self.str)
        print(text)  # noqa: T201 - what the method is for

    def save_to_json(self, save_path: StrPath, indent: int = 4, ensure_ascii: bool = False) -> None:
        """Write ``json["res"]`` to a ``.json`` file, or into a folder as ``STEM_res.json``."""
        text = json.dumps(self.json["res"], indent=indent, ensure_ascii=ensure_ascii)
        save_text(text, save_path, f"{self.stem}_res.json")

    def save_to_img(self, save_path: StrPath) -> None:
        """Write the drawing to an image file, or into a folder as ``STEM_ocr_res_img.EXT``.

        ``EXT`` is the input's where it is an image, otherwise ``png``. A page that can't be read
        leaves no file.
        """
        for name, picture in self.img.items():
            save_image(picture, save_path, f"{self.stem}_{name}{self._suffix}")
            if Path(save_path).suffix.lower() in _IMAGE_SUFFIXES:
                break  # one file holds one

    def save_all(self, save_path: StrPath) -> None:
        """Write the JSON and the drawings into a folder."""
        self.save_to_json(save_path)
        self.save_to_img(save_path)


def _array(values: Any, dtype: type) -> Any:
    return np.asarray(values, dtype=dtype)


def to_pillow(image: BgrImage) -> Image.Image:
    """Return an image, (H, W, 3), uint8, BGR, as Pillow has it."""
    return Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
