"""Text recognition: preprocessing, the CTC network, charset and decoding."""

from hubocr.recognition.cascade import CascadeRecognizer, Recognizer, load_recognizer
from hubocr.recognition.ctc import decode_greedy
from hubocr.recognition.recognizer import TextRecognizer
from hubocr.recognition.results import Alternative, Character, Recognition, Word
from hubocr.recognition.vocabulary import Vocabulary, load_vocabulary, read_dictionary
from hubocr.settings.charset import NAMED_SETS, AllowedCharacters, parse_charset

__all__ = [
    "NAMED_SETS",
    "AllowedCharacters",
    "Alternative",
    "CascadeRecognizer",
    "Character",
    "Recognition",
    "Recognizer",
    "TextRecognizer",
    "Vocabulary",
    "Word",
    "decode_greedy",
    "load_recognizer",
    "load_vocabulary",
    "parse_charset",
    "read_dictionary",
]
