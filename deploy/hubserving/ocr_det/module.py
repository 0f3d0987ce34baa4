"""ocr_det for PaddleHub: text detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddlehub.module.module import moduleinfo, runnable, serving

# PaddleHub takes the first module class it finds in this file: import modules, not classes.
import hubocr.hub


@moduleinfo(
    name="ocr_det",
    version="1.0.0",
    author="hubocr",
    author_email="",
    summary="ocr detection service",
    type="cv/text_detection",
)
class OCRDet(hubocr.hub.HubModule):
    """See `hubocr.hub.HubModule`."""

    service = "ocr_det"

    @serving  # type: ignore[untyped-decorator]
    def serving_method(self, images: object = None, **kwargs: object) -> Any:
        """Answer a request to /predict/ocr_det."""
        return self.answer(images, kwargs)

    @runnable  # type: ignore[untyped-decorator]
    def run_cmd(self, argvs: Sequence[str]) -> Any:
        """Answer ``hub run ocr_det --input_path IMAGE``."""
        return self.run(argvs)
