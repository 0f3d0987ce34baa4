"""hubocr: self-hosted OCR serving on PP-OCR models."""

__version__ = "0.1.0"
