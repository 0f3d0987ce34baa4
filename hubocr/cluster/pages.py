"""The pages of a document, read by several workers."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import anyio.to_thread

from hubocr.imaging import BgrImage
from hubocr.pipeline import OcrPipeline, Page
from hubocr.runtime import Call
from hubocr.settings import OcrOptions

logger = logging.getLogger(__name__)

_OWN = 2
"""Pages of documents that a worker reads itself at a time: one is read, the next prepared."""

_MOST = 8
"""Pages of one document in work at a time, all workers together: their images are in memory."""

_PATIENCE_S = 5.0
"""How long a page is left to another worker before this one reads it where it has nothing to do."""

_LOOK_S = 0.1


class SharedPages:
    """Reads pages here and, where this worker has its own in work, on the other workers.

    A page is never only waited for: where the others don't answer, it is read here. So documents
    that fill all workers, and wait for each other's pages, come to an end.

    Args:
        name: The module, as the other workers call it.
        pipeline: This worker's models.
        workers: Serve's handle of the workers.
        jobs: Most pages of a document in work at a time.
    """

    def __init__(self, name: str, pipeline: OcrPipeline, workers: Any, jobs: int) -> None:
        self.jobs = jobs
        self.options = pipeline.options
        self.runtime = pipeline.runtime
        self._name = name
        self._pipeline = pipeline
        self._workers = workers
        self._own = threading.Semaphore(_OWN)

    def run(
        self, image: BgrImage, options: OcrOptions | None = None, call: Call | None = None
    ) -> Page:
        """See `hubocr.services.documents.PageReader`."""
        options, call = options or self.options, call or Call()
        if not self._own.acquire(blocking=False):
            page = self._elsewhere(image, options, call)
            if page is not None:
                return page
        try:
            return self._pipeline.run(image, options, call)
        finally:
            self._own.release()

    def _elsewhere(self, image: BgrImage, options: OcrOptions, call: Call) -> Page | None:
        """Return what another worker reads; None: this one is to, and has taken a place for it."""
        start = time.monotonic()
        pending = self._workers.read_page.remote(self._name, image, options, seconds_left(call))
        try:
            while True:
                call.check()
                try:
                    page: Page = pending.result(timeout_s=_LOOK_S)
                    return page
                except TimeoutError:
                    is_late = time.monotonic() - start > _PATIENCE_S
                    if is_late and self._own.acquire(blocking=False):
                        return None
                except Exception as error:  # noqa: BLE001  whatever it is: it is read here
                    logger.warning("another worker didn't read a page: %r", error)
                    break
        finally:
            pending.cancel()
        while not self._own.acquire(timeout=_LOOK_S):
            call.check()
        return None


async def read_page(
    pipeline: OcrPipeline, image: BgrImage, options: OcrOptions, seconds: float | None
) -> Page:
    """Return a page that another worker has sent, read within so many seconds."""
    call = Call(None if seconds is None else time.monotonic() + seconds)
    try:
        return await anyio.to_thread.run_sync(
            pipeline.run, image, options, call, abandon_on_cancel=True
        )
    finally:
        call.cancel()


def seconds_left(call: Call) -> float | None:
    """Return how long a call may still take; clocks of two machines can't be compared."""
    return None if call.deadline is None else call.deadline - time.monotonic()


def jobs_of(replicas: int) -> int:
    """Return how many pages of a document so many workers have in work; 0: they aren't shared."""
    return min(_OWN * replicas, _MOST) if replicas > 1 else 0
