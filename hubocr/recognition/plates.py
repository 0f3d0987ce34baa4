"""Chinese licence plates: what their text may be, and readings corrected by it.

A plate is the character of a province, a letter for the issuing office, and five characters, six on
those of cars with new energy (GA 36-2018, the standard of motor vehicle plates in China). Serial
numbers have no I and no O, so that what looks like them is 1 and 0 there; an office is a letter. A
few kinds of vehicle have a Chinese character at the end.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hubocr.recognition.results import Recognition

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ENDS = "挂学警港澳使领"

_PLATE = re.compile(
    rf"(?P<province>[{_PROVINCES}])(?P<office>[A-Z0-9])[·.•・\- ]?"
    rf"(?P<serial>[A-Z0-9]{{5,6}}|[A-Z0-9]{{4}}[{_ENDS}])",
    re.IGNORECASE,
)

_AS_LETTER = str.maketrans("0245678", "DZASGTB")
"""The letter that a digit looks like where a letter has to be; 1, 3 and 9 are like none that is
given to an office."""

_SURE_PROVINCE = 0.9
"""Probability of a province from which no dot is needed."""

_AS_SERIAL = str.maketrans("OI", "01")


def corrected_plate(text: str) -> str | None:
    """Return a Chinese plate as its grammar has it, or None where a text is none.

    Only look-alikes are exchanged, one for one: the text keeps its length and its separator.
    """
    found = _PLATE.fullmatch(text)
    if found is None:
        return None
    office = found["office"].upper().translate(_AS_LETTER)
    if not office.isalpha():
        return None
    start, end = found.span("serial")
    serial = text[start:end].upper().translate(_AS_SERIAL)
    return f"{found['province']}{office}{text[2:start]}{serial}"


def is_surely_plate(reading: Recognition) -> bool:
    """Say whether a reading, with the probabilities of its characters, is a Chinese plate.

    Emblems and frames beside other plates look like a province; what tells a province is its
    probability, or the dot that follows the office on Chinese plates alone.
    """
    text, scores = reading.text, reading.char_scores
    if corrected_plate(text) is None or not scores:
        return False
    return not text[2].isalnum() or scores[0] >= _SURE_PROVINCE


def as_plate(reading: Recognition) -> Recognition:
    """Return a reading corrected by the grammar of plates; others as they are."""
    text = corrected_plate(reading.text)
    if text is None or text == reading.text:
        return reading
    characters = reading.characters
    if characters is not None and len(characters) == len(text):
        characters = tuple(
            replace(one, text=letter) for one, letter in zip(characters, text, strict=True)
        )
    return replace(reading, text=text, characters=characters)
