"""The PaddleHub module ocr_det."""
