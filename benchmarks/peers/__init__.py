"""Other OCR systems, each in an environment and a process of its own."""
