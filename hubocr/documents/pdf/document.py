"""PDF files as pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hubocr.documents.options import DocumentOptions
from hubocr.documents.page import Page, PageError, TextLayer
from hubocr.documents.pdf.process import (
    PdfProcess,
    PdfProcessEnded,
    give_back_process,
    take_process,
)
from hubocr.documents.pdf.text_layer import PageGeometry, build_text_layer, fault
from hubocr.documents.pdf.wire import Message
from hubocr.documents.selection import chosen_pages
from hubocr.errors import (
    DocumentError,
    DocumentPasswordError,
    DocumentTimeoutError,
    DocumentTooLargeError,
    ImageError,
    ImageTooLargeError,
)

_MOST_COSTLY_PAGES = 3
"""A document is given up after this many pages in a row that crash the process or take too long."""


_IMAGE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"BM")


def is_pdf(start: bytes) -> bool:
    """Say whether a file that begins so is a PDF.

    Its header is within the first kilobyte, as readers have always allowed, unless that is the
    comment of an image.
    """
    return b"%PDF-" in start[:1024] and not start.startswith(_IMAGE_SIGNATURES)


def read_pdf(
    pdf: Path | bytes, source: str, options: DocumentOptions
) -> Iterator[Page | PageError]:
    """Yield the pages of a PDF that the options choose.

    A page that can't be rendered gives a `PageError` in its place.

    Args:
        pdf: Its path, which is not read into memory, or its bytes.
        source: What it is called in pages and messages.
        options: Page range, password, resolution, text layer and limits.

    Raises:
        DocumentError: The document can't be opened, has too many pages, or is given up.
    """
    document = _Document(pdf, source, options)
    try:
        indices = chosen_pages(document.page_count, source, options)
        costly = 0
        for index in indices:
            try:
                page = document.page(index)
                costly = 0
            except (DocumentError, ImageError) as error:
                yield PageError(error, source, index, document.page_count)
                if document.lost:
                    costly += 1
                    if costly == _MOST_COSTLY_PAGES and index != indices[-1]:
                        raise DocumentTooLargeError(
                            f"{source}: given up after page {index + 1} of {document.page_count}: "
                            f"{costly} pages in a row take too much time or memory"
                        ) from error
                continue
            yield page
            del page
    finally:
        document.close()


def measure_pdf(pdf: bytes, source: str, options: DocumentOptions) -> tuple[int, int]:
    """Return how many pages the options choose, and the pixels of the largest, or a bound of them.

    Raises:
        DocumentError: The document can't be opened, or has too many pages.
    """
    document = _Document(pdf, source, options)
    try:
        indices = chosen_pages(document.page_count, source, options)
        return len(indices), document.largest(indices)
    finally:
        document.close()


class _Document:
    """A PDF that is open in a process, and opened again where the process has to be stopped."""

    def __init__(self, pdf: Path | bytes, source: str, options: DocumentOptions) -> None:
        self._pdf = pdf
        self._source = source
        self._options = options
        self._process: PdfProcess | None = None
        self.page_count = self._open()

    @property
    def lost(self) -> bool:
        """Whether the last request cost the process."""
        return self._process is None

    def close(self) -> None:
        """Close the PDF and leave the process to the next one."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.call({"do": "close"}, b"", seconds=5)
        except (PdfProcessEnded, DocumentTimeoutError):
            process.stop()
        else:
            give_back_process(process)

    def largest(self, indices: Sequence[int]) -> int:
        """Return the pixels of the largest of some pages, or a bound of them.

        Raises:
            DocumentError: It takes too much time or memory.
        """
        request: Message = {"do": "measure", "indices": list(indices), "dpi": self._options.dpi}
        answer, _ = self._ask(request, b"", self._source)
        pixels: int = answer["pixels"]
        return pixels

    def page(self, index: int) -> Page:
        """Render one page.

        Raises:
            DocumentError: It is damaged, or takes too much time or memory.
            ImageTooLargeError: It would have too many pixels.
        """
        if self._process is None:
            self._open()
        options = self._options
        request: Message = {
            "do": "page",
            "index": index,
            "dpi": options.dpi,
            "max_pixels": options.max_pixels,
            "text": options.text_layer != "ignore",
        }
        where = f"{self._source}, page {index + 1}"
        answer, pixels = self._ask(request, b"", where)
        shape = (answer["height"], answer["width"], 3)
        return self._page(index, answer, pixels.reshape(shape))

    def _page(self, index: int, answer: Message, image: NDArray[np.uint8]) -> Page:
        use = self._options.text_layer
        box, rotation = tuple(answer["box"]), answer["rotation"]
        layer: TextLayer | None = None
        note: str | None = "ignored"
        if use != "ignore":
            geometry = PageGeometry(box, rotation, (image.shape[1], image.shape[0]))
            layer = build_text_layer(answer["lines"], geometry)
            note = fault(
                layer,
                count=answer["count"],
                invisible=answer["invisible"],
                unmapped=answer["unmapped"],
                box=box,
                pictures=[tuple(picture) for picture in answer["pictures"]],
            )
            if note is not None and (use == "auto" or note == "none"):
                layer = None
        return Page(
            image,
            self._source,
            index,
            self.page_count,
            size=tuple(answer["size"]),
            dpi=answer["dpi"],
            rotation=rotation,
            text_layer=layer,
            text_layer_note=note if layer is None else None,
        )

    def _open(self) -> int:
        self._process = take_process()
        by_path = isinstance(self._pdf, Path)
        request: Message = {
            "do": "open",
            "path": str(self._pdf) if by_path else None,
            "password": self._options.password,
            "memory": self._options.memory_mb << 20,
        }
        payload = self._pdf if isinstance(self._pdf, bytes) else b""
        try:
            answer, _ = self._ask(request, payload, self._source)
        except BaseException:
            self.close()
            raise
        pages: int = answer["pages"]
        return pages

    def _ask(
        self, request: Message, payload: bytes, where: str
    ) -> tuple[Message, NDArray[np.uint8]]:
        process = self._process
        if process is None:
            raise DocumentError(f"{where}: the PDF is closed")
        limit = self._options.page_seconds
        try:
            answer, pixels = process.call(request, payload, seconds=limit)
        except BaseException as error:
            self._process = None
            process.stop()
            if isinstance(error, DocumentTimeoutError):
                raise DocumentTimeoutError(
                    f"{where}: it takes longer than the limit of {limit:g} seconds"
                ) from error
            if isinstance(error, PdfProcessEnded):
                raise self._out_of_memory(where) from error
            raise
        if "error" in answer:
            self._raise(answer, where)
        return answer, pixels

    def _out_of_memory(self, where: str) -> DocumentTooLargeError:
        return DocumentTooLargeError(
            f"{where}: it is damaged, or can't be rendered in "
            f"{self._options.memory_mb} MB of memory"
        )

    def _raise(self, answer: Message, where: str) -> NoReturn:
        kind, message = answer["error"], answer["message"]
        if kind == "password":
            raise DocumentPasswordError(f"{where}: {message}")
        if kind == "pixels":
            raise ImageTooLargeError(
                f"{where}: the page has {message}, the limit is {self._options.max_pixels}"
            )
        if kind == "memory":
            raise self._out_of_memory(where)
        raise DocumentError(f"{where}: the PDF can't be used: {message}")
