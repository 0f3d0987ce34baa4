"""The kinds of recognisers: how each wants its lines, what its output means, whose characters.

A family is told by the model's files alone:

- `hubocr.recognition.families.ddddocr`: an ONNX file with ``charsets.json`` beside it;
- `hubocr.recognition.families.modelscope`: an ONNX file of three pieces of a line, with
  ``vocab.txt``;
- `hubocr.recognition.families.ppocr`: any other.
"""

from hubocr.recognition.families.base import Family
from hubocr.recognition.families.load import load_family
from hubocr.recognition.families.ppocr import PpOcrFamily

__all__ = ["Family", "PpOcrFamily", "load_family"]
