"""Documents through the pipeline: pages are read ahead, several at a time, and come in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from hubocr.documents import DocumentOptions, PageError, Source, open_documents
from hubocr.documents import Page as DocumentPage
from hubocr.documents.prefetch import prefetch
from hubocr.documents.sources import is_single_source
from hubocr.errors import HubocrError, InferenceError, SettingsError
from hubocr.imaging import BgrImage
from hubocr.pipeline import Page
from hubocr.runtime import Call, Runtime
from hubocr.services.text_layer import page_of_text_layer
from hubocr.settings import OcrOptions

logger = logging.getLogger(__name__)

_DEFAULTS = DocumentOptions()

_MOST_JOBS = 1000


class PageReader(Protocol):
    """Loaded models that read one page, such as `OcrPipeline` and `LinePipeline`."""

    options: OcrOptions
    runtime: Runtime

    def run(self, image: BgrImage, options: OcrOptions | None, call: Call | None) -> Page:
        """Read an image, (H, W, 3), uint8, BGR."""


class SharedReader(PageReader, Protocol):
    """A reader that has several machines read.

    Attributes:
        jobs: Most pages of a document that are read at the same time.
    """

    jobs: int


@dataclass(frozen=True, eq=False)
class ReadPage:
    """A page of a document, and what it says.

    Attributes:
        document: The page as it was opened: its image, source and place.
        result: What was read. ``result.source`` counts the documents of the call.
        options: The options that it was read with.
    """

    document: DocumentPage
    result: Page
    options: OcrOptions

    @property
    def image(self) -> BgrImage:
        """The page's image, (H, W, 3), uint8, BGR."""
        return self.document.image

    @property
    def is_text_layer(self) -> bool:
        """Whether the text is the PDF's own and was not read from the image."""
        return self.document.text_layer is not None

    def without_image(self) -> ReadPage:
        """Return it without the pixels, which take most of its memory; the sizes stay."""
        empty = np.zeros((0, 0, 3), np.uint8)
        return replace(self, document=replace(self.document, image=empty))


def check_jobs(jobs: int) -> None:
    """Raise `SettingsError` unless so many pages may be in work at a time."""
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 0 <= jobs <= _MOST_JOBS:
        raise SettingsError(
            f"jobs must be an integer from 0 to {_MOST_JOBS}, not {jobs!r}", setting="jobs"
        )


def read_documents(
    pipeline: PageReader,
    source: Source,
    options: OcrOptions | None = None,
    *,
    documents: DocumentOptions = _DEFAULTS,
    jobs: int = 0,
    call: Call | None = None,
) -> Generator[ReadPage | PageError, None, None]:
    """Yield what all pages of a source say, in their order.

    Pages are decoded, detected and recognised side by side: ``jobs`` of them are under way while
    the caller works on one. Closing the generator drops what hasn't begun.

    Args:
        pipeline: The loaded models.
        source: See `hubocr.documents.open_documents`.
        options: Options of this call; those of the pipeline where there are none.
        documents: How sources are found and opened, which of their pages, and within which limits;
            where it asks for all frames, those of the options' choice.
        jobs: Most pages in work at a time; 0: one more than there are threads.
        call: Deadline and cancellation of the whole, where it has any.

    Yields:
        A `ReadPage`, or a `PageError` in the place of a page or source that can't be read.

    Raises:
        SettingsError: ``jobs`` is negative or too large.
    """
    check_jobs(jobs)
    chosen = options or pipeline.options
    if documents.frames == "all" and chosen.image.frame != "first":
        documents = replace(documents, frames=chosen.image.frame)
    jobs = jobs or pipeline.runtime.threads + 1
    calls = _Calls()
    is_single = is_single_source(source)
    counter = _DocumentCounter()

    def read(item: DocumentPage, document: int, own: Call) -> ReadPage | PageError:
        try:
            if item.text_layer is not None:
                found = page_of_text_layer(item, words=chosen.recognition.word_boxes)
            else:
                found = pipeline.run(item.image, chosen, own)
        except HubocrError as error:
            return _failed(item, error)
        except Exception:  # of one page; the others are read
            logger.exception("%s: reading a page failed unexpectedly", item.source)
            return _failed(item, InferenceError("reading failed unexpectedly; the log says why"))
        finally:
            calls.remove(own)
        return ReadPage(item, replace(found, source=document, index=item.page_index or 0), chosen)

    def submitted() -> Generator[Future[ReadPage | PageError] | PageError, None, None]:
        for item in open_documents(source, options=documents):
            document = counter.place_of(item)
            if isinstance(item, PageError):
                yield item
                continue
            own = call or calls.add(is_one_of_many=not is_single or item.page_count > 1)
            yield pool.submit(read, item, document, own)
            del item

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="hubocr-pages")
    try:
        for pending in prefetch(submitted(), jobs - 1):
            yield pending if isinstance(pending, PageError) else pending.result()
            del pending
    finally:
        calls.cancel()
        pool.shutdown(wait=False, cancel_futures=True)


def _failed(item: DocumentPage, error: HubocrError) -> PageError:
    index = item.page_index
    where = item.source if index is None else f"{item.source}, page {index + 1}"
    named = type(error)(f"{where}: {error.message}")
    named.__cause__ = error
    return PageError(named, item.source, index, item.page_count)


class _Calls:
    """The calls that are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: set[Call] = set()

    def add(self, *, is_one_of_many: bool) -> Call:
        call = Call(is_one_of_many=is_one_of_many)
        with self._lock:
            self._calls.add(call)
        return call

    def remove(self, call: Call) -> None:
        with self._lock:
            self._calls.discard(call)

    def cancel(self) -> None:
        with self._lock:
            calls = tuple(self._calls)
        for call in calls:
            call.cancel()


class _DocumentCounter:
    """Counts documents: pages of one source in rising order are of one document."""

    def __init__(self) -> None:
        self._count = -1
        self._last: tuple[str, int] | None = None

    def place_of(self, item: DocumentPage | PageError) -> int:
        """Return the index of the document that a page belongs to."""
        index = item.page_index
        follows = (
            index is not None
            and self._last is not None
            and self._last[0] == item.source
            and self._last[1] < index
        )
        if not follows:
            self._count += 1
        self._last = None if index is None else (item.source, index)
        return self._count
