"""The pipeline that all doors share, its results and their export."""

from hubocr.pipeline.ocr import OcrPipeline
from hubocr.pipeline.results import Box, OcrResult, StageTimes, TextLine

__all__ = ["Box", "OcrPipeline", "OcrResult", "StageTimes", "TextLine"]
