"""Lines cut out of labelled pages, for training a recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from hubocr.detection.polygon import polygon_area
from hubocr.errors import ImageError, SettingsError
from hubocr.evaluation.labels import Problem
from hubocr.imaging import read_image
from hubocr.labelling.pages import LabelledPage, write_text
from hubocr.pipeline.crop import crop_polygon

LABELS = "labels.tsv"
_IMAGES = "images"


def write_lines(
    pages: Sequence[LabelledPage], folder: Path, out: Path
) -> tuple[Path, list[Problem]]:
    """Cut lines out as the pipeline does, and write them with a label file.

    Args:
        pages: The pages.
        folder: The folder of their images.
        out: The folder to write.

    Returns:
        The label file, and what was left out: images that can't be read.

    Raises:
        SettingsError: The folder can't be written.
    """
    rows: list[str] = []
    problems: list[Problem] = []
    try:
        (out / _IMAGES).mkdir(parents=True, exist_ok=True)
        for page in pages:
            try:
                image = read_image(folder / page.file)
            except ImageError as error:
                problems.append(Problem(page.file, error.message))
                continue
            for place, line in enumerate(page.lines):
                text = " ".join(line.text.split())
                if line.ignored or not text:
                    continue
                name = f"{_IMAGES}/{len(rows):06}.png"
                points = np.clip(np.array(line.points), 0, (image.shape[1], image.shape[0]))
                if polygon_area(points) < 1:
                    where = f"{page.file}, region {place}"
                    problems.append(Problem(where, "it is empty or lies outside the image"))
                    continue
                cv2.imwrite(str(out / name), crop_polygon(image, points))
                rows.append(f"{name}\t{text}\n")
    except OSError as error:
        raise SettingsError(f"can't write to {out}: {error.strerror or error}") from error
    write_text(out / LABELS, "".join(rows))
    return out / LABELS, problems
