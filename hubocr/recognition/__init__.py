"""Text recognition: preprocessing, the CTC network, charset and decoding."""

from hubocr.recognition.charset import Charset, load_charset, read_dictionary
from hubocr.recognition.ctc import Recognition, decode_greedy
from hubocr.recognition.recognizer import TextRecognizer

__all__ = [
    "Charset",
    "Recognition",
    "TextRecognizer",
    "decode_greedy",
    "load_charset",
    "read_dictionary",
]
