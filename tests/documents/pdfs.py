"""Small PDFs, written by pikepdf or by hand."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, Pdf, Stream

LETTER = (0.0, 0.0, 612.0, 792.0)


@dataclass(frozen=True)
class PdfPage:
    """A page to be made: its content stream and what its dictionary says."""

    content: str = ""
    media_box: Sequence[float] = LETTER
    crop_box: Sequence[float] | None = None
    rotate: int = 0
    picture: NDArray[np.uint8] | None = None  # drawn by "/Im Do"
    font: dict[str, Any] = field(default_factory=dict)  # changes to Helvetica


def text_at(x: float, y: float, text: str, size: float = 12, mode: int = 0) -> str:
    """Return a content stream that writes a text with its baseline at a point."""
    return f"BT {mode} Tr /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n"


def make_pdf(*pages: PdfPage, encryption: pikepdf.Encryption | None = None) -> bytes:
    """Return a PDF of these pages."""
    pdf = Pdf.new()
    for page in pages:
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type1,
            BaseFont=Name.Helvetica,
            Encoding=Name.WinAnsiEncoding,
        )
        for key, value in page.font.items():
            font[f"/{key}"] = value(pdf) if callable(value) else value
        resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
        if page.picture is not None:
            height, width = page.picture.shape
            image = Stream(pdf, zlib.compress(page.picture.tobytes()))
            image.Type, image.Subtype = Name.XObject, Name.Image
            image.Width, image.Height, image.BitsPerComponent = width, height, 8
            image.ColorSpace, image.Filter = Name.DeviceGray, Name.FlateDecode
            resources.XObject = Dictionary(Im=image)
        entry = Dictionary(
            Type=Name.Page,
            MediaBox=Array(page.media_box),
            Resources=resources,
            Contents=Stream(pdf, page.content.encode("latin-1")),
        )
        if page.crop_box is not None:
            entry.CropBox = Array(page.crop_box)
        if page.rotate:
            entry.Rotate = page.rotate
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(entry)))
    return saved(pdf, encryption)


def saved(pdf: Pdf, encryption: pikepdf.Encryption | None = None) -> bytes:
    """Return the bytes of a file."""
    target = io.BytesIO()
    pdf.save(target, encryption=encryption or False)
    return target.getvalue()


def handwritten(*objects: str) -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalog."""
    body, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    return body + (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    ).encode("latin-1")
