"""The images of pages, kept until their document is written."""

from __future__ import annotations

import cv2
import numpy as np

from hubocr.errors import DocumentTooLargeError, RequestError
from hubocr.imaging import BgrImage
from hubocr.imaging.draw import LONGEST_SIDE, shrunk

_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


class KeptImages:
    """The images of a document's pages in memory; all but a single one as PNG files.

    Args:
        are_wanted: Whether they are kept at all.
        most_bytes: Most bytes of the PNG files together; None: without limit.
    """

    def __init__(self, are_wanted: bool = True, most_bytes: int | None = None) -> None:
        self._are_wanted = are_wanted
        self._left = most_bytes
        self._single: BgrImage | None = None
        self._files: list[bytes] = []

    def add(self, image: BgrImage) -> None:
        """Keep the image of the next page, (H, W, 3), uint8, BGR.

        Raises:
            DocumentTooLargeError: The images take more memory than they may.
        """
        if not self._are_wanted:
            return
        image = shrunk(image, LONGEST_SIDE)
        if self._single is None and not self._files:
            self._single = image
            return
        if self._single is not None:
            self._keep(self._single)
            self._single = None
        self._keep(image)

    def _keep(self, image: BgrImage) -> None:
        packed = _packed(image)
        if self._left is not None:
            self._left -= len(packed)
            if self._left < 0:
                raise DocumentTooLargeError(
                    "the images of the pages take too much memory: send fewer pages at a time"
                )
        self._files.append(packed)

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
