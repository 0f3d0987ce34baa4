"""Direction classification of line crops and of whole pages."""

from hubocr.classification.classifier import AngleClassifier, Classification, turn
from hubocr.classification.page import PageClassifier

__all__ = ["AngleClassifier", "Classification", "PageClassifier", "turn"]
