"""Every OCR service by the name of its hub module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubocr.services.base import Service
from hubocr.services.lines import ClassificationService, RecognitionService
from hubocr.services.pages import DetectionService, SystemService

SERVICES: Mapping[str, type[Service[Any]]] = {
    service.name: service
    for service in (DetectionService, ClassificationService, RecognitionService, SystemService)
}
