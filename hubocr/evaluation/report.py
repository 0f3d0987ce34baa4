"""An HTML page of labelled images and what was read in them."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import cv2

from hubocr.evaluation.metrics import Scores
from hubocr.evaluation.readings import Reading

_MOST_SHOWN = 200
_MOST_CONFUSIONS = 20

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
    text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>
<h1>{html.escape(title)}</h1>
<p>{scores.lines} images: line accuracy {scores.line_accuracy:.4f}, character accuracy
{scores.character_accuracy:.4f}, normalised edit similarity {scores.edit_similarity:.4f}.</p>
<h2>Most frequent mistakes</h2>
<table><tr><th>expected</th><th>read</th><th>times</th></tr>{confusions}</table>
<h2>Images ({min(len(readings), _MOST_SHOWN)} of {scores.lines})</h2>
<table><tr><th>image</th><th>expected</th><th>read</th><th>score</th><th>file</th></tr>{rows}</table>
</html>
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "replace"))


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
