"""Scenes on the labelled sets: what is read, in which order, and how long it takes."""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from benchmarks.accuracy import Measurement, measure, table
from benchmarks.machine import describe_machine, usable_cores
from benchmarks.peers.envs import PeerEnvironmentError
from benchmarks.peers.protocol import PeerError
from benchmarks.report import add_output_arguments, write_results
from benchmarks.speed_systems import small_models
from benchmarks.systems import OwnSystem, PeerSystem, System
from hubocr.errors import HubocrError, SettingsError
from hubocr.evaluation.sets import SETS, load_set
from hubocr.pipeline import OcrPipeline
from hubocr.settings import pipeline_settings
from hubocr.settings.params import PARAMS

_SETS = tuple(name for name, info in SETS.items() if info.whole)
_PEERS = ("rapidocr310", "rapidocr144", "paddleocr37")


def system(name: str, threads: int) -> System:
    """Return a peer, or ours with a profile and other values.

    Args:
        name: A peer's name, or ``PROFILE`` or ``PROFILE+KEY=VALUE+...``.
        threads: Processor threads.

    Raises:
        SettingsError: The profile or a value is wrong.
    """
    if name == "paddleocr37":
        # It brings no models, and finds none where its makers' hosts can't be reached.
        return PeerSystem(name, threads, {"own_defaults": True}, small_models())
    if name in _PEERS:
        return PeerSystem(name, threads)
    return OwnSystem(name, own_pipeline(name, threads))


def own_pipeline(name: str, threads: int) -> OcrPipeline:
    """Return our pipeline with a profile and other values, ``PROFILE+KEY=VALUE+...``.

    Raises:
        SettingsError: The profile or a value is wrong.
    """
    profile, *changes = name.split("+")
    values: dict[str, object] = {"profile": profile, "cpu_threads": threads}
    for change in changes:
        key, _, text = change.partition("=")
        if key not in PARAMS:
            raise SettingsError(f"{name}: there is no parameter {key!r}")
        rule = PARAMS[key].rule
        values[key] = None if rule.optional and text == "null" else rule.type.parse(text)
    return OcrPipeline.load(pipeline_settings(**values))


def _cost() -> dict[str, float]:
    """Return what this process and its peers have taken so far: processor seconds and peak MiB."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    peers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "own processor seconds": round(own.ru_utime + own.ru_stime, 1),
        "own peak MiB": round(own.ru_maxrss / 1024),
        "peers processor seconds": round(peers.ru_utime + peers.ru_stime, 1),
        "peers peak MiB": round(peers.ru_maxrss / 1024),
    }


def _results(measurement: Measurement, options: argparse.Namespace) -> dict[str, object]:
    return {
        "settings": {"sets": options.sets, "limit": options.limit, "threads": options.threads},
        "scores": {
            name: [{**asdict(score), "value": round(score.value, 4)} for score in scores]
            for name, scores in measurement.scores.items()
        },
        "seconds": measurement.seconds,
        "cost": _cost(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scenes",
        description="Read whole images of the labelled sets with scenes and peers: recall and "
        "precision of characters, similarity of the text in order, seconds; memory and processor "
        "seconds of a system where it is measured alone. 'default' is "
        "hubserving's answer, 'general+det_limit_type=max' a scene with another value.",
    )
    parser.add_argument(
        "systems",
        nargs="*",
        metavar="SYSTEM",
        default=["default", "general"],
        help=f"profiles, or of: {', '.join(_PEERS)} (default: default general)",
    )
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(_SETS), metavar="SET")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N images a set")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "scenes.json")
    options = parser.parse_args(arguments)
    loaders: list[Callable[[], System]] = [
        partial(system, name, options.threads) for name in options.systems
    ]
    try:
        datasets = [load_set(name).limited(options.limit) for name in options.sets]
        measurement = measure(datasets, loaders)
    except (PeerEnvironmentError, PeerError, HubocrError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}, {options.threads} threads\n")
    print(table(measurement))
    print("\nwith loading, of all systems together: ", end="")
    print(", ".join(f"{name} {value:g}" for name, value in _cost().items()))
    write_results(options, _results(measurement, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
