"""ocr_system for PaddleHub: detection, classification and recognition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddlehub.module.module import moduleinfo, runnable, serving

# PaddleHub takes the first module class it finds in this file: import modules, not classes.
import hubocr.hub


@moduleinfo(
    name="ocr_system",
    version="1.0.0",
    author="hubocr",
    author_email="",
    summary="ocr system service",
    type="cv/PP-OCR_system",
)
class OCRSystem(hubocr.hub.HubModule):
    """See `hubocr.hub.HubModule`."""

    service = "ocr_system"

    @serving  # type: ignore[untyped-decorator]
    def serving_method(self, images: object = None, **kwargs: object) -> Any:
        """Answer a request to /predict/ocr_system."""
        return self.answer(images, kwargs)

    def create_gradio_app(self) -> Any:
        """Return the web page that PaddleHub shows at /gradio/ocr_system."""
        return self.page()

    @runnable  # type: ignore[untyped-decorator]
    def run_cmd(self, argvs: Sequence[str]) -> Any:
        """Answer ``hub run ocr_system --input_path IMAGE``."""
        return self.run(argvs)
