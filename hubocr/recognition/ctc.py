"""Greedy CTC decoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.recognition.charset import Charset

BLANK = 0


@dataclass(frozen=True)
class Recognition:
    """The text of one line.

    Attributes:
        text: The characters, empty where nothing was read.
        score: Mean probability of the characters, from 0 to 1; 0.0 where nothing was read.
    """

    text: str
    score: float


def decode_greedy(probabilities: NDArray[np.float32], charset: Charset) -> Recognition:
    """Return the text of one line from its probabilities, shape (steps, classes).

    The most probable class of every step is taken, repeats are merged, blanks dropped (Graves et
    al., Connectionist Temporal Classification, 2006, best path decoding).
    """
    classes = probabilities.argmax(axis=1)
    changed = np.ones(len(classes), dtype=bool)
    changed[1:] = classes[1:] != classes[:-1]
    steps = np.flatnonzero(changed & (classes != BLANK))
    if not len(steps):
        return Recognition("", 0.0)
    kept = classes[steps]
    score = float(np.mean(probabilities[steps, kept]))
    return Recognition(charset.text(kept.tolist()), score)
