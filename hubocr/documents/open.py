"""Reading documents: sources become pages, lazily and in their order."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from hubocr.documents.images import read_array, read_image_bytes, read_pillow
from hubocr.documents.options import DocumentOptions
from hubocr.documents.page import Page, PageError
from hubocr.documents.pdf.document import is_pdf, read_pdf
from hubocr.documents.prefetch import prefetch
from hubocr.documents.sources import Item, Source, Url, expand, too_many_bytes
from hubocr.documents.urls import fetch
from hubocr.errors import DocumentError, HubocrError

__all__ = ["Source", "open_documents"]

_DEFAULTS = DocumentOptions()


def open_documents(
    source: Source, *, options: DocumentOptions = _DEFAULTS
) -> Generator[Page | PageError, None, None]:
    """Yield the pages of everything that a source names or holds.

    What a file is follows from its first bytes, not from its name. Pages are made when they are
    asked for, and ``options.prefetch`` of them ahead, in a thread: memory depends on the size of a
    page and not on their number. Closing the generator stops the thread.

    Args:
        source: A path, a folder, a glob pattern, a URL (where ``options.allow_urls``), the bytes of
            a file, a file object, an array (H, W, 3) BGR, (H, W, 4) BGRA, (H, W) or (H, W, 1)
            grey of uint8, a Pillow image, or an iterable of these, nested or not. An iterable is
            run in the thread that reads ahead.
        options: Which pages, how, and within which limits.

    Yields:
        A `Page`, or a `PageError` in the place of a page or source that can't be read; then the
        next one follows.
    """
    return prefetch(_pages(source, options), options.prefetch)


def _pages(source: object, options: DocumentOptions) -> Generator[Page | PageError, None, None]:
    for item in expand(source, options):
        path = item.name if isinstance(item.value, (Path, Url)) else None
        try:
            yield from map(partial(_with_path, path), _read(item, options))
        except HubocrError as error:
            yield PageError(error, item.name)


def _with_path(path: str | None, page: Page | PageError) -> Page | PageError:
    return page if path is None or isinstance(page, PageError) else replace(page, path=path)


def _read(item: Item, options: DocumentOptions) -> Iterator[Page | PageError]:
    name, value = item.name, item.value
    if isinstance(value, HubocrError):
        raise value
    if isinstance(value, np.ndarray):
        yield read_array(value, name, options)
    elif isinstance(value, Image.Image):
        yield from read_pillow(value, name, options)
    elif isinstance(value, Path):
        yield from _read_file(value, name, options)
    else:
        if isinstance(value, Url):
            value = fetch(value.text, max_bytes=options.max_bytes, options=options.urls)
        read = read_pdf if is_pdf(value) else read_image_bytes
        yield from read(value, name, options)


def _read_file(path: Path, name: str, options: DocumentOptions) -> Iterator[Page | PageError]:
    try:
        with path.open("rb") as file:
            data = file.read(1024)
            is_document = is_pdf(data)
            if not is_document:
                data += file.read(options.max_bytes + 1 - len(data))
    except OSError as error:
        raise DocumentError(f"can't read {name!r}: {error.strerror or error}") from error
    if len(data) > options.max_bytes:
        raise too_many_bytes(name, options)
    if is_document:
        yield from read_pdf(path.absolute(), name, options)
    else:
        yield from read_image_bytes(data, name, options)
