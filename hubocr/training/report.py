"""What a person looks at: the chart of a run, and a page with images and what was read in them."""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hubocr.imaging import BgrImage
from hubocr.training.metrics import Scores, differing

_log = logging.getLogger(__name__)

_MOST_SHOWN = 200
_SMOOTHED = 20
_MOST_CONFUSIONS = 20

_STYLE = """
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; }
td, th { border: 1px solid #bbb; padding: 4px 8px; text-align: left; }
td.text { font-family: monospace; white-space: pre; }
tr.wrong td.found { background: #fdd; }
img { max-height: 96px; max-width: 480px; }
"""


@dataclass(frozen=True, eq=False)
class Reading:
    """One image and what was read in it.

    Attributes:
        name: Its name.
        image: (H, W, 3) uint8 BGR.
        expected: Its label.
        found: What was read.
        score: Mean probability of the characters; None where it isn't known.
    """

    name: str
    image: BgrImage
    expected: str
    found: str
    score: float | None = None


def worst_first(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings with the most edits first, then those of the lowest score."""
    return sorted(
        readings,
        key=lambda r: (-len(differing(r.expected, r.found)), 1.0 if r.score is None else r.score),
    )


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


def write_chart(log: Path, target: Path) -> bool:
    """Draw loss and line accuracy of a run as PNG.

    Args:
        log: The run's ``log.jsonl``.
        target: The PNG file.

    Returns:
        Whether matplotlib, which draws it, is installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        _log.warning("no chart was drawn: pip install matplotlib")
        return False
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    losses = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    scores = [(line["step"], line["line_accuracy"]) for line in lines if "line_accuracy" in line]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    left = figure.add_subplot()
    left.set_xlabel("step")
    left.set_ylabel("loss")
    if losses:
        steps, values = np.array(losses).T
        left.plot(steps, values, color="tab:blue", alpha=0.25)
        width = min(_SMOOTHED, len(values))
        smooth = np.convolve(values, np.full(width, 1 / width), mode="valid")
        left.plot(steps[width - 1 :], smooth, color="tab:blue", label="loss")
        left.set_ylim(bottom=0)
    right = left.twinx()
    right.set_ylabel("line accuracy (validation)")
    right.set_ylim(0, 1)
    if scores:
        steps, values = np.array(scores).T
        right.plot(steps, values, color="tab:orange", marker="o")
        right.set_title(f"best line accuracy {values.max():.4f}")
    figure.savefig(target, dpi=100)
    return True


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
