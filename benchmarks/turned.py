"""Labelled pages in four positions: what is read of each, against the page as it came."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from statistics import mean

import numpy as np

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.scenes import own_pipeline
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import SETS, Dataset, load_set
from hubocr.evaluation.texts import edit_similarity
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline

TURNS = (0, 90, 180, 270)
_PAGES = ("pages", "pages_zh_digital", "vertical_zh", "pages_en", "pages_hant", "photo_docs")
_OTHERS = ("funsd", "hw_en_pages", "hw_zh_pages", "screens_zh")

Row = dict[str, object]


def measure_set(pipeline: OcrPipeline, dataset: Dataset) -> list[Row]:
    """Read each image of a set in four positions.

    Returns:
        A row an image: by turn the similarity of the text to the label, in order, and by how much
        more than at first the image was found to be turned.
    """
    rows: list[Row] = []
    for sample in dataset.samples:
        image = read_image(sample.path)
        row: Row = {"set": dataset.info.name, "image": sample.name}
        upright = 0
        for turn in TURNS:
            turned = np.ascontiguousarray(np.rot90(image, -turn // 90))
            page = pipeline.run(turned)
            upright = page.angle if turn == 0 else upright
            row[f"similarity {turn}"] = edit_similarity(
                page.text, sample.text, ignore_case=sample.ignore_case
            )
            row[f"turned {turn}"] = (page.angle - upright) % 360
        rows.append(row)
    return rows


def _summary(rows: Sequence[Row]) -> list[list[str]]:
    table = []
    for name in dict.fromkeys(str(row["set"]) for row in rows):
        part = [row for row in rows if row["set"] == name]
        similar = [mean(float(str(row[f"similarity {turn}"])) for row in part) for turn in TURNS]
        found = [sum(row[f"turned {turn}"] == turn for row in part) for turn in TURNS]
        table.append(
            [
                name,
                str(len(part)),
                *(f"{value:.3f}" for value in similar),
                *(str(count) for count in found[1:]),
            ]
        )
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.turned",
        description="Read labelled pages as they came and turned by 90, 180 and 270 degrees: "
        "similarity of the text in order, and how many were turned back by as much.",
    )
    parser.add_argument(
        "--scene", default="general", metavar="SCENE", help="a profile, or PROFILE+KEY=VALUE+..."
    )
    parser.add_argument(
        "--sets", nargs="+", choices=list(SETS), default=[*_PAGES, *_OTHERS], metavar="SET"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N images a set")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "turned.json")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    try:
        pipeline = own_pipeline(options.scene, options.threads)
        for name in options.sets:
            rows += measure_set(pipeline, load_set(name).limited(options.limit))
            print(f"{name} done", file=sys.stderr)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}, {options.threads} threads\n")
    header = ["set", "n", "0", "90", "180", "270", "90 found", "180 found", "270 found"]
    print(markdown_table(header, _summary(rows)))
    write_results(options, {"scene": options.scene, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
