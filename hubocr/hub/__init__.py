"""The interface to PaddleHub: the base class of its modules, and what only PaddleHub needs."""

from hubocr.hub.module import HubModule

__all__ = ["HubModule"]
