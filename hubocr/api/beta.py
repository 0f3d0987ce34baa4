"""Results of PaddleX 3.0-beta, as its tutorial shows them.

Sources: the PaddleX repository between September and November 2024,
``paddlex/inference/results/{base,ocr}.py`` and ``docs/pipeline_usage/OCR``.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hubocr.api.result import BaseResult, StrPath, to_pillow
from hubocr.api.saving import save_image, save_text
from hubocr.exporters.image import draw


class BetaResult(BaseResult):
    """A page with the keys of 3.0-beta and its methods; all lists are of equal length.

    ``img_path``, ``dt_polys``, ``dt_scores``, ``rec_text`` and ``rec_score``, and ``input_path`` as
    the second beta called the first. A page that can't be read has empty lists and ``error``.
    """

    def _content(self) -> dict[str, Any]:
        lines = () if self.page is None else self.page.lines
        path = {"img_path": self.path, "input_path": self.path}
        found = {
            "dt_polys": [np.asarray(line.polygon, np.int16) for line in lines],
            "dt_scores": [line.box.detection_score for line in lines],
            "rec_text": [line.text for line in lines],
            "rec_score": [line.score for line in lines],
        }
        failure = {} if self.error is None else {"error": self.error.message}
        return {**path, **found, **failure}

    @property
    def json(self) -> dict[str, Any]:
        """The dict with plain values."""
        return {**self, "dt_polys": [polygon.tolist() for polygon in self["dt_polys"]]}

    @property
    def img(self) -> Any:
        """The page with the boxes and the texts beside it, a Pillow image; None if unreadable."""
        if self.page is None or self.image is None:
            return None
        return to_pillow(draw(self.page, self.image))

    def print(
        self,
        json_format: bool = True,
        indent: int = 4,
        ensure_ascii: bool = False,
        *,
        format_json: bool | None = None,
    ) -> None:
        """Print it on standard output; the documentation called the switch ``format_json``."""
        is_json = json_format if format_json is None else format_json
        plain = self.json
        text = json.dumps(plain, indent=indent, ensure_ascii=ensure_ascii) if is_json else plain
        print(text)  # noqa: T201 - what the method is for

    def save_to_json(self, save_path: StrPath, indent: int = 4, ensure_ascii: bool = False) -> None:
        """Write it to a ``.json`` file, or into a folder as ``STEM.json``."""
        text = json.dumps(self.json, indent=indent, ensure_ascii=ensure_ascii)
        save_text(text, save_path, f"{self.stem}.json")

    def save_to_img(self, save_path: StrPath) -> None:
        """Write the drawing to an image file, or into a folder as ``STEM.jpg``."""
        drawing = self.img
        if drawing is not None:
            save_image(drawing, save_path, f"{self.stem}.jpg")

    def save_all(self, save_path: StrPath) -> None:
        """Write both into a folder."""
        self.save_to_json(save_path)
        self.save_to_img(save_path)
