"""HTML pages of labelled images and what was read or found in them."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from hubocr.evaluation.boxes import FoundPage, total_counts
from hubocr.evaluation.directions import Decision
from hubocr.evaluation.metrics import Scores
from hubocr.evaluation.readings import Reading

_MOST_SHOWN = 200
_MOST_CONFUSIONS = 20

_MOST_PAGES = 50
_PAGE_SIDE = 700
_GREEN, _GREY, _RED = (0, 160, 0), (150, 150, 150), (0, 0, 230)

_STYLE = """
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; }
td, th { border: 1px solid #bbb; padding: 4px 8px; text-align: left; }
td.text { font-family: monospace; white-space: pre; }
tr.wrong td.found { background: #fdd; }
img { max-height: 96px; max-width: 480px; }
"""


def write_page(path: Path, title: str, scores: Scores, readings: Sequence[Reading]) -> None:
    """Write an HTML page, complete in one file, of scores and the first readings."""
    confusions = "".join(
        f"<tr><td class=text>{_shown(pair.expected)}</td><td class=text>{_shown(pair.found)}</td>"
        f"<td>{pair.count}</td></tr>"
        for pair in scores.confusions[:_MOST_CONFUSIONS]
    )
    rows = "".join(_row(reading) for reading in readings[:_MOST_SHOWN])
    body = f"""<p>{scores.lines} images: line accuracy {scores.line_accuracy:.4f},
character accuracy {scores.character_accuracy:.4f},
normalised edit similarity {scores.edit_similarity:.4f}.</p>
<h2>Most frequent mistakes</h2>
<table><tr><th>expected</th><th>read</th><th>times</th></tr>{confusions}</table>
<h2>Images ({min(len(readings), _MOST_SHOWN)} of {scores.lines})</h2>
<table><tr><th>image</th><th>expected</th><th>read</th><th>score</th><th>file</th></tr>{rows}</table>
"""
    _write(path, title, body)


def write_decisions(path: Path, title: str, decisions: Sequence[Decision], text: str) -> None:
    """Write an HTML page, complete in one file, of the first images and their directions.

    Args:
        path: The file.
        title: Its heading.
        decisions: The images; those at the top first.
        text: The scores in words.
    """
    rows = "".join(_row(decision.reading()) for decision in decisions[:_MOST_SHOWN])
    body = f"""<p>{html.escape(text)}</p>
<h2>Images ({min(len(decisions), _MOST_SHOWN)} of {len(decisions)})</h2>
<table><tr><th>image</th><th>direction</th><th>found</th><th>score</th><th>file</th></tr>
{rows}</table>
"""
    _write(path, title, body)


def write_found_pages(path: Path, title: str, found: Sequence[FoundPage]) -> None:
    """Write an HTML page, complete in one file, of scores and the first images.

    Labels are drawn in green, grey where they are ignored, and what was found in red.
    """
    total = total_counts(found)
    rows = "".join(_found_row(one) for one in found[:_MOST_PAGES])
    body = f"""<p>{total.images} images: hmean {total.hmean:.4f}, precision {total.precision:.4f},
recall {total.recall:.4f} at an IoU of 0.5.</p>
<table><tr><th>image</th><th>file</th><th>labelled</th><th>found</th><th>both</th></tr>{rows}</table>
"""
    _write(path, title, body, "td img { max-height: none; max-width: none; }")


def _write(path: Path, title: str, body: str, style: str = "") -> None:
    text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>{_STYLE}{style}</style>
<h1>{html.escape(title)}</h1>
{body}</html>
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "replace"))


def _found_row(found: FoundPage) -> str:
    image = found.page.image()
    ratio = min(1.0, _PAGE_SIDE / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio)))
    drawn = np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    labels = [(r.points, _GREY if r.ignored else _GREEN) for r in found.page.regions]
    for points, colour in [*labels, *((polygon, _RED) for polygon in found.polygons)]:
        outline = np.rint(np.asarray(points, np.float64) * ratio).astype(np.int32)
        cv2.polylines(drawn, [outline], True, colour, 1, cv2.LINE_AA)
    encoded = base64.b64encode(cv2.imencode(".jpg", drawn)[1].tobytes()).decode()
    counts = found.counts
    return (
        f'<tr><td><img alt="" src="data:image/jpeg;base64,{encoded}"></td>'
        f"<td>{html.escape(found.page.name)}</td><td>{counts.expected}</td>"
        f"<td>{counts.found}</td><td>{counts.matched}</td></tr>\n"
    )


def _row(reading: Reading) -> str:
    encoded = base64.b64encode(cv2.imencode(".png", reading.image)[1].tobytes()).decode()
    kind = "" if reading.expected == reading.found else " class=wrong"
    score = "" if reading.score is None else f"{reading.score:.3f}"
    return (
        f'<tr{kind}><td><img alt="" src="data:image/png;base64,{encoded}"></td>'
        f"<td class=text>{_shown(reading.expected)}</td>"
        f'<td class="text found">{_shown(reading.found)}</td>'
        f"<td>{score}</td><td>{html.escape(reading.name)}</td></tr>\n"
    )


def _shown(text: str) -> str:
    return html.escape(text.replace(" ", "␣")) or "<i>nothing</i>"
