"""Which way up a page is, from all of its lines and, where there is one, a model of whole pages.

The evidence is added up as logarithms of likelihoods, one for each of the four turns:

- the boxes: lines of text are wide where the page stands or is upside down, and tall where it
  lies on its side (or is written in upright columns, which only the model of pages can tell apart);
- the line classifier, which says of each crop whether it is upside down: all lines vote, weighted
  by their length and by how sure it is of each;
- the model of whole pages (PaddleOCR's document orientation classifier), which looks at a small
  image of the page and is weak where there are only a few words on it.

A page is turned where the evidence for it is clearly stronger than for leaving it alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from hubocr.layout.frame import Polygon, side_lengths

TURNS = (0, 90, 180, 270)
"""Degrees by which a page may be turned clockwise."""

_LINE_ASPECT = 2.0
"""Boxes this many times as long as thick say along which axis the lines run."""

_SURE_ASPECT = 3.0
"""Crops at least this many times as wide as high may be turned against the page."""

_SURE_SCORE = 0.97
"""Probability of "180" from which such crops are turned; all wrong calls that are known of v2.0
were less sure, or of shorter crops."""

_UPRIGHT_SHARE = 0.1
"""Share of pages with tall boxes, before anything else is known, that are written in columns."""

_LEAST = 0.01
"""Smallest likelihood that boxes, lines or the model give to a turn."""

_MANY_LINES = 10
"""Lines from which a page looks like those that the model of pages was trained on; where it is sure
it then counts twice. On signs and screens with a few words it is often wrong."""

_MANY_LETTERS = 40.0
"""Letters, by the boxes' lengths over their heights, from which it does so with fewer lines."""

_ONE_LINE = 0.5
"""How much the model counts where there is hardly any line. Of 183 labels, displays, signs and
plates with up to four lines, half of them upside down, 17 were read the wrong way up when it
counted in full; with this, and the logarithms below, 4."""

_UNSURE, _SURE = 0.7, 0.9
"""The model's highest probability where it counts once, and where it counts twice; it rarely gives
more than 0.95."""

_PROBE = 1.5
"""How much readings count: their evidence is the logarithm of how far the scores are from 1, upside
down over straight. A line that is the right way up is often read with 0.99, others hardly ever."""

_READ = 0.02
"""What is added to both distances, so that the last hundredth doesn't decide."""

_CLEAR = 0.05
"""Evidence for the opposite turn, relative to the chosen one, below which nothing is read."""

_MARGIN = math.log(4)
"""How much stronger the evidence for a turn must be than that for none."""


@dataclass(frozen=True)
class LineVote:
    """What the line classifier says of a crop.

    Attributes:
        upside_down: Probability that the crop is upside down, from 0 to 1.
        aspect: Width / height of the crop.
    """

    upside_down: float
    aspect: float


