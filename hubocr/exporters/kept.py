"""The images of pages, kept until their document is written."""

from __future__ import annotations

import cv2
import numpy as np

from hubocr.errors import RequestError
from hubocr.imaging import BgrImage

_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


class KeptImages:
    """The images of a document's pages in memory; all but a single one as PNG files.

    Args:
        are_wanted: Whether they are kept at all.
    """

    def __init__(self, are_wanted: bool = True) -> None:
        self._are_wanted = are_wanted
        self._single: BgrImage | None = None
        self._files: list[bytes] = []

    def add(self, image: BgrImage) -> None:
        """Keep the image of the next page, (H, W, 3), uint8, BGR."""
        if not self._are_wanted:
            return
        if self._single is None and not self._files:
            self._single = image
            return
        if self._single is not None:
            self._files.append(_packed(self._single))
            self._single = None
        self._files.append(_packed(image))

    def __call__(self, place: int) -> BgrImage:
        """Return the image of a page, as `Document.image` does."""
        if self._single is not None and place == 0:
            return self._single
        if place >= len(self._files):
            raise RequestError(f"the image of page {place + 1} was not kept")
        data = np.frombuffer(self._files[place], np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("an image that was kept can't be decoded")
        return image.astype(np.uint8, copy=False)


def _packed(image: BgrImage) -> bytes:
    return cv2.imencode(".png", image, _FAST)[1].tobytes()
