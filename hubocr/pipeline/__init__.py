"""The pipeline that all interfaces share, and its results."""

from hubocr.pipeline.blocks import Block, blocks_of
from hubocr.pipeline.lines import LinePipeline
from hubocr.pipeline.ocr import OcrPipeline
from hubocr.pipeline.results import Box, Line, Page

__all__ = ["Block", "Box", "Line", "LinePipeline", "OcrPipeline", "Page", "blocks_of"]
