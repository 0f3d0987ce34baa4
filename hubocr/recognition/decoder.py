"""Decoding of a line by what is known of its text.

The limits act on the probabilities, with the blank apart from the vocabulary, and never on a
finished text: a character that isn't allowed is replaced by the likeliest one that is, or by none,
instead of being cut out.

Where the best path already leads to an allowed text, that is the text: so limits that are true of
the image can't make a right text wrong. Otherwise it is the most probable of the allowed strings
(`hubocr.recognition.beam`). The most probable string, the sum over all its paths, is the better
choice where the best path breaks the limits, but not always where it keeps them: PP-OCRv4 sees a
faint full stop in many steps behind a captcha, none of which reaches the blank, while their sum
does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hubocr.recognition.alphabet import Alphabet
from hubocr.recognition.beam import Hypothesis, search
from hubocr.recognition.ctc import best_path, characters_at, first_steps, inner_part
from hubocr.recognition.results import Alternative, Recognition
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.settings import DecodingSettings


def decode_restricted(
    probabilities: NDArray[np.float32],
    vocabulary: Vocabulary,
    alphabet: Alphabet,
    settings: DecodingSettings,
    check: Callable[[], None] | None = None,
) -> Recognition:
    """Return the text of one line from its probabilities, shape (steps, classes).

    The score is made as the greedy one: the mean, over the characters, of the model's probability
    of the character (added up over the two cases where they are one) at the step where it begins
    on the text's best path. It says what the model thought of these characters, so that it is low
    where the limits overruled the model; the probabilities of the alternatives say how sure the
    choice is given the limits.

    The alternatives are the most probable strings. The text is nearly always the first of them;
    see above for when it isn't.

    Args:
        probabilities: The model's, float32; class 0 is the blank.
        vocabulary: The model's characters.
        alphabet: Its symbols, and those that the settings leave.
        settings: The limits, and what is wanted besides the text.
        check: Called now and then; may raise where the result isn't wanted any more.

    Returns:
        The text; empty with a score of 0.0 where the line has too few steps for any text of the
        length.
    """
    whole = alphabet.add_up(probabilities)
    shortest, longest = settings.length_limits
    steps, symbols = best_path(whole)
    if settings.trim_spaces:
        inner = inner_part(symbols, alphabet.symbols)
        steps, symbols = steps[inner], symbols[inner]
    is_kept = (
        shortest <= len(symbols) <= (len(whole) if longest is None else longest)
        and alphabet.allowed[symbols].all()
    )
    choices = alphabet.choices
    found: list[Hypothesis] = []
    if settings.alternatives or not is_kept:
        found = search(
            whole.take(choices, axis=1),
            shortest=shortest,
            longest=longest,
            width=max(settings.beam_width, settings.alternatives),
            check=check,
        )
    strings = [choices.take(other.classes) for other in found]
    if settings.trim_spaces:
        strings = [string[inner_part(string, alphabet.symbols)] for string in strings]
    if not is_kept:
        symbols = strings[0] if strings else symbols[:0]
        steps = first_steps(whole, symbols.tolist())
    # Rounding may take a sum of two cases above 1.
    scores = np.minimum(whole[steps, symbols], 1)
    texts = [alphabet.symbols[symbol - 1] for symbol in symbols]
    order = vocabulary.order(texts)
    return Recognition(
        _text(symbols, vocabulary, alphabet),
        float(np.mean(scores)) if len(scores) else 0.0,
        tuple(scores[order].tolist()) if settings.char_scores else None,
        tuple(
            Alternative(_text(string, vocabulary, alphabet), other.probability)
            for string, other in zip(strings, found, strict=True)
        )[: settings.alternatives]
        if settings.alternatives
        else None,
        characters=characters_at(whole, steps, symbols, texts, order)
        if settings.word_boxes
        else None,
    )


def _text(symbols: NDArray[np.intp], vocabulary: Vocabulary, alphabet: Alphabet) -> str:
    return vocabulary.arranged("".join(alphabet.symbols[symbol - 1] for symbol in symbols))
