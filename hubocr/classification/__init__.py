"""Direction classification of line crops."""

from hubocr.classification.classifier import AngleClassifier, Classification, turn

__all__ = ["AngleClassifier", "Classification", "turn"]
