"""New images out of two of a kind: the left of one and the right of the other.

Some hundred captchas are learnt by heart in as many steps. Cut between two characters and put
together anew they are some ten thousand, with texts and neighbours that none of them has. Where the
characters are says the base, before the first step, by the text of the label: it needn't read an
image to know where in it a given text is (of the cuts by a base that reads one captcha of twenty,
nine of ten are within a step of those by the network after training).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage
from hubocr.training.graph.network import Network
from hubocr.training.recogniser.alignment import align
from hubocr.training.recogniser.shape import InputShape, by_width

_LEAST_SCORE = -3.0
"""Score of an alignment below which it is a guess."""

_FARTHEST = 0.06
"""Distance of two cuts that are joined, as a share of the width."""

_SEAM = 0.02
"""Width of the seam, where one image fades into the other, as a share of the width."""

_MOST = 3000
"""Images of a source up to which they are recombined: more are variety enough."""

_TRIES = 4
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Recombination:
    """Which images are put together with others.

    Attributes:
        samples: The images.
        share: Share of them, of those with known cuts.
        cuts: By the place of an image: where it can be cut, as shares of the width, between its
            first and second character, its second and third, and so on.
    """

    samples: Sequence[Sample]
    share: float = 0.0
    cuts: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)

    def apply(self, place: int, random: np.random.Generator) -> Sample:
        """Return a sample by its place, or the left of it with the right of another one.

        Both have as many characters and are of one size, and the cuts are near each other.
        """
        left = self.samples[place]
        if place not in self.cuts or random.random() >= self.share:
            return left
        known = list(self.cuts)
        for _ in range(_TRIES):
            other = known[int(random.integers(len(known)))]
            right = self.samples[other]
            if right.size != left.size or len(right.text) != len(left.text):
                continue
            near = np.abs(self.cuts[place] - self.cuts[other]) <= _FARTHEST
            if near.any():
                cut = int(random.choice(np.flatnonzero(near)))
                where = float(self.cuts[place][cut]), float(self.cuts[other][cut])
                load = partial(join, left, right, *where)
                text = left.text[: cut + 1] + right.text[cut + 1 :]
                return replace(left, text=text, pixels=None, load=load)
        return left


def recombination(
    network: Network,
    samples: Sequence[Sample],
    classes: Mapping[str, int],
    shape: InputShape,
    share: float,
) -> Recombination:
    """Return how samples of one source are recombined: not at all where there are very many."""
    if not share or len(samples) > _MOST:
        return Recombination(samples)
    return Recombination(samples, share, find_cuts(network, samples, classes, shape))


def find_cuts(
    network: Network, samples: Sequence[Sample], classes: Mapping[str, int], shape: InputShape
) -> dict[int, NDArray[np.float64]]:
    """Return where samples can be cut, by their places; those with guesses are left out."""
    cuts = {}
    for places, tensor in by_width([sample.image() for sample in samples], shape, _BATCH):
        for place, logits in zip(places, network.logits(tensor), strict=True):
            found = align(logits, [classes[character] for character in samples[place].text])
            if found is not None and len(found.steps) > 1 and found.score >= _LEAST_SCORE:
                steps = np.array(found.steps)
                cuts[place] = (steps[:-1] + steps[1:] + 1) / 2 / len(logits)
    return cuts


def join(left: Sample, right: Sample, left_cut: float, right_cut: float) -> BgrImage:
    """Return the left of one image and the right of another one of the same size.

    Both are shifted, so that their cuts, shares of the width, meet half-way.
    """
    seam = (left_cut + right_cut) / 2
    parts = []
    for image, cut in ((left.image(), left_cut), (right.image(), right_cut)):
        height, width = image.shape[:2]
        matrix = np.array([[1, 0, (seam - cut) * width], [0, 1, 0]], np.float32)
        moved = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        parts.append(moved.astype(np.float32))
    columns = (np.arange(width) + 0.5) / width
    share = np.clip((columns - seam) / _SEAM + 0.5, 0, 1).astype(np.float32)[None, :, None]
    return np.asarray(np.rint(parts[0] * (1 - share) + parts[1] * share), np.uint8)
