"""What a Ray cluster costs beside `hubocr serve`, what replicas gain, and a simulation of them.

    python -m benchmarks.cluster overhead
    python -m benchmarks.cluster scaling [--held 50]
    python -m benchmarks.cluster replicas [--sleeping]

The cluster is that of `tests/cluster`: a head, and nodes of one processor each, all processes of
this machine. Requests go to both servers in turn, so that what else runs meets both.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.http_load import Api, Requests, hubserving_api, run_arrivals, run_load
from benchmarks.machine import usable_cores
from benchmarks.queueing import Load as QueueLoad
from benchmarks.queueing import simulate
from benchmarks.report import add_output_arguments, markdown_table, write_results
from tests.cluster.clusters import RayServer, cluster, wait_ready
from tests.server.running import running

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures"
KINDS = {"captcha": ("ocr_rec", "captchas/*.png"), "receipt": ("ocr_system", "pages/receipt.png")}
MODULES: dict[str, dict[str, Any]] = {module: {} for module, _ in KINDS.values()}


@dataclass(frozen=True)
class Server:
    """A server, and the processes that it consists of.

    Attributes:
        name: Its name in tables.
        port: Its port on 127.0.0.1.
    """

    name: str
    port: int


@dataclass(frozen=True)
class Overhead:
    """Two servers beside each other, one client.

    Attributes:
        kind: What is sent.
        pairs: How often both were sent the same.
        alone: Median milliseconds of `hubocr serve`.
        cluster: Median milliseconds of the cluster.
        difference: Median of the differences of a pair, in milliseconds.
    """

    kind: str
    pairs: int
    alone: float
    cluster: float
    difference: float


def messages_of(kind: str) -> Requests:
    """Return the requests of a kind."""
    module, pattern = KINDS[kind]
    api: Api = hubserving_api(module)
    return api.requests(sorted(FIXTURES.glob(pattern)))


def compare(servers: Sequence[Server], kind: str, pairs: int, warm: int = 5) -> Overhead:
    """Send each request to both servers, first to the one, then to the other, in turn."""
    module, _ = KINDS[kind]
    requests = messages_of(kind)
    bodies = [message.partition(b"\r\n\r\n")[2] for message in requests.messages]
    connections = [
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=120) for server in servers
    ]
    taken: list[list[float]] = [[], []]
    for number in range(pairs + warm):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            start = time.perf_counter()
            headers = {"Content-Type": "application/json"}
            body = bodies[number // 2 % len(bodies)]
            connections[which].request("POST", f"/predict/{module}", body, headers)
            answer = connections[which].getresponse().read()
            seconds = time.perf_counter() - start
            if not requests.success.search(answer):
                raise RuntimeError(f"{servers[which].name} answered {answer[:200]!r}")
            if number >= warm:
                taken[which].append(1000 * seconds)
    for connection in connections:
        connection.close()
    return Overhead(
        kind,
        pairs,
        statistics.median(taken[0]),
        statistics.median(taken[1]),
        statistics.median(b - a for a, b in zip(*taken, strict=True)),
    )


def compare_loads(
    servers: Sequence[Server], kind: str, clients: int, seconds: float, rounds: int
) -> list[list[str]]:
    """Let clients send to each server without pause, in turn; return rows of a table."""
    requests = messages_of(kind)
    loads = [
        [run_load(server.port, requests, clients, seconds) for server in servers]
        for _ in range(rounds)
    ]
    rows = []
    for which, server in enumerate(servers):
        found = [each[which] for each in loads]
        rows.append(
            [
                f"{kind}, {clients} clients",
                server.name,
                f"{statistics.median(load.throughput for load in found):.2f}",
                f"{1000 * statistics.median(load.percentile(0.5) for load in found):.1f}",
                f"{1000 * statistics.median(load.percentile(0.99) for load in found):.1f}",
                str(sum(load.failures for load in found)),
            ]
        )
    return rows


def overhead(options: argparse.Namespace, stack: ExitStack) -> dict[str, object]:
    """Compare a cluster of one replica with `hubocr serve`."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubocr-bench-")))
    alone = stack.enter_context(running(folder, "--threads", "1", modules=MODULES))
    ray = stack.enter_context(cluster(workers=1))
    _deploy(ray, 1)
    servers = (Server("hubocr serve", alone.port), Server("Ray", ray.port))
    found = [
        compare(servers, kind, pairs) for kind, pairs in zip(KINDS, options.pairs, strict=True)
    ]
    print(
        markdown_table(
            ["one client", "pairs", "hubocr serve, ms", "Ray, ms", "difference, ms"],
            [
                [o.kind, str(o.pairs), *(f"{v:.2f}" for v in (o.alone, o.cluster, o.difference))]
                for o in found
            ],
        )
    )
    rows = [
        row
        for kind in KINDS
        for row in compare_loads(servers, kind, options.clients, options.seconds, options.rounds)
    ]
    _print_loads(rows)
    return {"overhead": [vars(o) for o in found], "loads": rows}


