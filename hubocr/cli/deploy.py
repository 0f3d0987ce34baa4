"""``hubocr deploy ray``: a config.json on a Ray cluster."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.errors import ModelError, SettingsError
from hubocr.optional import require

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_NAME = "hubocr"
_ARGS = (
    *("replicas", "min_replicas", "max_replicas", "num_cpus", "per_node"),
    *("entries", "front", "host", "port"),
)


def add_command(commands: Commands) -> None:
    """Add ``deploy``."""
    deploy = commands.add_parser("deploy", help="serve on a cluster")
    targets = deploy.add_subparsers(title="clusters", metavar="CLUSTER", required=True)
    ray = targets.add_parser(
        "ray",
        help="on Ray Serve",
        description="Serve a config.json on a Ray cluster, on the same routes as hubocr serve. "
        "Run again with a changed file, the replicas are exchanged one after another while the "
        "others answer. Needs hubocr[ray] here and on all nodes, and the models on each.",
    )
    ray.add_argument(
        "-c",
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        help="the config.json, as for hubocr serve; the replicas are given its content",
    )
    ray.add_argument(
        "--address", default="auto", help="the cluster: auto (the one of this node), or ray://..."
    )
    ray.add_argument("--host", help="address to listen on (that of the file, or 127.0.0.1)")
    ray.add_argument("--port", type=int, help="port to listen on (that of the file, or 8866)")
    ray.add_argument(
        "--replicas", type=int, help="replicas with models (between --min and --max, by load)"
    )
    ray.add_argument("--min", dest="min_replicas", type=int, default=1, help="fewest (%(default)s)")
    ray.add_argument("--max", dest="max_replicas", type=int, default=16, help="most (%(default)s)")
    ray.add_argument(
        "--num-cpus", type=int, default=2, help="processors and threads of each (%(default)s)"
    )
    ray.add_argument(
        "--per-node",
        type=int,
        help="most replicas with models on a node; 1: they are loaded once a node",
    )
    ray.add_argument(
        "--front",
        choices=("head", "nodes"),
        default="head",
        help="which nodes take requests over HTTP: the head, where no request is lost with another "
        "node, or as many as there are --entries, behind a load balancer that sends requests again "
        "(%(default)s)",
    )
    ray.add_argument(
        "--entries",
        type=int,
        default=2,
        help="replicas that take requests; with one, no request is taken while it is exchanged "
        "(%(default)s)",
    )
    ray.set_defaults(run=_ray)


def _ray(arguments: argparse.Namespace) -> int:
    ray = require("ray", "ray", "hubocr deploy ray")
    serve = require("ray.serve", "ray", "hubocr deploy ray")
    from hubocr.cluster import app
    from hubocr.cluster.failures import failures_of
    from hubocr.server.listener import address_of
    from hubocr.server.settings import read_config

    settings = read_config(arguments.config)
    args = {name: getattr(arguments, name) for name in _ARGS}
    args |= {
        "config": str(arguments.config),
        "host": arguments.host or settings.host,
        "port": settings.port if arguments.port is None else arguments.port,
    }
    application = app({name: value for name, value in args.items() if value is not None})
    try:
        ray.init(address=arguments.address, namespace="serve", log_to_driver=False)
    except ConnectionError as error:
        raise SettingsError(f"there is no Ray cluster at {arguments.address}: {error}") from error
    needed = (arguments.replicas or arguments.min_replicas) * arguments.num_cpus
    there = int(ray.cluster_resources().get("CPU", 0))
    if needed > there:
        print(
            f"waiting for nodes: the replicas take {needed} processors, the cluster has {there}",
            file=sys.stderr,
        )
    serve.start(proxy_location="Disabled")  # the entries have the port
    try:
        serve.run(application, name=_NAME, route_prefix=None)
    except RuntimeError as error:
        reasons = failures_of(serve.status().applications.get(_NAME))
        reason = "; ".join(reasons) or str(error)
        raise ModelError(f"the cluster does not serve it: {reason}") from error
    address = address_of(args["host"], args["port"])
    print(f"hubocr serves on {address}; serve shutdown stops it")
    return 0
