"""Prefix beam search over CTC probabilities, with limits on the length of the string.

The probability of a string is the sum over all its paths (Graves et al., Connectionist Temporal
Classification, 2006, eq. 3). The search goes through the steps and keeps the best prefixes, each
with the probability of its paths that end in a blank and of those that end in its last class
(Hannun et al., First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
Recurrent DNNs, 2014, algorithm 1).

Limits on the length are no filter at the end: the prefixes are ranked by the probability that they
are continued to a string within the limits, which the backward recursion of `_look_ahead` gives
exactly. So a prefix that is the likelier one now, but can only become too short, makes room.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.recognition.ctc import BLANK

_NEGLIGIBLE_CLASS = 1e-4
"""A class that never reaches this share of a step plays no part, unless it is among the best."""

_LEAST_CLASSES, _MOST_CLASSES = 16, 128
"""So many of the best classes always play a part, and never more than these; the look-ahead of a
long line would otherwise take hundreds of megabytes."""

_NEGLIGIBLE_PREFIX = 1e-9
"""A prefix is dropped where it is this much less probable than the best one."""


@dataclass(frozen=True)
class Hypothesis:
    """A string that the search has found.

    Attributes:
        classes: Its classes, none of them the blank.
        probability: Sum over its paths, as a share of the paths of all strings within the limits.
            Paths through prefixes that the beam dropped are missing from it.
    """

    classes: tuple[int, ...]
    probability: float


def search(
    probabilities: NDArray[np.floating],
    *,
    shortest: int = 0,
    longest: int | None = None,
    width: int = 16,
    check: Callable[[], None] | None = None,
) -> list[Hypothesis]:
    """Return the most probable strings, best first.

    Args:
        probabilities: Weights of the classes at every step, shape (steps, classes), not negative;
            class 0 is the blank. A step's weights are taken as shares of their sum, so that
            columns may have been left out; a step without any weight is taken for a blank.
        shortest: Smallest number of classes in a string.
        longest: Largest number of classes in a string; None: as many as there are steps.
        width: Prefixes that are kept at a step, and strings that are returned at most.
        check: Called between steps; may raise where the result isn't wanted any more.

    Returns:
        At most ``width`` strings within the limits; none where the steps can't hold any (a string
        needs a step for each class and one for the blank between two equal ones).
    """
    columns, rows = _normalised(probabilities)
    longest = len(rows) if longest is None else min(longest, len(rows))
    if shortest > longest:
        return []
    limited = shortest > 0 or longest < len(rows)
    ahead = _look_ahead(rows, shortest, longest) if limited else None
    if ahead is not None and not ahead.total_log > -math.inf:
        return []
    prefixes, weights, scale_log = _search_forward(rows, ahead, longest, width, check)
    # Without limits all strings together have probability 1.
    total_log = ahead.total_log if ahead is not None else 0.0
    return [
        Hypothesis(
            tuple(int(columns[index]) for index in prefixes.classes(node)),
            min(1.0, math.exp(math.log(weight) + scale_log - total_log)),
        )
        for weight, node in weights
    ]


def _normalised(
    probabilities: NDArray[np.floating],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the classes that play a part, the blank first, and their shares of each step."""
    if not len(probabilities):
        return np.zeros(1, np.int64), np.zeros((0, 1))
    # In float64, since the shares of improbable strings are products of many small numbers.
    sums = probabilities.sum(axis=1, dtype=np.float64, keepdims=True)
    empty = sums[:, 0] <= 0
    sums[empty] = 1
    # In the type of the input: there may be thousands of classes.
    peaks = (probabilities * (1 / sums).astype(probabilities.dtype)).max(axis=0)
    peaks[BLANK] = -1
    count = int(np.count_nonzero(peaks > _NEGLIGIBLE_CLASS))
    count = min(max(count, _LEAST_CLASSES), _MOST_CLASSES, len(peaks) - 1)
    best = np.sort(np.argpartition(-peaks, count - 1)[:count]) if count else np.zeros(0, np.int64)
    columns = np.concatenate([[BLANK], best]).astype(np.int64)
    rows = probabilities[:, columns].astype(np.float64) / sums
    rows[empty, BLANK] = 1
    return columns, rows


@dataclass(frozen=True)
class _LookAhead:
    """What a prefix may still become.

    Attributes:
        shares: Array (steps + 1, lengths, classes): for a prefix of a length whose path stands in
            a class (0: in a blank, or at the start) before a step, the probability of the rest
            leading to a length within the limits. Each step is scaled to a largest value of 1.
        total_log: Logarithm of the probability of all strings within the limits.
    """

    shares: NDArray[np.float64]
    total_log: float


