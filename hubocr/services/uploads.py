"""A file that came in a request and may have several pages: an image, a TIFF file, a PDF."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from hubocr.documents import DocumentOptions, PageError
from hubocr.documents.measure import measure
from hubocr.documents.pdf.document import is_pdf
from hubocr.documents.urls import fetch, is_url, shown_url
from hubocr.errors import DocumentError, ImageError, UrlRefusedError
from hubocr.imaging import probe
from hubocr.runtime import Call, Runtime
from hubocr.services.base import Observer
from hubocr.services.documents import ReadPage, read_documents
from hubocr.services.images import decode_base64
from hubocr.services.pages import SystemService
from hubocr.settings import OcrOptions

_JOBS = 2
"""Pages of one request that are in work at a time: while one is read the next is decoded."""

_WAITING_PAGES = 4
"""Pages that are decoded then: two in work, one between them and one that was read ahead."""

_OVERLAPPED_BYTES = 200_000_000
"""Memory up to which that is done; larger pages are decoded and read one by one."""

_PIXEL = 3
"""Bytes."""

_PDF_BYTES = 120_000_000
"""What a PDF is counted with at least, for the process that renders it."""

Kind = Literal["image", "tiff", "pdf"]


@dataclass(frozen=True)
class Upload:
    """A file of a request.

    Attributes:
        content: The bytes of the file.
        name: What errors call it: the field, or the name that the client gave it.
    """

    content: bytes
    name: str

    @classmethod
    def from_text(cls, text: str, name: str, options: DocumentOptions) -> Upload:
        """Return the file of a base64 text, or fetch that of a URL where the options allow it.

        Raises:
            ImageError: It isn't base64.
            UrlRefusedError: URLs aren't allowed, or this one leads where the server must not go.
            DocumentError: It can't be fetched, or has too many bytes.
        """
        if not is_url(text):
            try:
                return cls(decode_base64(text), name)
            except ImageError as error:
                raise error.at(name) from error
        if not options.allow_urls:
            raise UrlRefusedError(
                f"{name}: the server fetches no URLs (setting allow_urls): send the file's base64"
            )
        return cls(fetch(text, max_bytes=options.max_bytes, options=options.urls), shown_url(text))

    @property
    def kind(self) -> Kind:
        """What its first bytes say: TIFF files are of one kind only where they have more pages.

        Raises:
            ImageError: It is neither a PDF nor an image.
        """
        if is_pdf(self.content):
            return "pdf"
        try:
            info = probe(self.content)
        except ImageError as error:
            raise error.at(self.name) from error
        return "tiff" if info.format == "TIFF" and info.frames > 1 else "image"


@dataclass(frozen=True)
class Reading:
    """How the pages of uploads are read within the memory that is held for them.

    Attributes:
        documents: How they are opened, and within which limits.
        jobs: Pages that are in work at a time.
    """

    documents: DocumentOptions
    jobs: int


@contextmanager
def memory_for(
    uploads: Sequence[Upload],
    documents: DocumentOptions,
    runtime: Runtime,
    call: Call,
    page_bytes: int = 0,
) -> Iterator[Reading]:
    """Hold the memory that files take which are read one after the other; yields how.

    Args:
        uploads: The files.
        documents: How they are opened.
        runtime: Has the memory.
        call: Deadline and cancellation of the request.
        page_bytes: What is kept of a page besides, until the end.

    Raises:
        HubocrError: A file can't be read; the message names it.
    """
    if call.deadline is not None:
        left = max(0.1, call.deadline - time.monotonic())
        documents = replace(documents, page_seconds=min(documents.page_seconds, left))
    overlapped, single, kept = 0, 0, 0
    for upload in uploads:
        try:
            extent = measure(upload.content, upload.name, documents)
        except ImageError as error:
            raise error.at(upload.name) from error
        least = _PDF_BYTES if is_pdf(upload.content) else 0
        ahead = extent.decoding + _WAITING_PAGES * _PIXEL * extent.pixels
        overlapped = max(overlapped, least, ahead)
        single = max(single, least, extent.decoding + _PIXEL * extent.pixels)
        kept += extent.pages * page_bytes
    one_by_one = overlapped > _OVERLAPPED_BYTES
    if one_by_one:
        documents = replace(documents, prefetch=0)
    with runtime.images.held((single if one_by_one else overlapped) + kept, call):
        yield Reading(documents, 1 if one_by_one else _JOBS)


def read_upload(
    service: SystemService,
    upload: Upload,
    options: OcrOptions,
    reading: Reading,
    call: Call,
    observer: Observer | None = None,
) -> Generator[ReadPage, None, None]:
    """Yield the pages of a file, in their order.

    Args:
        service: Reads them.
        upload: The file.
        options: How they are read.
        reading: How it is opened; see `memory_for`, within whose block this is called.
        call: Deadline and cancellation of the request.
        observer: Is told what was read.

    Raises:
        HubocrError: The file, or a page, can't be read; the message names it.
    """
    file = io.BytesIO(upload.content)
    file.name = upload.name  # what errors call it
    shared = service.reader if reading.jobs > 1 else None
    pages = read_documents(
        shared or service.pipeline,
        file,
        options,
        documents=reading.documents,
        jobs=shared.jobs if shared else reading.jobs,
        call=call,
    )
    with closing(pages):
        for page in pages:
            call.check()
            if isinstance(page, PageError):
                if observer is not None and isinstance(page.error, ImageError | DocumentError):
                    observer.count_images(0, 1)
                raise page.error
            if observer is not None:
                observer.count_images(1, 0)
                observer.count_lines(len(page.result.lines))
            yield page
            del page  # before the next one is decoded
