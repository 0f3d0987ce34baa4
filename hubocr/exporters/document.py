"""What an exporter gets, and what a format is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hubocr.errors import RequestError
from hubocr.imaging import BgrImage
from hubocr.pipeline.results import Page
from hubocr.settings import OcrOptions

T = TypeVar("T")


def _no_image(place: int) -> BgrImage:
    raise RequestError(f"this format needs the image of page {place + 1}, which was not kept")


def _no_resolution(place: int) -> float | None:
    return None


@dataclass(frozen=True)
class Document:
    """The pages that go into one file.

    Attributes:
        pages: The pages, in order.
        image: Returns the image of the page at a place in ``pages``, an array (H, W, 3), uint8,
            BGR. It is called once for each page, in order, so that the images of a long document
            need not all be in memory. It raises `RequestError` where images were not kept.
        name: Name of the document without a suffix, for titles.
        options: The options that the pages were read with.
        resolution: Returns the pixels per inch of the image of the page at a place in ``pages``,
            or None where that isn't known.
    """

    pages: Sequence[Page]
    image: Callable[[int], BgrImage] = _no_image
    name: str = "document"
    options: OcrOptions = field(default_factory=OcrOptions)
    resolution: Callable[[int], float | None] = _no_resolution


def document_of(
    page: Page, image: BgrImage | None = None, options: OcrOptions | None = None, name: str = ""
) -> Document:
    """Return the document of a single page."""
    return Document(
        (page,),
        _no_image if image is None else lambda _: image,
        name or Document.name,
        options or OcrOptions(),
    )


@dataclass(frozen=True)
class Format:
    """A file format that pages are written in.

    Attributes:
        name: Its name in options and on the command line, and that of the module
            ``hubocr.exporters.NAME``, whose function ``write`` takes a `Document` and returns the
            file's contents, bytes or a text. It is imported when it is used first, so that a
            format costs nothing where nobody asks for it.
        media_type: Its media type.
        suffix: The ending of its files, with the dot.
        help: What it is for, in one phrase.
        needs_images: Whether ``write`` asks for the images of the pages.
        is_paged: Whether one file holds any number of pages, not only one.
        aliases: Other names of it.
        wants_words: Whether it is better with boxes of words, see ``rec_word_boxes``.
    """

    name: str
    media_type: str
    suffix: str
    help: str
    needs_images: bool = False
    is_paged: bool = True
    aliases: tuple[str, ...] = ()
    wants_words: bool = False

    def export(self, document: Document) -> bytes:
        """Return the contents of one file; a text is encoded in UTF-8.

        Raises:
            RequestError: The format needs images that were not kept, or takes one page only.
        """
        if not self.is_paged and len(document.pages) != 1:
            raise RequestError(
                f"a file of the format {self.name} holds one page, not {len(document.pages)}"
            )
        module = importlib.import_module(f"hubocr.exporters.{self.name}")
        written: bytes | str = module.write(document)
        # A name that isn't UTF-8 has surrogates; in JSON their escapes stand for them.
        return written.encode(errors="backslashreplace") if isinstance(written, str) else written

    def files(self, document: Document) -> Iterator[tuple[str, bytes]]:
        """Give the names and contents of the files that a document needs: one, or one a page.

        Raises:
            RequestError: The format needs images that were not kept.
        """
        if self.is_paged or len(document.pages) == 1:
            yield f"{document.name}{self.suffix}", self.export(document)
            return
        digits = len(str(len(document.pages)))
        for place, page in enumerate(document.pages):
            single = replace(
                document,
                pages=(page,),
                image=_shifted(document.image, place),
                resolution=_shifted(document.resolution, place),
            )
            yield f"{document.name}-{place + 1:0{digits}}{self.suffix}", self.export(single)


def _shifted(of: Callable[[int], T], place: int) -> Callable[[int], T]:
    return lambda _: of(place)
