"""Metrics for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from hubocr.runtime.heap import resident_bytes

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one worker; with several workers each scrape adds them up.

    Adding up works through files in the folder of ``PROMETHEUS_MULTIPROC_DIR``, which the server
    sets when it starts several workers.
    """

    def __init__(self) -> None:
        self._shared = MULTIPROCESS_VARIABLE in os.environ
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter(
            "hubocr_requests",
            "Requests answered.",
            ("route", "module", "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "hubocr_request_seconds",
            "Time from a request's arrival to its answer.",
            ("route", "module"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self.stages = Histogram(
            "hubocr_stage_seconds",
            "Time of a request in each stage: waiting in the queue, and thread time of the others.",
            ("stage",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self.images = Counter(
            "hubocr_images", "Images in requests.", ("outcome",), registry=registry
        )
        self.lines = Counter("hubocr_lines", "Lines of text answered.", registry=registry)
        self.rejections = Counter(
            "hubocr_rejections", "Requests refused by a limit.", ("reason",), registry=registry
        )
        self.in_flight = Gauge(
            "hubocr_requests_in_flight",
            "Requests worked on or waiting.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.depth = Gauge(
            "hubocr_queue_depth",
            "Pieces of work that wait for a thread.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.memory = Gauge(
            "hubocr_resident_memory_bytes",
            "Resident memory of the workers.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.ready = Gauge(
            "hubocr_ready_workers",
            "Workers whose models are loaded and warmed up.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def count_images(self, read: int, unreadable: int) -> None:
        """See `hubocr.services.Observer`."""
        self.images.labels("read").inc(read)
        self.images.labels("unreadable").inc(unreadable)

    def count_rejection(self, reason: str) -> None:
        """Count a request that a limit refuses."""
        self.rejections.labels(reason).inc()

    def count_lines(self, lines: int) -> None:
        """See `hubocr.services.Observer`."""
        self.lines.inc(lines)

    def record_stages(self, seconds: Mapping[str, float]) -> None:
        """Add the stage times of one call."""
        for stage, value in seconds.items():
            self.stages.labels(stage).observe(value)

    def render(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        self.memory.set(resident_bytes())
        if not self._shared:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
