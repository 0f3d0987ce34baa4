"""Text recognition: preprocessing, the CTC network, charset and decoding."""

from hubocr.recognition.charset import Charset, load_charset, read_dictionary
from hubocr.recognition.ctc import decode_greedy
from hubocr.recognition.recognizer import TextRecognizer
from hubocr.recognition.results import Alternative, Character, Recognition, Word
from hubocr.settings.charset import NAMED_SETS, AllowedCharacters, parse_charset

__all__ = [
    "NAMED_SETS",
    "AllowedCharacters",
    "Alternative",
    "Character",
    "Charset",
    "Recognition",
    "TextRecognizer",
    "Word",
    "decode_greedy",
    "load_charset",
    "parse_charset",
    "read_dictionary",
]