def scaling(options: argparse.Namespace, stack: ExitStack) -> dict[str, object]:
    """Compare one replica with two, each on a node of one processor, on receipts."""
    ray = stack.enter_context(cluster(workers=2))
    requests = messages_of("receipt")
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.rounds):
        for replicas in found:
            _deploy(ray, replicas)
            run_load(ray.port, requests, 2 * replicas, 2)
            with _held(ray.replicas(), options.held):
                load = run_load(ray.port, requests, 4 * replicas, options.seconds)
            if load.failures:
                raise RuntimeError(f"{load.failures} requests failed")
            found[replicas].append(load.throughput)
            print(f"{replicas} replicas: {load.throughput:.3f} receipts/s", flush=True)
    ratios = [two / one for one, two in zip(found[1], found[2], strict=True)]
    print(f"2 replicas for 1: {statistics.median(ratios):.3f}")
    return {"receipts": found, "ratio": statistics.median(ratios)}


def replicas(options: argparse.Namespace, stack: ExitStack) -> dict[str, object]:
    """Compare replicas with `benchmarks.queueing` under arrivals at Poisson's times.

    A replica has one thread. Where there are more replicas than processors, these are shared, in
    the simulation as well; replicas that only wait need none.
    """
    ray = stack.enter_context(cluster(workers=max(options.replicas)))
    requests = messages_of("captcha")
    cores = max(options.replicas) if options.sleeping else usable_cores()
    times: list[float] = []
    rows = []
    for count in options.replicas:
        if options.sleeping:
            ray.run_python("-m", "benchmarks.sleeping", str(ray.port), str(count))
        else:
            _deploy(ray, count)
        run_load(ray.port, requests, 2 * count, 2)
        if not times:
            times = list(run_load(ray.port, requests, 1, options.seconds).latencies)
        for share in options.shares:
            rate = share * min(count, cores) / statistics.mean(times)
            sent = max(100, int(rate * options.seconds * options.rounds))
            found = run_arrivals(ray.port, requests, rate, sent)
            load = QueueLoad(rate, count, 1, cores=cores if count > cores else None)
            expected = simulate(load, times)
            cells = (
                f"{1000 * of(p):.0f}"
                for p in (0.5, 0.9, 0.99)
                for of in (found.percentile, expected.percentile)
            )
            rows.append([str(count), f"{100 * share:.0f} %", f"{rate:.1f}", *cells])
            rows[-1].append(str(found.failures))
    print(f"one at a time: {1000 * statistics.mean(times):.1f} ms")
    header = ["replicas", "busy", "requests/s"]
    header += [f"p{p} {of}, ms" for p in (50, 90, 99) for of in ("measured", "simulated")]
    print(markdown_table([*header, "failures"], rows), flush=True)
    return {"times": times, "rows": rows}


def _deploy(ray: RayServer, replicas: int) -> None:
    ray.deploy(MODULES, "--replicas", str(replicas))
    wait_ready(ray.url)


@contextmanager
def _held(pids: Sequence[int], percent: int | None) -> Iterator[None]:
    """Let each process have this share of a processor at most, if any is named."""
    limits = []
    try:
        if percent is not None:
            commands = [["cpulimit", "-l", str(percent), "-p", str(pid)] for pid in pids]
            limits = [subprocess.Popen(one, stdout=subprocess.DEVNULL) for one in commands]
            time.sleep(1)
        yield
    finally:
        for limit in limits:
            limit.terminate()  # lets its process run again
            limit.wait()


def _print_loads(rows: Sequence[Sequence[str]]) -> None:
    header = ["load", "server", "requests/s", "p50, ms", "p99, ms", "failures"]
    print(markdown_table(header, rows), flush=True)


_COMMANDS = {"overhead": overhead, "scaling": scaling, "replicas": replicas}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=tuple(_COMMANDS))
    parser.add_argument(
        "--pairs", type=int, nargs=len(KINDS), default=[300, 30], metavar="N", help=f"of {[*KINDS]}"
    )
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8.0, help="of one load")
    parser.add_argument("--rounds", type=int, default=3, help="of loads")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 3, 4], help="compared")
    parser.add_argument("--shares", type=float, nargs="+", default=[0.5, 0.7], help="busy")
    parser.add_argument("--sleeping", action="store_true", help="replicas that only wait")
    parser.add_argument(
        "--held",
        type=int,
        metavar="PERCENT",
        help="of a processor that `scaling` leaves each replica (by Debian's cpulimit), so that "
        "both, and what else the cluster runs, have room on a small machine",
    )
    add_output_arguments(parser, "cluster.json")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        results = _COMMANDS[options.command](options, stack)
    write_results(options, {options.command: results})
    return 0


if __name__ == "__main__":
    sys.exit(main())
