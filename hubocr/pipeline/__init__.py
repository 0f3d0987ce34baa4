"""The pipeline that all doors share, and its results."""

from hubocr.pipeline.ocr import OcrPipeline
from hubocr.pipeline.results import Box, Line, Page

__all__ = ["Box", "Line", "OcrPipeline", "Page"]
