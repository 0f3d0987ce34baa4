"""The hubserving wire: request decoding, parameters, services, and the modules' base classes."""

from hubocr.hub.module import ClsModule, DetModule, HubModule, RecModule, SystemModule
from hubocr.hub.params import pipeline_settings
from hubocr.hub.services import (
    ClassificationService,
    DetectionService,
    RecognitionService,
    Service,
    SystemService,
)

__all__ = [
    "ClassificationService",
    "ClsModule",
    "DetModule",
    "DetectionService",
    "HubModule",
    "RecModule",
    "RecognitionService",
    "Service",
    "SystemModule",
    "SystemService",
    "pipeline_settings",
]
