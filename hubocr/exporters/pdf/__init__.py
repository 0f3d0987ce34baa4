"""Searchable PDF: the image of each page, and over it the text, which isn't painted."""

from __future__ import annotations

import io

import cv2
import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from hubocr import __version__
from hubocr.exporters.document import Document
from hubocr.exporters.markup import allowed
from hubocr.exporters.pdf.font import BlankFont
from hubocr.exporters.pdf.text import FONT_NAME, invisible_text
from hubocr.imaging import BgrImage
from hubocr.imaging.draw import LONGEST_SIDE, shrunk
from hubocr.pipeline.results import Page

_DPI = 150
"""Resolution of images that don't tell theirs."""

_LONGEST_SIDE = 14400.0
"""Longest side of a page in points (PDF 32000-1:2008, annex C)."""

_QUALITY = 90


def write(document: Document) -> bytes:
    """Return a PDF file of all pages; images are JPEG in it."""
    with Pdf.new() as pdf:
        font = BlankFont()
        for place, page in enumerate(document.pages):
            _add_page(pdf, page, document.image(place), font, document.resolution(place) or _DPI)
        return _finished(pdf, font, document.name)


def write_text_layer(page: Page, dpi: float, name: str = "document") -> bytes:
    """Return a PDF file of a page's text alone, to lie over the page in another file.

    Args:
        page: The page.
        dpi: Pixels per inch of its image.
        name: Title of the document.
    """
    with Pdf.new() as pdf:
        font = BlankFont()
        _add_page(pdf, page, None, font, dpi)
        return _finished(pdf, font, name)


def _finished(pdf: Pdf, font: BlankFont, name: str) -> bytes:
    shared = font.add_to(pdf)
    for added in pdf.pages:
        added.obj.Resources.Font = Dictionary({f"/{FONT_NAME}": shared})
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = allowed(name)
        metadata["pdf:Producer"] = f"hubocr {__version__}"
    file = io.BytesIO()
    pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=False)
    return file.getvalue()


def _add_page(pdf: Pdf, page: Page, image: BgrImage | None, font: BlankFont, dpi: float) -> None:
    scale = min(72 / dpi, _LONGEST_SIDE / max(page.width, page.height))
    width, height = page.width * scale, page.height * scale
    content, resources = b"", Dictionary()
    if image is not None:
        content = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q\n".encode()
        resources = Dictionary(XObject=Dictionary(I=_image(pdf, image)))
    content += invisible_text(page, font, scale)
    added = Dictionary(
        Type=Name.Page,
        MediaBox=[0, 0, width, height],
        Resources=resources,
        Contents=pdf.make_stream(content),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(added)))


def _image(pdf: Pdf, image: BgrImage) -> pikepdf.Object:
    image = shrunk(image, LONGEST_SIDE)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return pikepdf.Stream(
        pdf,
        encoded,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.shape[1],
        Height=image.shape[0],
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Array([Name.DCTDecode]),
    )
