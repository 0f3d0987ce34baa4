"""The replies of PaddleX's serving.

Keys are those of PaddleX 3.7 (``paddlex/inference/serving/schemas/ocr``) and of 3.0-beta; what has
no value is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import cv2

from hubocr.exporters.image import draw
from hubocr.exporters.paddlex import pruned_result
from hubocr.imaging import BgrImage
from hubocr.pipeline import Page
from hubocr.pipeline.turning import as_it_stands, upright
from hubocr.services.uploads import Kind
from hubocr.settings import OcrOptions

_LARGEST_SIDE = 2000
"""Images in replies are scaled into a square of this side, in pixels."""


def ocr_result(page: Page, image: BgrImage | None, options: OcrOptions) -> dict[str, Any]:
    """Return an item of ``ocrResults``.

    Its polygons are in pixels of the upright page, as PaddleX's are, and so is the drawing.

    Args:
        page: What was read.
        image: The page's image as it came, (H, W, 3), uint8, BGR; None: no images are sent.
        options: The options that it was read with.
    """
    stands = as_it_stands(page)
    result = pruned_result(stands, options)
    preprocessed = result.get("doc_preprocessor_res")
    if preprocessed is not None:
        preprocessed["angle"] = page.angle
    item: dict[str, Any] = {"prunedResult": result}
    if image is not None:
        turned = upright(image, page.angle) if page.angle else image
        item["ocrImage"] = jpeg(draw(stands, turned))
        if preprocessed is not None:
            item["docPreprocessingImage"] = jpeg(turned)
        item["inputImage"] = jpeg(image)
    return item


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


def beta_result(page: Page, image: BgrImage | None) -> dict[str, Any]:
    """Return the ``result`` of 3.0-beta."""
    texts = [
        {"poly": [list(point) for point in line.polygon], "text": line.text, "score": line.score}
        for line in page.lines
    ]
    return {"texts": texts} if image is None else {"texts": texts, "image": jpeg(draw(page, image))}


def jpeg(image: BgrImage) -> str:
    """Return an image as the base64 of a JPEG file, scaled down where it is large."""
    scale = _LARGEST_SIDE / max(image.shape[:2])
    if scale < 1:
        size = max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale))
        shown = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    else:
        shown = image
    return base64.b64encode(cv2.imencode(".jpg", shown)[1].tobytes()).decode("ascii")
