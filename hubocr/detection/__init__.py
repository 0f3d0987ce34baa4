"""Text detection: preprocessing, the DB network, and its post-processing."""

from hubocr.detection.detector import Detections, TextDetector

__all__ = ["Detections", "TextDetector"]
