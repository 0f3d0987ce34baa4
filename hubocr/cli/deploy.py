"""``hubocr deploy ray``: a config.json on a Ray cluster."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.errors import SettingsError
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
        "Asked again with a changed file, the replicas are exchanged one after another while the "
        "others answer. Needs hubocr[ray] here and on all nodes, and the models on each.",
    )
    ray.add_argument("-c", "--config", type=Path, required=True, metavar="FILE")
    ray.add_argument(
        "--address", default="auto", help="the cluster: auto (the one of this node), or ray://..."
    )
    ray.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    ray.add_argument("--port", type=int, default=8866, help="port to listen on (%(default)s)")
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
        help="which nodes take requests over HTTP: the head alone, where no request is lost with "
        "another node, or all, behind a load balancer that asks again (%(default)s)",
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

    args = {name: getattr(arguments, name) for name in _ARGS}
    args["config"] = str(arguments.config)
    application = app({name: value for name, value in args.items() if value is not None})
    try:
        ray.init(address=arguments.address, namespace="serve", log_to_driver=False)
    except ConnectionError as error:
        raise SettingsError(f"there is no Ray cluster at {arguments.address}: {error}") from error
    serve.start(proxy_location="Disabled")  # the entries have the port
    serve.run(application, name=_NAME, route_prefix=None)
    print(f"hubocr serves on http://{arguments.host}:{arguments.port}; stop it with serve shutdown")
    return 0
