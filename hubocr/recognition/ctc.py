"""CTC decoding, the greedy way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hubocr.recognition.results import Character, Recognition
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.settings import DecodingSettings

BLANK = 0


_PLAIN = DecodingSettings()


def decode_greedy(
    probabilities: NDArray[np.float32], vocabulary: Vocabulary, settings: DecodingSettings = _PLAIN
) -> Recognition:
    """Return the text of one line from its probabilities, shape (steps, classes).

    The most probable class of every step is taken, repeats are merged, blanks dropped (Graves et
    al., Connectionist Temporal Classification, 2006, best path decoding).

    Args:
        probabilities: The model's, float32; class 0 is the blank.
        vocabulary: The model's characters.
        settings: What is wanted besides the text; nothing may be known of it.
    """
    steps, kept = best_path(probabilities)
    if settings.trim_spaces:
        inner = inner_part(kept, vocabulary.characters)
        steps, kept = steps[inner], kept[inner]
    if not len(steps):
        return Recognition.nothing(settings)
    scores = probabilities[steps, kept]
    text = vocabulary.text(kept.tolist())
    if not settings.char_scores and not settings.word_boxes:
        return Recognition(text, float(np.mean(scores)))
    texts = [vocabulary.characters[index - 1] for index in kept]
    order = vocabulary.order(texts)
    return Recognition(
        text,
        float(np.mean(scores)),
        tuple(scores[order].tolist()) if settings.char_scores else None,
        characters=characters_at(probabilities, steps, kept, texts, order)
        if settings.word_boxes
        else None,
    )


def inner_part(classes: NDArray[np.intp], symbols: Sequence[str]) -> slice:
    """Return where a string is without the spaces at its ends.

    Args:
        classes: The string, without blanks.
        symbols: Text of class 1, 2, and so on.
    """
    start, end = 0, len(classes)
    while start < end and symbols[classes[start] - 1].isspace():
        start += 1
    while end > start and symbols[classes[end - 1] - 1].isspace():
        end -= 1
    return slice(start, end)


def characters_at(
    probabilities: NDArray[np.floating],
    steps: NDArray[np.intp],
    classes: NDArray[np.intp],
    texts: Sequence[str],
    order: Sequence[int],
) -> tuple[Character, ...]:
    """Return the characters of a path with their places.

    Args:
        probabilities: Shape (steps, classes).
        steps: Where each character begins, (characters,), ascending.
        classes: The class of each, (characters,).
        texts: What each class stands for.
        order: Places of the characters in the order of the text.
    """
    ends = np.append(steps, len(probabilities))[1:]
    found = []
    for start, end, index, text in zip(steps, ends, classes, texts, strict=True):
        weights = probabilities[start:end, index].astype(np.float64)
        sum_ = float(weights.sum())
        away = float(weights @ np.arange(end - start)) / sum_ if sum_ > 0 else 0.0
        score = min(float(probabilities[start, index]), 1.0)
        found.append(Character(text, score, float(start) + away))
    return tuple(found[place] for place in order)


def best_path(
    probabilities: NDArray[np.floating],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the steps at which characters begin on the most probable path, and their classes.

    Args:
        probabilities: Shape (steps, classes); class 0 is the blank.

    Returns:
        Two arrays (characters,), int.
    """
    classes = probabilities.argmax(axis=1)
    changed = np.ones(len(classes), dtype=bool)
    changed[1:] = classes[1:] != classes[:-1]
    steps = np.flatnonzero(changed & (classes != BLANK))
    return steps, classes[steps]


def first_steps(probabilities: NDArray[np.floating], classes: Sequence[int]) -> NDArray[np.intp]:
    """Return the step at which each class of a string begins on the string's best path.

    That is the Viterbi path through the string's classes with blanks between them (Graves et al.,
    2006, section 4.1, with the maximum in place of the sum). For the greedy text it is the greedy
    path, so that scores taken there are comparable with the greedy ones.

    Args:
        probabilities: Shape (steps, classes); class 0 is the blank.
        classes: The string, without blanks; the steps have to be enough for it.

    Returns:
        Steps, int, (len(classes),).
    """
    if not len(classes):
        return np.zeros(0, np.intp)
    labels = np.zeros(2 * len(classes) + 1, np.intp)
    labels[1::2] = classes
    # A blank between two different classes may be left out.
    skip_cost = np.full(len(labels), -np.inf)
    skip_cost[3::2][labels[3::2] != labels[1:-2:2]] = 0
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities[:, labels].astype(np.float64))
    best = np.full(len(labels) + 2, -np.inf)  # two places in front, where no path comes from
    best[2:4] = logs[0, :2]
    ways = np.empty((3, len(labels)))
    moves = np.zeros(logs.shape, np.intp)
    for step in range(1, len(logs)):
        ways[0] = best[2:]
        ways[1] = best[1:-1]
        np.add(best[:-2], skip_cost, out=ways[2])
        ways.argmax(axis=0, out=moves[step])
        np.add(ways.max(axis=0), logs[step], out=best[2:])
    state = len(labels) - 1 if best[-1] > best[-2] else len(labels) - 2
    first = np.zeros(len(labels), np.intp)
    for step in range(len(logs) - 1, -1, -1):
        first[state] = step
        state -= int(moves[step, state])
    return first[1::2]
