"""The process that opens PDFs and renders their pages, one request after the other.

PDFium is not thread-safe, reads untrusted files and can't be interrupted; here a crash, an
endless loop or a flood of memory costs a process that is started again.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from hubocr.documents.pdf.characters import Characters, read_characters
from hubocr.documents.pdf.resolution import (
    Picture,
    choose_dpi,
    largest_size,
    pixel_size,
    scale_of,
)
from hubocr.documents.pdf.wire import LENGTHS, Message, pack, read_exactly

_IDLE_SECONDS = 60
_MOST_OBJECTS = 20_000
_MOST_PICTURES = 1_000


# Owned by Python, and without padding at the end of each row.
_new_bitmap = partial(pdfium.PdfBitmap.new_foreign, force_packed=True)


class _Refused(Exception):
    """A document or page that can't be given, by a kind that the other end knows."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.answer = {"error": kind, "message": message}


def main() -> None:
    """Answer requests from standard input on standard output until it is closed."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever PDFium prints
    document: pdfium.PdfDocument | None = None
    while select.select([requests], [], [], None if document else _IDLE_SECONDS)[0]:
        try:
            body_size, payload_size = LENGTHS.unpack(read_exactly(requests, LENGTHS.size))
            request: Message = json.loads(read_exactly(requests, body_size))
            payload = read_exactly(requests, payload_size)
        except EOFError:
            return
        # The other end kills this process in time; this is for when it is gone.
        signal.alarm(int(request["seconds"]) + 5)
        pixels = memoryview(b"")
        try:
            if request["do"] == "open":
                _limit_memory(request["memory"])
                document = _open(request, payload)
                answer: Message = {"pages": len(document)}
            elif request["do"] == "measure" and document is not None:
                answer = {"pixels": _largest(document, request)}
            elif request["do"] == "page" and document is not None:
                answer, pixels = _page(document, request)
            else:
                document = None
                answer = {}
        except _Refused as refusal:
            answer = refusal.answer
        except pdfium.PdfiumError as error:
            answer = {"error": "damaged", "message": str(error)}
        except MemoryError:
            answer = {"error": "memory", "message": ""}
        _send(answers, answer, pixels)
        signal.alarm(0)
        del payload, pixels


def _send(answers: BinaryIO, answer: Message, pixels: memoryview) -> None:
    answers.write(pack(answer, pixels.nbytes))
    answers.write(pixels)
    answers.flush()


def _limit_memory(size: int) -> None:
    """Let this process grow by ``size`` bytes; PDFium ends the process where it gets no more."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        used = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + size, resource.RLIM_INFINITY))


def _open(request: Message, payload: bytes) -> pdfium.PdfDocument:
    source = payload if request["path"] is None else Path(request["path"])
    password = request["password"]
    try:
        document = pdfium.PdfDocument(source, password=password)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            wrong = "the password is wrong" if password else "it is encrypted: a password is needed"
            raise _Refused("password", wrong) from error
        if error.err_code == pdfium_c.FPDF_ERR_SECURITY:
            raise _Refused("damaged", "its kind of encryption is not supported") from error
        raise _Refused("damaged", "it is damaged or has no pages") from error
    if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
        document.init_forms()
    return document


def _largest(document: pdfium.PdfDocument, request: Message) -> int:
    largest = 0
    for index in request["indices"]:
        with suppress(pdfium.PdfiumError):  # it is told when the page is asked for
            size = document.get_page_size(index)
            dpi = request["dpi"]
            width, height = pixel_size(size, dpi) if dpi else largest_size(size)
            largest = max(largest, width * height)
    return largest


def _page(document: pdfium.PdfDocument, request: Message) -> tuple[Message, memoryview]:
    try:
        page = document[request["index"]]
    except pdfium.PdfiumError as error:
        raise _Refused("damaged", "it is damaged") from error
    try:
        size = page.get_size()
        pictures, objects = _pictures(page)
        if document.get_formtype() == pdfium_c.FORMTYPE_XFA_FULL and objects == 0:
            raise _Refused("damaged", "it is a dynamic XFA form, which can't be rendered")
        wants_text = request["text"] or not request["dpi"]
        characters = read_characters(page) if wants_text else Characters()
        dpi = request["dpi"] or choose_dpi(size, characters.points, pictures)
        width, height = pixel_size(size, dpi)
        if width * height > request["max_pixels"]:
            raise _Refused("pixels", f"{width}x{height} pixels at {dpi:.4g} dpi")
        if min(width, height) < 1:
            raise _Refused("damaged", "its page is empty")
        bitmap = page.render(scale=scale_of(dpi), limit_image_cache=True, bitmap_maker=_new_bitmap)
        answer: Message = {
            "size": size,
            "dpi": dpi,
            "width": bitmap.width,
            "height": bitmap.height,
            "rotation": page.get_rotation(),
            "box": page.get_bbox(),
            "lines": characters.lines if request["text"] else [],
            "count": characters.count,
            "invisible": characters.invisible,
            "unmapped": characters.unmapped,
            "pictures": [picture.box for picture in pictures],
        }
        return answer, memoryview(bitmap.buffer).cast("B")
    finally:
        page.close()


def _pictures(page: pdfium.PdfPage) -> tuple[list[Picture], int]:
    """Return the images on a page, and the number of objects up to where it was searched."""
    pictures: list[Picture] = []
    count = 0
    for item in page.get_objects(max_depth=2):
        count += 1
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            with suppress(pdfium.PdfiumError):
                pictures.append(Picture(_bounds(item), item.get_px_size()))
        if count >= _MOST_OBJECTS or len(pictures) >= _MOST_PICTURES:
            break
    return pictures, count


def _bounds(item: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = item.get_bounds()
    if item.container is not None:  # in the coordinates of a form
        matrix = item.container.get_matrix()
        corners = [matrix.on_point(x, y) for x in (left, right) for y in (bottom, top)]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    return left, bottom, right, top


if __name__ == "__main__":
    main()
