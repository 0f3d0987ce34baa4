"""A file that came in a request and may have several pages: an image, a TIFF file, a PDF."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from hubocr.documents import DocumentOptions, PageError
from hubocr.documents.pdf.document import is_pdf
from hubocr.documents.urls import fetch, is_url, shown_url
from hubocr.errors import DocumentError, ImageError, UrlRefusedError
from hubocr.imaging import probe
from hubocr.runtime import Call
from hubocr.services.base import Observer
from hubocr.services.documents import ReadPage, read_documents
from hubocr.services.images import decode_base64
from hubocr.services.pages import SystemService
from hubocr.settings import OcrOptions

_JOBS = 2
"""Pages of one request that are in work at a time: while one is read the next is decoded."""

_DOCUMENT_BYTES = 64_000_000
"""Memory that the pages of one request are counted with: some of A4 at 144 dpi, or one of 20
megapixels."""

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


def read_upload(
    service: SystemService,
    upload: Upload,
    options: OcrOptions,
    documents: DocumentOptions,
    call: Call,
    observer: Observer | None = None,
) -> Generator[ReadPage, None, None]:
    """Yield the pages of a file, in their order.

    Args:
        service: Reads them.
        upload: The file.
        options: How they are read.
        documents: How it is opened, and within which limits.
        call: Deadline and cancellation of the request.
        observer: Is told what was read.

    Raises:
        HubocrError: The file, or a page, can't be read; the message names it.
    """
    file = io.BytesIO(upload.content)
    file.name = upload.name  # what errors call it
    pages = read_documents(
        service.pipeline, file, options, documents=documents, jobs=_JOBS, call=call
    )
    held = service.pipeline.runtime.images.held(_DOCUMENT_BYTES, call)
    with held, closing(pages):
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
