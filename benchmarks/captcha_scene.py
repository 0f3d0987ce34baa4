"""The scene ``captcha`` on captchas of many kinds, without any training."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.scenes import own_pipeline
from hubocr.errors import DatasetError, HubocrError
from hubocr.evaluation.sets import load_set
from hubocr.evaluation.texts import is_exact
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline

_SETS = ("captcha_real", "captcha_val", "captcha_new")


@dataclass(frozen=True)
class Captcha:
    """A captcha with its answer and what is known of it before it is read."""

    group: str
    path: Path
    text: str
    charset: str
    length: str


def of_sets(limit: int) -> list[Captcha]:
    """Return captchas of the labelled sets, at most so many of a style.

    The charset is that of all labels of a style, the length that of nearly all of them.
    """
    found = []
    for name in _SETS:
        samples = load_set(name).samples
        for style in dict.fromkeys(sample.style for sample in samples):
            own = [sample for sample in samples if sample.style == style]
            lengths = Counter(len(sample.text) for sample in own)
            common = [length for length, count in lengths.items() if count > 0.02 * len(own)]
            kept = [sample.text for sample in own if len(sample.text) in common]
            charset = "".join(sorted(set("".join(kept))))
            length = f"{min(common)}-{max(common)}"
            count = min(limit, len(own))
            chosen = [own[place * len(own) // count] for place in range(count)]
            found += [
                Captcha(f"{name} / {style}", one.path, one.text, f"'{charset}'", length)
                for one in chosen
            ]
    return found


def of_folder(folder: Path) -> list[Captcha]:
    """Return the captchas of a folder with ``labels.tsv``: file, text and charset a row.

    Raises:
        DatasetError: It isn't there, or a row is no such row.
    """
    try:
        rows = (folder / "labels.tsv").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DatasetError(f"{folder}: {error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        parts = row.split("\t")
        if len(parts) != 3:
            raise DatasetError(f"{folder / 'labels.tsv'}, row {number}: file, text and charset")
        found.append(
            Captcha(folder.name, folder / parts[0], parts[1], parts[2], str(len(parts[1])))
        )
    return found


def measure(
    pipeline: OcrPipeline, captchas: Sequence[Captcha]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Return by group how many of how many are read exactly, without and with what is known."""
    right: dict[str, dict[str, tuple[int, int]]] = {}
    plain = pipeline.options
    for one in captchas:
        image = read_image(one.path)
        known = replace(plain.recognition, charset=one.charset, length=one.length)
        for name, options in (
            ("alone", plain),
            ("with charset and length", replace(plain, recognition=known)),
        ):
            exact = is_exact(pipeline.run(image, options).text, one.text)
            solved, count = right.setdefault(one.group, {}).get(name, (0, 0))
            right[one.group][name] = solved + exact, count + 1
    return right


def _table(right: Mapping[str, Mapping[str, tuple[int, int]]]) -> str:
    header = ["kind", "n", *next(iter(right.values()))]
    rows = [
        [group, str(next(iter(found.values()))[1]), *(str(solved) for solved, _ in found.values())]
        for group, found in right.items()
    ]
    return markdown_table(header, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.captcha_scene",
        description="Solve captchas with a scene: the labelled sets, or a folder of any kinds with "
        "labels.tsv (file TAB text TAB charset). Exact strings, without and with their charset and "
        "length.",
    )
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="instead of the sets")
    parser.add_argument("--scene", default="captcha", metavar="SCENE")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="images of a style")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "captcha_scene.json")
    options = parser.parse_args(arguments)
    try:
        captchas = of_folder(options.folder) if options.folder else of_sets(options.limit)
        right = measure(own_pipeline(options.scene, options.threads), captchas)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}\n\n{_table(right)}")
    write_results(options, {"scene": options.scene, "limit": options.limit, "right": right})
    return 0


if __name__ == "__main__":
    sys.exit(main())
