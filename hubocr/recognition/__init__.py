"""Text recognition: preprocessing, the CTC network, charset and decoding."""

from hubocr.recognition.charset import Charset, load_charset, read_dictionary
from hubocr.recognition.constraints import CHARACTER_SETS, CharacterSet, parse_charset
from hubocr.recognition.ctc import Alternative, Recognition, decode_greedy
from hubocr.recognition.recognizer import TextRecognizer

__all__ = [
    "CHARACTER_SETS",
    "Alternative",
    "CharacterSet",
    "Charset",
    "Recognition",
    "TextRecognizer",
    "decode_greedy",
    "load_charset",
    "parse_charset",
    "read_dictionary",
]
