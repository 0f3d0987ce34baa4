"""The OCR services that every interface calls: images, options and a call in, typed results out."""

from hubocr.services.base import Answer, Observer, OcrRequest, Result, Service
from hubocr.services.images import ImageSource, base64_images
from hubocr.services.lines import ClassificationService, RecognitionService
from hubocr.services.pages import DetectionService, SystemService
from hubocr.services.registry import SERVICES

__all__ = [
    "SERVICES",
    "Answer",
    "ClassificationService",
    "DetectionService",
    "ImageSource",
    "Observer",
    "OcrRequest",
    "RecognitionService",
    "Result",
    "Service",
    "SystemService",
    "base64_images",
]
