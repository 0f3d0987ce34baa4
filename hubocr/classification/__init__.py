"""Direction classification of line crops and of whole pages."""

from hubocr.classification.classifier import AngleClassifier, Classification, turn
from hubocr.classification.directions import LINE_DIRECTIONS, PAGE_DIRECTIONS, turned
from hubocr.classification.page import PAGE_SIZE, PageClassifier, page_tensor

__all__ = [
    "LINE_DIRECTIONS",
    "PAGE_DIRECTIONS",
    "PAGE_SIZE",
    "AngleClassifier",
    "Classification",
    "PageClassifier",
    "page_tensor",
    "turn",
    "turned",
]
