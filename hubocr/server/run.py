"""Running the server: one process, or several that share the port."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from hubocr.server.app import create_app
from hubocr.server.logs import configure_logging
from hubocr.server.memory import bound_heap
from hubocr.server.metrics import MULTIPROCESS_VARIABLE
from hubocr.server.protocol import HeaderTimeoutProtocol, TimedConfig
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_RETRY_S = 5.0
"""Pause between attempts to replace a worker whose replacement could not start."""

SettingsSource = Callable[[], ServerSettings]


def serve(source: SettingsSource) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Args:
        source: Reads the settings; called again when the models are to be reloaded. It must be
            picklable, since every worker process calls it.
    """
    settings = source()
    configure_logging(settings)
    config = TimedConfig(
        functools.partial(_worker_app, source),
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=HeaderTimeoutProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=2048,
        limit_concurrency=settings.limits.connections,
        timeout_keep_alive=settings.limits.keep_alive_s,
        timeout_graceful_shutdown=settings.drain_s,
    )
    config.header_s = settings.limits.header_s
    socket = config.bind_socket()
    host, port = socket.getsockname()[:2]
    logger.info(
        "hubocr listens on http://%s:%d with %d worker(s) of %d thread(s)",
        host,
        port,
        settings.workers,
        settings.worker_threads,
    )
    if settings.workers == 1:
        # uvicorn raises the signal again after its shutdown: by then all is done, so exit with 0.
        signal.signal(signal.SIGTERM, _exit_clean)
        uvicorn.Server(config).run([socket])
        return 0
    with tempfile.TemporaryDirectory(prefix="hubocr-metrics-") as folder:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        supervisor = _Supervisor(config, [socket])
        supervisor.run()
    return supervisor.status


def _worker_app(source: SettingsSource) -> Any:
    bound_heap()
    settings = source()
    configure_logging(settings)
    return create_app(settings, source)


def _exit_clean(number: int, frame: object) -> None:
    sys.exit(0)


class _Supervisor(Multiprocess):
    """Uvicorn's supervisor: binds the port once, watches the workers, replaces a dead one."""

    status = 0
    _retry_at = 0.0

    def keep_subprocess_alive(self) -> None:
        """Replace dead workers.

        Where a replacement can't start while others serve, it is tried again from time to time;
        uvicorn would stop them all. Where none serves, the server ends with status 3.
        """
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if process.is_alive(self.config.timeout_worker_healthcheck):
                continue
            if process.exitcode is None:
                process.kill()  # it is alive and doesn't answer
                process.join()
            if process.exitcode == STARTUP_FAILURE:
                if not any(self._serves(other) for other in self.processes):
                    logger.critical("no worker can start")
                    self.status = STARTUP_FAILURE
                    self.should_exit.set()
                    return
                if time.monotonic() < self._retry_at:
                    continue
                self._retry_at = time.monotonic() + _RETRY_S
            logger.warning("worker %s died (%s), starting another", process.pid, process.exitcode)
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    @staticmethod
    def _serves(process: Process) -> bool:
        return process.process.is_alive() and process.is_ready()

    def handle_hup(self) -> None:
        """Let each worker exchange its models; uvicorn would restart the processes instead."""
        for process in self.processes:
            if process.pid is not None:
                os.kill(process.pid, signal.SIGHUP)
