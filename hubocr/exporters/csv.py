"""A table of the lines, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re

from hubocr.exporters.document import Document

COLUMNS = ("page", "line", "text", "confidence", "left", "top", "right", "bottom", "angle")

# What spreadsheets take for a formula that calls a function, another program or another sheet.
_FORMULA = re.compile(r"\s*[=+\-@].*[(|!]", re.DOTALL)


def write(document: Document) -> str:
    """Return a row a line, with a byte order mark, by which spreadsheets know UTF-8.

    A text that would be run as a formula has an apostrophe in front, as spreadsheets want it.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for place, page in enumerate(document.pages, start=1):
        for number, line in enumerate(page.lines, start=1):
            text = f"'{line.text}" if _FORMULA.match(line.text) else line.text
            score = f"{line.score:.4f}"
            table.writerow((place, number, text, score, *line.box.bounds, line.angle))
    return "\ufeff" + out.getvalue()
