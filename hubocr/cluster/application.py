"""The Serve application: entries in front of workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubocr.cluster.entry import PortEntry, ProxiedEntry
from hubocr.cluster.pages import jobs_of
from hubocr.cluster.settings import ENTRY, WORKER, ClusterSettings
from hubocr.cluster.worker import Worker, server_settings
from hubocr.optional import require

_HEAD = "node:__internal_head__"
"""A resource that the head node alone has."""

_ENVIRONMENT = {
    # Our code doesn't hold up Serve's event loop: a hop between two threads less for each request.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1000",
}
_ENTRY_ENVIRONMENT = {
    **_ENVIRONMENT,
    "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
    # What is remembered of a queue has requests in it of other entries, which may have ended.
    "RAY_SERVE_QUEUE_LENGTH_CACHE_TIMEOUT_S": "1",
    # Straight to the worker's process: an actor call with its two results costs four times that.
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
}
_NO_ACCESS_LOG = {"enable_access_log": False}
"""Ours says more."""


def app(args: Mapping[str, Any]) -> Any:
    """Return the Serve application of a Serve config's ``args``; see `ClusterSettings`.

    Raises:
        SettingsError: An argument, or the configuration, is wrong.
        MissingPackageError: Ray isn't installed.
    """
    return application(ClusterSettings.from_args(args))


def application(settings: ClusterSettings, worker_class: type = Worker) -> Any:
    """Return the Serve application of settings; ``worker_class`` is for tests of the rest.

    Raises:
        SettingsError: The configuration is wrong.
        MissingPackageError: Ray isn't installed.
    """
    serve = require("ray.serve", "ray", "Ray Serve")
    config = require("ray.serve.config", "ray", "Ray Serve")
    limits = server_settings(settings.config)
    stop_s = limits.drain_s + 5
    worker = serve.deployment(
        worker_class,
        name=WORKER,
        # A replica queues by itself, as hubocr serve does. Where Serve's routers hold requests back
        # they try again after ever longer pauses, in which a replica may have nothing to do.
        max_ongoing_requests=limits.limits.queue,
        max_queued_requests=limits.limits.queue,
        ray_actor_options={
            "num_cpus": settings.num_cpus,
            "runtime_env": {"env_vars": _ENVIRONMENT},
        },
        request_router_config=config.RequestRouterConfig(
            request_router_class="hubocr.cluster.router:LeastOutstandingRouter"
        ),
        graceful_shutdown_timeout_s=stop_s,
        health_check_period_s=5,
        health_check_timeout_s=15,
        logging_config=_NO_ACCESS_LOG,
        **settings.scaling,
        **settings.placement,
    )
    entry = serve.deployment(
        serve.ingress()(ProxiedEntry) if settings.port is None else PortEntry,
        name=ENTRY,
        num_replicas=settings.entries,
        max_ongoing_requests=limits.limits.queue,
        ray_actor_options={
            "num_cpus": 0,
            "resources": {_HEAD: 0.001} if settings.front == "head" else {},
            "runtime_env": {"env_vars": _ENTRY_ENVIRONMENT},
        },
        graceful_shutdown_timeout_s=stop_s,
        health_check_period_s=5,
        logging_config=_NO_ACCESS_LOG,
        **settings.entry_placement,
    )
    jobs = jobs_of(settings.most_replicas)
    workers = worker.bind(settings.config, settings.num_cpus, jobs)
    place = () if settings.port is None else (settings.host, settings.port)
    return entry.bind(settings.config, workers, *place)
