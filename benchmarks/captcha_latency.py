"""One captcha at a time: our trained recognisers and ddddocr, in process and over HTTP.

A client asks, waits for the answer and asks again. In process every system gets the same decoded
pixels; over HTTP it gets the file, as base64 in JSON, over a connection that stays open: ours from
``hubocr serve``, ddddocr from a plain server around it. All systems take turns, round by round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from benchmarks.http_load import run_load
from benchmarks.machine import describe_machine, usable_cores
from benchmarks.peers.protocol import PeerError
from benchmarks.peers.session import peer_session
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.served import (
    ServerStartError,
    ddddocr_server,
    own_recogniser_server,
    running,
)
from benchmarks.speed_rounds import measure
from benchmarks.speed_systems import BF16, FP32, Contender
from benchmarks.systems import decoded
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import Sample, load_set
from hubocr.evaluation.texts import is_exact

_SET = "captcha_val"
_IN_PROCESS, _HTTP = "in process", "over HTTP"
_DDDDOCR = "ddddocr 1.6"
_SECONDS_A_ROUND = 4


@dataclass(frozen=True)
class Row:
    """One system's latency on the captchas of one family.

    Attributes:
        family: The family.
        way: In process or over HTTP.
        system: The system.
        precision: What it calculates in.
        ms: Median of the rounds' times for an image: the round's mean in process, its median over
            HTTP.
        spread: The shortest and the longest of them.
        faster: How many times as long ddddocr takes in the same round, the median.
        exact: Share of the images whose string is exact; None over HTTP, where it is the same.
    """

    family: str
    way: str
    system: str
    precision: str
    ms: float
    spread: tuple[float, float]
    faster: float
    exact: float | None


def measure_family(
    family: str, models: Sequence[str], count: int, rounds: int, threads: int
) -> list[Row]:
    """Measure a family's captchas with every model, each in fp32 and in bf16.

    Raises:
        PeerError: A system failed.
        ServerStartError: A server did.
    """
    samples = [sample for sample in load_set(_SET).samples if sample.style == family][:count]
    return [
        *_in_process(family, models, samples, rounds, threads),
        *_over_http(family, models, samples, rounds, threads),
    ]


def _in_process(
    family: str, models: Sequence[str], samples: Sequence[Sample], rounds: int, threads: int
) -> list[Row]:
    systems = [Contender(_DDDDOCR, "", "ddddocr16")]
    for model in models:
        for precision in (FP32, BF16):
            parameters = {"rec_model_dir": model, "precision": precision}
            name = f"hubocr {Path(model).name}"
            systems.append(Contender(name, "", "hubocr", precision, parameters, at_once=False))
    with decoded(samples) as paths:
        found = measure(
            systems,
            lambda one: peer_session(one.peer, one.job("rec", paths, threads)),
            rounds,
            f"{family} {_IN_PROCESS}",
        )
    times = {}
    exact = {}
    for one in found:
        if one.error:
            raise PeerError(f"{one.contender.name}: {one.error}")
        key = (one.contender.system, one.contender.precision)
        times[key] = [1000 * done.seconds / len(samples) for done in one.rounds]
        texts = [image[0].text or "" for image in one.lines]
        right = [is_exact(text, s.text) for text, s in zip(texts, samples, strict=True)]
        exact[key] = sum(right) / len(right)
    return [
        replace(row, exact=exact[row.system, row.precision])
        for row in _rows(family, _IN_PROCESS, times)
    ]


def _over_http(
    family: str, models: Sequence[str], samples: Sequence[Sample], rounds: int, threads: int
) -> list[Row]:
    systems = {(_DDDDOCR, FP32): ddddocr_server()}
    for model in models:
        for precision in (FP32, BF16):
            key = (f"hubocr {Path(model).name}", precision)
            systems[key] = own_recogniser_server(Path(model), precision, threads)
    times: dict[tuple[str, str], list[float]] = {key: [] for key in systems}
    with ExitStack() as stack, tqdm(total=len(systems) * (rounds + 1), leave=False) as bar:
        asks = {}
        for key, system in systems.items():
            server = stack.enter_context(running(system))
            (api,) = server.apis.values()
            requests = api.requests([sample.path for sample in samples])
            asks[key] = partial(run_load, server.port, requests, 1, _SECONDS_A_ROUND)
        for number in range(rounds + 1):
            for key, ask in asks.items():
                bar.set_postfix_str(" ".join(key))
                load = ask()
                if load.failures or not load.latencies:
                    raise PeerError(f"{key[0]}: {load.failures} requests failed")
                if number:  # the first round warms up
                    times[key].append(1000 * statistics.median(load.latencies))
                bar.update()
    return _rows(family, _HTTP, times)


def _rows(family: str, way: str, times: Mapping[tuple[str, str], Sequence[float]]) -> list[Row]:
    peer = times[_DDDDOCR, FP32]
    return [
        Row(
            family,
            way,
            system,
            precision,
            ms=statistics.median(own),
            spread=(min(own), max(own)),
            faster=statistics.median(b / a for a, b in zip(own, peer, strict=True)),
            exact=None,
        )
        for (system, precision), own in times.items()
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a markdown table."""
    return markdown_table(
        ["family", "system", "way", "precision", "ms", "times as fast", "exact"],
        [
            [
                row.family,
                row.system,
                row.way,
                row.precision,
                f"{row.ms:.1f} ({row.spread[0]:.1f}–{row.spread[1]:.1f})",
                f"{row.faster:.2f}",
                "" if row.exact is None else f"{row.exact:.3f}",
            ]
            for row in rows
        ],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.captcha_latency",
        description="Measure one captcha at a time with recognisers that 'hubocr train rec' made "
        "and with ddddocr, in process and over HTTP, on the validation images of HUBOCR_DATA. "
        "Needs: python -m benchmarks.peers.envs ddddocr16",
    )
    parser.add_argument(
        "pairs",
        nargs="+",
        metavar="FAMILY=FOLDER[,FOLDER]",
        help="a family of captcha_val, and the model folders to read it with",
    )
    parser.add_argument("--count", type=int, default=100, metavar="N", help="images (100)")
    parser.add_argument("--rounds", type=int, default=5, metavar="R", help="that count (5)")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "captcha_latency.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    options = _parser().parse_args(arguments)
    rows: list[Row] = []
    try:
        for pair in options.pairs:
            family, _, folders = pair.partition("=")
            models = [str(Path(folder).resolve()) for folder in folders.split(",")]
            rows += measure_family(family, models, options.count, options.rounds, options.threads)
    except (HubocrError, PeerError, ServerStartError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {options.threads} threads\n\n{table(rows)}")
    write_results(options, {"rows": list(map(asdict, rows))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
