"""ocr_cls for PaddleHub: direction classification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddlehub.module.module import moduleinfo, runnable, serving

# PaddleHub takes the first module class it finds in this file: import modules, not classes.
import hubocr.hub


@moduleinfo(
    name="ocr_cls",
    version="1.0.0",
    author="hubocr",
    author_email="",
    summary="ocr angle cls service",
    type="cv/text_angle_cls",
)
class OCRCls(hubocr.hub.HubModule):
    """See `hubocr.hub.HubModule`."""

    service = "ocr_cls"

    @serving  # type: ignore[untyped-decorator]
    def serving_method(self, images: object = None, **kwargs: object) -> Any:
        """Answer a request to /predict/ocr_cls."""
        return self.answer(images, kwargs)

    @runnable  # type: ignore[untyped-decorator]
    def run_cmd(self, argvs: Sequence[str]) -> Any:
        """Answer ``hub run ocr_cls --input_path IMAGE``."""
        return self.run(argvs)
