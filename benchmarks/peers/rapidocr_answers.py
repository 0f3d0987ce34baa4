"""What RapidOCR answers, of any of its later versions."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.protocol import PeerLine, as_box
from benchmarks.peers.worker import Lines


def system_lines(answer: Any) -> Lines:
    """Return the lines of one image."""
    # Where no text is found the answer is of another type on some paths.
    texts = getattr(answer, "txts", None)
    if texts is None:
        return [()]
    return [
        tuple(
            PeerLine(box=as_box(box), text=str(text), score=float(score))
            for box, text, score in zip(answer.boxes, texts, answer.scores, strict=True)
        )
    ]
