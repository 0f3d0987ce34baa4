"""Rounds of several systems in turn, and what follows from them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tqdm import tqdm

from benchmarks.peers.protocol import PeerError, PeerLine, PeerRound
from benchmarks.peers.session import PeerSession
from benchmarks.speed_systems import Contender

_PAUSE_S = 0.5
"""Between two systems: OpenMP threads may spin for 0.2 s after their last call."""


@dataclass
class Measured:
    """A contender and its rounds.

    Attributes:
        contender: Who.
        rounds: The rounds in order, without the first one, which warms up.
        lines: What it read in the first round.
        versions: Versions of its packages.
        error: Why it dropped out, where it did.
    """

    contender: Contender
    rounds: list[PeerRound] = field(default_factory=list)
    lines: Sequence[Sequence[PeerLine]] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Ratio:
    """Ratios of paired rounds.

    Attributes:
        median: Their median.
        low: The smallest.
        high: The largest.
    """

    median: float
    low: float
    high: float


def measure(
    contenders: Sequence[Contender],
    start: Callable[[Contender], PeerSession],
    rounds: int,
    title: str,
) -> list[Measured]:
    """Run all contenders' rounds in turn; all of them are alive at once, one works at a time.

    One that fails drops out with its reason; the others go on.

    Args:
        contenders: Who takes part.
        start: Makes a contender's session.
        rounds: How many rounds count; one more comes first.
        title: What the progress bar says.
    """
    found = [Measured(contender) for contender in contenders]
    with (
        ExitStack() as stack,
        tqdm(total=len(found) * (rounds + 2), desc=title, unit="round") as bar,
    ):
        sessions: dict[int, PeerSession] = {}
        for number in range(-1, rounds + 1):
            for index, measured in enumerate(found):
                bar.set_postfix_str(measured.contender.name[:40])
                try:
                    if number == -1:
                        session = start(measured.contender)
                        sessions[index] = stack.enter_context(session)
                        measured.versions = session.ready.versions
                    elif not measured.error:
                        time.sleep(_PAUSE_S)
                        done = sessions[index].round()
                        if number == 0:
                            measured.lines = done.images
                        else:
                            measured.rounds.append(done)
                except PeerError as error:
                    measured.error = str(error)
                    tqdm.write(f"{measured.contender.name} drops out: {error}")
                bar.update()
    return found


def throughput(rounds: Sequence[PeerRound], count: int) -> float:
    """Return the median of the rounds' images a second, for that many images a round."""
    return statistics.median(count / done.seconds for done in rounds)


def paired_ratio(ours: Sequence[PeerRound], theirs: Sequence[PeerRound]) -> Ratio:
    """Return how many times as fast ours are, round by round."""
    ratios = [b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def slower_ways(found: Sequence[Measured]) -> set[str]:
    """Return the names of peers' rows that another way of calling the same system beats."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    slower = set()
    for measured in found:
        one = measured.contender
        if measured.error or one.at_once is None or one.reference:
            continue
        key = (one.system, one.precision)
        seconds = statistics.median(done.seconds for done in measured.rounds)
        if key in best:
            slower.add(max(best[key], (seconds, one.name))[1])
        best[key] = min(best.get(key, (seconds, one.name)), (seconds, one.name))
    return slower
