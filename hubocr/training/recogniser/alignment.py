"""Where in an image its characters are, by the output of a CTC network.

Of all paths that give the text, the most likely one (the Viterbi path over the blanks and
characters of CTC: Graves et al., Connectionist Temporal Classification, 2006) says at which step
each character is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.training.recogniser.shape import steps_needed

_BLANK = 0


@dataclass(frozen=True)
class Alignment:
    """The most likely path of a text.

    Attributes:
        steps: For each character the step of its part of the path where it is most likely.
        score: Logarithm of the path's probability, divided by the number of characters.
    """

    steps: tuple[int, ...]
    score: float


def align(logits: NDArray[np.float32], classes: Sequence[int]) -> Alignment | None:
    """Return where the characters of a text are; None if it takes more steps than there are.

    Args:
        logits: (steps, classes), before the softmax.
        classes: Classes of the text, none of them the blank.
    """
    if not classes or steps_needed(classes) > len(logits):
        return None
    rows = logits.astype(np.float64)
    rows = rows - rows.max(axis=1, keepdims=True)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
    states = np.full(2 * len(classes) + 1, _BLANK)
    states[1::2] = classes
    scores = rows[:, states]  # of each state at each step
    # A blank between two characters can be left out, unless they are the same.
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -np.inf)
    best[:2] = scores[0, :2]
    moves = np.zeros(scores.shape, np.int64)
    for step in range(1, len(scores)):
        from_last = np.concatenate([[-np.inf], best[:-1]])
        from_skipped = np.where(skips, np.concatenate([[-np.inf] * 2, best[:-2]]), -np.inf)
        ways = np.stack([best, from_last, from_skipped])
        moves[step] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[step]
    state = len(states) - (1 if best[-1] > best[-2] else 2)
    score = float(best[state]) / len(classes)
    path = np.empty(len(scores), np.int64)
    for step in range(len(scores) - 1, -1, -1):
        path[step] = state
        state -= moves[step, state]
    own = [np.flatnonzero(path == 2 * place + 1) for place in range(len(classes))]
    peaks = [int(at[scores[at, 2 * place + 1].argmax()]) for place, at in enumerate(own)]
    return Alignment(tuple(peaks), score)