def _look_ahead(rows: NDArray[np.float64], shortest: int, longest: int) -> _LookAhead:
    steps, classes = rows.shape
    shares = np.zeros((steps + 1, longest + 1, classes))
    shares[steps, shortest:] = 1
    scale_log = 0.0
    for step in range(steps - 1, -1, -1):
        weighted = rows[step] * shares[step + 1]
        here = shares[step]
        here[:] = weighted[:, :1]  # a blank comes
        here[:, 1:] += weighted[:, 1:]  # the class goes on
        # Another class comes. Sums from both sides leave one out without a subtraction, which
        # would lose everything small.
        new = weighted[1:, 1:]
        from_left = np.cumsum(new, axis=1)
        from_right = np.cumsum(new[:, ::-1], axis=1)[:, ::-1]
        here[:-1, 0] += from_left[:, -1] if classes > 1 else 0
        here[:-1, 2:] += from_left[:, :-1]
        here[:-1, 1:-1] += from_right[:, 1:]
        peak = float(here.max())
        if peak <= 0:
            return _LookAhead(shares, -math.inf)
        here /= peak
        scale_log += math.log(peak)
    start = float(shares[0, 0, BLANK])
    return _LookAhead(shares, math.log(start) + scale_log if start > 0 else -math.inf)


class _Prefixes:
    """The prefixes met so far, as a tree; number 0 is the empty one."""

    def __init__(self) -> None:
        self.parents = [0]
        self.lasts = [BLANK]
        self.lengths = [0]
        self._children: dict[tuple[int, int], int] = {}

    def child(self, node: int, index: int) -> int:
        """Return the number of a prefix with one class more."""
        child = self._children.setdefault((node, index), len(self.parents))
        if child == len(self.parents):
            self.parents.append(node)
            self.lasts.append(index)
            self.lengths.append(self.lengths[node] + 1)
        return child

    def classes(self, node: int) -> list[int]:
        """Return the classes of a prefix."""
        found = []
        while node:
            found.append(self.lasts[node])
            node = self.parents[node]
        return found[::-1]


def _search_forward(
    rows: NDArray[np.float64],
    ahead: _LookAhead | None,
    longest: int,
    width: int,
    check: Callable[[], None] | None,
) -> tuple[_Prefixes, list[tuple[float, int]], float]:
    """Return the prefixes, the weight and number of the best ones, and the weights' scale (log)."""
    prefixes = _Prefixes()
    parents, lasts, lengths = prefixes.parents, prefixes.lasts, prefixes.lengths
    # Plain lists: single elements of arrays take several times as long to read. Only one step of
    # the shares at a time, since as lists they take four times the memory.
    orders = (np.argsort(-rows[:, 1:], axis=1) + 1).tolist()
    shares = ahead.shares if ahead is not None else None
    constant = [[1.0] * rows.shape[1]] * (longest + 2)
    scale_log = 0.0
    beam = {0: (1.0, 0.0)}  # weight of the paths that end in a blank, and in the last class
    for step, row in enumerate(rows.tolist()):
        if check is not None:
            check()
        share = constant if shares is None else shares[step + 1].tolist()
        # Score, prefix, class that is added (blank: none), and the two weights after the step.
        best: list[tuple[float, int, int, float, float]] = []
        for node, (in_blank, in_class) in beam.items():
            last = lasts[node]
            blank_weight = (in_blank + in_class) * row[BLANK]
            class_weight = in_class * row[last]
            parent = beam.get(parents[node])
            if node and parent is not None:
                before = parent[0] if lasts[parents[node]] == last else parent[0] + parent[1]
                class_weight += before * row[last]
            here = share[lengths[node]]
            score = blank_weight * here[BLANK] + class_weight * here[last]
            best.append((score, node, BLANK, blank_weight, class_weight))
        known = {(parents[node], lasts[node]) for node in beam}
        heapq.heapify(best)
        least = best[0][0] if len(best) == width else max(best)[0] * _NEGLIGIBLE_PREFIX
        order = orders[step]
        for node, (in_blank, in_class) in beam.items():
            if lengths[node] == longest:
                continue
            after = share[lengths[node] + 1]
            both = in_blank + in_class
            last = lasts[node]
            for index in order:
                weight = both * row[index]
                if weight <= least:  # shares are at most 1, and the classes that follow are rarer
                    break
                if index == last:
                    weight = in_blank * row[index]
                score = weight * after[index]
                if score <= least or (node, index) in known:
                    continue
                if len(best) == width:
                    heapq.heapreplace(best, (score, node, index, 0.0, weight))
                    least = best[0][0]
                else:
                    heapq.heappush(best, (score, node, index, 0.0, weight))
        best.sort(reverse=True)
        least = best[0][0] * _NEGLIGIBLE_PREFIX
        scale = max(blank_weight + class_weight for _, _, _, blank_weight, class_weight in best)
        scale_log += math.log(scale)
        beam = {
            prefixes.child(node, index) if index else node: (
                blank_weight / scale,
                class_weight / scale,
            )
            for score, node, index, blank_weight, class_weight in best
            if score > least
        }
    weights = [
        (sum(beam[node]), node)
        for node in beam
        if shares is None or shares[len(rows)][lengths[node]][BLANK] > 0
    ]
    return prefixes, sorted(weights, reverse=True), scale_log
