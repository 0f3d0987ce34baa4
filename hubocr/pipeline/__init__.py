"""The pipeline that all doors share, its results and their export."""

from hubocr.pipeline.ocr import OcrPipeline
from hubocr.pipeline.results import OcrResult, StageTimes, TextLine

__all__ = ["OcrPipeline", "OcrResult", "StageTimes", "TextLine"]
