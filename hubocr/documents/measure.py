"""How many and how large the pages of a file are, known before one of them is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from hubocr.documents.options import DocumentOptions
from hubocr.documents.pdf.document import is_pdf, measure_pdf
from hubocr.documents.selection import chosen_pages
from hubocr.imaging import probe
from hubocr.imaging.frames import largest_tiff_page


@dataclass(frozen=True)
class Extent:
    """The pages that are chosen of a file.

    Attributes:
        pages: How many.
        pixels: Those of the largest; of a PDF whose pages have a resolution of their own, a bound.
        decoding: Bytes that decoding it takes in this process.
    """

    pages: int
    pixels: int
    decoding: int


_PIXEL = 3
_TIFF_PIXEL = 8


def measure(data: bytes, source: str, options: DocumentOptions) -> Extent:
    """Return the extent of a file.

    Raises:
        ImageError: It is no image, or damaged.
        DocumentError: It can't be opened, or doesn't have the pages.
    """
    if is_pdf(data):
        pages, largest = measure_pdf(data, source, options)
        pixels = min(largest, options.max_pixels)
        return Extent(pages, pixels, _PIXEL * pixels)
    info = probe(data)
    pixels = min(info.width * info.height, options.max_pixels)
    if info.frames == 1 or options.frames != "all":
        return Extent(1, pixels, info.cost.bytes if pixels < options.max_pixels else 0)
    indices = chosen_pages(info.frames, source, options)
    if info.format == "TIFF":
        pixels = min(largest_tiff_page(data, indices), options.max_pixels)
    return Extent(len(indices), pixels, max(_TIFF_PIXEL * pixels, info.cost.bytes))
