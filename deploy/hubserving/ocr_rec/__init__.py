"""The PaddleHub module ocr_rec."""
