"""PaddleHub's door: the base class of its modules, and what only PaddleHub needs."""

from hubocr.hub.module import HubModule
from hubocr.settings import pipeline_settings

__all__ = ["HubModule", "pipeline_settings"]
