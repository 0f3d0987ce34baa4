"""The PaddleHub module ocr_cls."""
