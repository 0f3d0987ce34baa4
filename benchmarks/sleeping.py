"""Deploys replicas that only wait, behind our entries: what is left of a cluster without models.

RAY_ADDRESS=... python -m benchmarks.sleeping PORT REPLICAS
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from typing import Any

from hubocr.cluster.application import application
from hubocr.cluster.settings import ClusterSettings
from hubocr.optional import require
from hubocr.server.inner import InnerReply, InnerRequest

SECONDS = (0.02, 0.03, 0.05, 0.1)
"""How long requests take, each as often as the others."""


class Sleeper:
    """Answers one request after the other, each after a while.

    Args:
        config: As for `hubocr.cluster.worker.Worker`; not used.
        threads: The same.
        jobs: The same.
    """

    def __init__(self, config: Mapping[str, Any], threads: int, jobs: int = 0) -> None:
        self._turn = asyncio.Semaphore(1)
        self._chance = random.Random()

    async def call(self, request: InnerRequest) -> InnerReply:
        """Answer a request."""
        async with self._turn:
            await asyncio.sleep(self._chance.choice(SECONDS))
        return InnerReply(200, [(b"content-length", b"17")], b'{"status": "000"}')


def main(port: int, replicas: int) -> None:
    """Deploy them on the cluster of the environment."""
    ray, serve = (require(name, "ray", "the benchmark") for name in ("ray", "ray.serve"))
    ray.init(namespace="serve", log_to_driver=False)
    config: dict[str, Any] = {"modules_info": {"ocr_rec": {}}}
    settings = ClusterSettings(config, replicas=replicas, num_cpus=1, port=port)
    serve.start(proxy_location="Disabled")
    serve.run(application(settings, Sleeper), name="hubocr", route_prefix=None)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
