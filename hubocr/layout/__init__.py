"""Where text belongs on a page: its direction, its reading order, its words."""

from hubocr.layout.direction import Direction, LineVote, decide_direction, is_turned
from hubocr.layout.order import reading_order
from hubocr.layout.standing import Standing, standings
from hubocr.layout.words import find_words, with_words, words_of_line

__all__ = [
    "Direction",
    "LineVote",
    "Standing",
    "decide_direction",
    "find_words",
    "is_turned",
    "reading_order",
    "standings",
    "with_words",
    "words_of_line",
]
