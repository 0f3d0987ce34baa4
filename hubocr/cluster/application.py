"""The Serve application: entries in front of workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubocr.cluster.entry import Entry
from hubocr.cluster.pages import jobs_of
from hubocr.cluster.settings import ENTRY, WORKER, ClusterSettings
from hubocr.cluster.worker import Worker, server_settings
from hubocr.optional import require

_HEAD = "node:__internal_head__"
"""A resource that the head node alone has."""

_ENVIRONMENT = {"env_vars": {"RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0"}}
"""Our code doesn't hold up Serve's event loop: a hop between two threads less for each request."""

_ENTRY_ENVIRONMENT = {
    "env_vars": {**_ENVIRONMENT["env_vars"], "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0"}
}


def app(args: Mapping[str, Any]) -> Any:
    """Return the Serve application of a Serve config's ``args``; see `ClusterSettings`.

    Raises:
        SettingsError: An argument, or the configuration, is wrong.
        MissingPackageError: Ray isn't installed.
    """
    serve = require("ray.serve", "ray", "Ray Serve")
    settings = ClusterSettings.from_args(args)
    limits = server_settings(settings.config)
    stop_s = limits.drain_s + 5
    worker = serve.deployment(
        Worker,
        name=WORKER,
        max_ongoing_requests=settings.max_ongoing_requests,
        max_queued_requests=limits.limits.queue,
        ray_actor_options={"num_cpus": settings.num_cpus, "runtime_env": _ENVIRONMENT},
        graceful_shutdown_timeout_s=stop_s,
        health_check_period_s=5,
        health_check_timeout_s=15,
        **settings.scaling,
        **settings.placement,
    )
    entry = serve.deployment(
        serve.ingress()(Entry),
        name=ENTRY,
        num_replicas=settings.entries,
        max_ongoing_requests=limits.limits.queue,
        ray_actor_options={
            "num_cpus": 0,
            "resources": {_HEAD: 0.001} if settings.front == "head" else {},
            "runtime_env": _ENTRY_ENVIRONMENT,
        },
        graceful_shutdown_timeout_s=stop_s,
    )
    jobs = jobs_of(settings.most_replicas)
    return entry.bind(settings.config, worker.bind(settings.config, settings.num_cpus, jobs))
