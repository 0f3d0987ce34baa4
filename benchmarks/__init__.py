"""Measurements of hubocr: parity with the reference, accuracy on labelled images, peers."""
