"""The replies of PaddleX's serving.

Keys are those of PaddleX 3.7 (``paddlex/inference/serving/schemas/ocr``) and of 3.0-beta; what has
no value is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import cv2

from hubocr.exporters.image import draw
from hubocr.exporters.paddlex import pruned_result
from hubocr.imaging import BgrImage
from hubocr.imaging.draw import shrunk
from hubocr.pipeline import Page
from hubocr.pipeline.turning import as_it_stands, upright
from hubocr.services.uploads import Kind
from hubocr.settings import OcrOptions

Pictures = Mapping[str, str]
"""Pictures of a reply by their keys: the base64 of JPEG files."""

_LARGEST_SIDE = 2000
"""Images in replies are scaled into a square of this side, in pixels."""


LARGEST_PICTURES = 3_000_000
"""Bytes that the pictures of a page take, unless there is much on them."""


def ocr_pictures(page: Page, image: BgrImage, options: OcrOptions) -> Pictures:
    """Return the pictures of an item of ``ocrResults``, as the base64 of JPEG files.

    They are made of a copy that is scaled down first: a page of 50 megapixels would be held
    several times otherwise.

    Args:
        page: What was read.
        image: The page's image as it came, (H, W, 3), uint8, BGR.
        options: The options that it was read with.
    """
    shown = shrunk(image, _LARGEST_SIDE)
    turned = upright(shown, page.angle) if page.angle else shown
    stands = as_it_stands(page)
    pictures = {"ocrImage": _drawing(stands, turned)}
    if pruned_result(stands, options).get("doc_preprocessor_res") is not None:
        pictures["docPreprocessingImage"] = _jpeg(turned)
    return {**pictures, "inputImage": _jpeg(shown)}


def ocr_result(page: Page, pictures: Pictures, options: OcrOptions) -> dict[str, Any]:
    """Return an item of ``ocrResults``.

    Its polygons are in pixels of the upright page, as PaddleX's are, and so is the drawing.

    Args:
        page: What was read.
        pictures: Its pictures, where some are wanted; see `ocr_pictures`.
        options: The options that it was read with.
    """
    return {"prunedResult": pruned_result(page, options), **pictures}


def data_info(pages: Sequence[Page], kind: Kind) -> dict[str, Any]:
    """Return ``dataInfo``.

    Args:
        pages: What was read.
        kind: What the file is.
    """
    sizes = [{"width": page.width, "height": page.height} for page in pages]
    if kind == "image":
        return {**sizes[0], "type": "image"}
    return {"numPages": len(sizes), "pages": sizes, "type": kind}


def beta_pictures(page: Page, image: BgrImage) -> Pictures:
    """Return the picture of 3.0-beta's ``result``; see `ocr_pictures`."""
    return {"image": _drawing(page, shrunk(image, _LARGEST_SIDE))}


def beta_result(page: Page, pictures: Pictures) -> dict[str, Any]:
    """Return the ``result`` of 3.0-beta."""
    texts = [
        {"poly": [list(point) for point in line.polygon], "text": line.text, "score": line.score}
        for line in page.lines
    ]
    return {"texts": texts, **pictures}


def _drawing(page: Page, image: BgrImage) -> str:
    """Return the page drawn with its texts beside it, which make it twice as wide."""
    height, width = image.shape[:2]
    side = int(max(height, width) * min(1.0, _LARGEST_SIDE / max(height, 2 * width)))
    return _jpeg(draw(page, shrunk(image, side)))


def _jpeg(image: BgrImage) -> str:
    """Return an image as the base64 of a JPEG file."""
    return base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode("ascii")
