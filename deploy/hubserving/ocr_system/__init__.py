"""The PaddleHub module ocr_system."""
