"""What the model cards of all kinds of models say alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubocr.training.record import Record


def kept_text(record: Record, what: str) -> str:
    """Return a paragraph on the images that the base's answers were kept on, if there were any.

    Args:
        record: The record of the run.
        what: What has labels, such as a line.
    """
    if not record.kept:
        return ""
    return (
        f"\nBeside each {what} with a label there were {record.keep_ratio:g} of {record.kept} "
        "other images, on which the\nanswers of the base were kept.\n"
    )


def weights_text(record: Record, evaluation: Mapping[str, float]) -> str:
    """Return what the weights are: of which step, and by how much they are the base's."""
    steps = int(evaluation.get("step", 0))
    text = f"{steps} steps to these weights (an average of the last\nhundred)."
    if record.interpolation < 1:
        text += (
            f" The published weights are {record.interpolation:g} of them and "
            f"{1 - record.interpolation:g} of the base's."
        )
    return text


def choice_text(ranking: Sequence[str]) -> str:
    """Return how the weights were chosen among those of a run.

    Args:
        ranking: See `hubocr.training.checkpoint.Checkpoint`.
    """
    if ranking:
        return (
            "The weights were chosen by scores on these images, so that images that were never "
            "used may score\na little less."
        )
    return "These images are too few to choose by: the weights are the last ones of the run."