@dataclass(frozen=True)
class Direction:
    """Which way up a page is.

    Attributes:
        angle: Degrees by which its content is turned clockwise: 0, 90, 180 or 270. Turning it back
            counter-clockwise by as much makes it stand upright.
        probability: Share of the evidence, from 0 to 1.
        opposite: Share of the turn that is 180 degrees away.
    """

    angle: int
    probability: float
    opposite: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether reading some lines both ways could hardly change the answer."""
        return self.opposite <= _CLEAR * self.probability


def decide_direction(
    polygons: Sequence[Polygon],
    votes: Sequence[LineVote],
    page: Sequence[float] | NDArray[np.float32] | None = None,
    probes: Sequence[tuple[float, float]] = (),
) -> Direction:
    """Decide how a page is turned.

    Args:
        polygons: The boxes of its text, (N, 2) each.
        votes: The line classifier's, one a polygon, or none at all. Crops much higher than wide
            were turned counter-clockwise by 90 degrees before it saw them.
        page: Probabilities of the four turns by a model of whole pages, if there is one.
        probes: Scores of the readings of some crops, as they are and upside down.
    """
    evidence = np.zeros(4)
    if len(polygons):
        evidence += _of_lines(polygons, votes)
    if page is not None:
        opinion = np.asarray(page, np.float64)
        certainty = float(np.clip((opinion.max() - _UNSURE) / (_SURE - _UNSURE), 0, 1))
        share = _how_much_text(polygons)
        weight = (_ONE_LINE + (1 - _ONE_LINE) * share) * (1 + certainty * share)
        evidence += weight * np.log(np.maximum(opinion, _LEAST))
    if probes:
        gain = _PROBE * mean(
            math.log((1 - around + _READ) / (1 - straight + _READ)) for straight, around in probes
        )
        evidence += gain * np.array([1, 1, -1, -1])
    best = int(evidence.argmax())
    if evidence[best] < evidence[0] + _MARGIN:
        best = 0
    shares = np.exp(evidence - evidence.max())
    shares /= shares.sum()
    return Direction(TURNS[best], float(shares[best]), float(shares[(best + 2) % 4]))


def _how_much_text(polygons: Sequence[Polygon]) -> float:
    """Return how much an image is like a page by its text: from 0 (none) to 1."""
    sizes = [side_lengths(polygon) for polygon in polygons]
    letters = sum(max(width, height) / max(min(width, height), 1.0) for width, height in sizes)
    return min(1.0, max(len(polygons) / _MANY_LINES, letters / _MANY_LETTERS))


def _of_lines(polygons: Sequence[Polygon], votes: Sequence[LineVote]) -> NDArray[np.float64]:
    """Return the logarithms of the likelihoods of the four turns, (4,)."""
    sizes = np.array([side_lengths(polygon) for polygon in polygons], np.float64)
    width, height = sizes[:, 0], sizes[:, 1]
    longest = np.maximum(width, height)
    wide = float(longest[width >= _LINE_ASPECT * height].sum())
    tall = float(longest[height >= _LINE_ASPECT * width].sum())
    typical = float(np.median(longest))
    # As if one more line of a typical length spoke for either axis by halves.
    is_wide = (wide + typical / 2) / (wide + tall + typical)
    upside_down = _vote(votes, longest) if votes else 0.5
    lying = 1 - is_wide
    likelihoods = np.array(
        [
            (is_wide + _UPRIGHT_SHARE * lying) * (1 - upside_down),
            (lying + _UPRIGHT_SHARE * is_wide) * (1 - upside_down),
            (is_wide + _UPRIGHT_SHARE * lying) * upside_down,
            (lying + _UPRIGHT_SHARE * is_wide) * upside_down,
        ]
    )
    logs: NDArray[np.float64] = np.log(np.maximum(likelihoods, _LEAST))
    return logs


def _vote(votes: Sequence[LineVote], lengths: NDArray[np.float64]) -> float:
    """Return the probability that the lines are upside down, from 0 to 1."""
    chances = np.array([vote.upside_down for vote in votes])
    aspects = np.array([vote.aspect for vote in votes])
    # Short crops are numbers and single characters, which may look alike both ways.
    weights = lengths * np.abs(2 * chances - 1) * np.clip(aspects / _SURE_ASPECT, 0.1, 1)
    total = float(weights.sum())
    if total <= 0:
        return 0.5
    typical = float(np.median(lengths))
    # Here too as if one more line spoke for either by halves.
    return float((weights @ (chances > 0.5) + typical / 2) / (total + typical))


def is_turned(vote: LineVote, thresh: float) -> bool:
    """Say whether a crop of a page that is the right way up is upside down all the same.

    Only wide crops may be, of which the classifier is sure; all others follow the page.

    Args:
        vote: What the classifier says.
        thresh: Probability above which crops are turned, at least.
    """
    return vote.aspect >= _SURE_ASPECT and vote.upside_down > max(thresh, _SURE_SCORE)
