"""What it gains to know a captcha's characters and length: exact strings with and without."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from tqdm import tqdm

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import Sample, load_set
from hubocr.evaluation.texts import is_exact
from hubocr.imaging import read_image
from hubocr.recognition import TextRecognizer
from hubocr.settings import ENGINE_NAMES, EngineSettings, ModelSettings, RecognitionSettings

_MEASURED = ("captcha_real", "captcha_val")
_LABELLED = (*_MEASURED, "captcha_train")
_MODELS = (ModelSettings().rec_model, "PP-OCRv6_small_rec")
_LINES_A_CALL = 16


@dataclass(frozen=True)
class Family:
    """What is known of the captchas of one style.

    Attributes:
        charset: The characters of all its labels, those of the training images too.
        length: The number of its characters.
    """

    charset: str
    length: int

    def restrictions(self) -> Mapping[str, RecognitionSettings]:
        """Return the settings to compare by name, the first without any restriction."""
        settings = RecognitionSettings()
        charset = replace(settings, charset=f"'{self.charset}'")
        return {
            "none": settings,
            "charset": charset,
            "length": replace(settings, length=str(self.length)),
            "limits": replace(settings, length=f"{self.length - 1}-{self.length + 2}"),
            "both": replace(charset, length=str(self.length)),
        }


@dataclass(frozen=True)
class Row:
    """What one model made of one group.

    Attributes:
        model: Name of the recogniser.
        group: The set and the style.
        count: Number of images.
        exact: Share of the images whose string is exact by restriction.
        certain: Mean probability of the text that was chosen, of all that the charset and length
            allow; where it is near the share under "both", the probabilities can be relied on.
    """

    model: str
    group: str
    count: int
    exact: Mapping[str, float]
    certain: float


def families() -> dict[str, Family]:
    """Return what is known of every style, by its name.

    Raises:
        DatasetError: The labels aren't there.
    """
    texts: dict[str, set[str]] = {}
    for name in _LABELLED:
        for sample in load_set(name).samples:
            texts.setdefault(sample.style, set()).add(sample.text)
    known = {}
    for style, labels in texts.items():
        # A label of another length than the rest is a mistake: one of pku's ends in a backslash.
        ((length, _),) = Counter(map(len, labels)).most_common(1)
        kept = [text for text in labels if len(text) == length]
        known[style] = Family("".join(sorted(set().union(*kept))), length)
    return known


def measure(
    recognizer: TextRecognizer, model: str, known: Mapping[str, Family], limit: int
) -> list[Row]:
    """Read at most ``limit`` images of every group with each restriction."""
    rows = []
    for name in _MEASURED:
        groups: dict[str, list[Sample]] = {}
        for sample in load_set(name).samples:
            groups.setdefault(sample.style, []).append(sample)
        for style, samples in groups.items():
            count = min(limit, len(samples))
            chosen = [samples[place * len(samples) // count] for place in range(count)]
            exact, certain = _measure_group(recognizer, chosen, known[style], f"{model} {style}")
            rows.append(Row(model, f"{name} / {style}", count, exact, certain))
    return rows


def _measure_group(
    recognizer: TextRecognizer, samples: Sequence[Sample], family: Family, title: str
) -> tuple[dict[str, float], float]:
    right = dict.fromkeys(family.restrictions(), 0)
    certain = 0.0
    with tqdm(total=len(samples), desc=title, unit="image", leave=False) as bar:
        for start in range(0, len(samples), _LINES_A_CALL):
            batch = samples[start : start + _LINES_A_CALL]
            images = [read_image(sample.path) for sample in batch]
            for restriction, settings in family.restrictions().items():
                found = recognizer.recognize(images, replace(settings, alternatives=1))
                for line, sample in zip(found, batch, strict=True):
                    right[restriction] += is_exact(line.text, sample.text)
                    if restriction == "both" and line.alternatives:
                        certain += line.alternatives[0].probability
            bar.update(len(batch))
    exact = {restriction: value / len(samples) for restriction, value in right.items()}
    return exact, certain / len(samples)


def losses(rows: Sequence[Row]) -> list[str]:
    """Return where a true restriction cost accuracy, one line each."""
    return [
        f"{row.model}, {row.group}: {restriction} gives {value:.3f}, none {row.exact['none']:.3f}"
        for row in rows
        for restriction, value in row.exact.items()
        if value < row.exact["none"]
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the shares as a markdown table."""
    restrictions = list(rows[0].exact)
    return markdown_table(
        ["model", "set", "n", *restrictions, "certainty"],
        [
            [
                row.model,
                row.group,
                str(row.count),
                *(f"{row.exact[restriction]:.3f}" for restriction in restrictions),
                f"{row.certain:.3f}",
            ]
            for row in rows
        ],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.constrained",
        description="Measure what the true charset and length of a captcha style gain: the share "
        "of exact strings on the captcha sets of HUBOCR_DATA, without and with rec_charset and "
        "rec_length. The charset is that of all labels of the style; limits are those from one "
        "character less to two more. The exit status is 1 where a restriction costs accuracy.",
    )
    parser.add_argument("--models", nargs="+", default=_MODELS, metavar="MODEL")
    parser.add_argument("--engine", choices=ENGINE_NAMES, default="auto")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    parser.add_argument(
        "--limit", type=int, default=200, metavar="N", help="images of a group (default: 200)"
    )
    add_output_arguments(parser, "constrained.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.limit < 1:
        parser.error("--limit must be at least 1")
    rows: list[Row] = []
    try:
        known = families()
        engine = EngineSettings(engine=options.engine, cpu_threads=options.threads)
        for model in options.models:
            rows += measure(TextRecognizer.load(model, engine), model, known, options.limit)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}\n")
    print(table(rows))
    write_results(options, {"limit": options.limit, "rows": [asdict(row) for row in rows]})
    lost = losses(rows)
    for line in lost:
        print(f"lower with the restriction: {line}", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
