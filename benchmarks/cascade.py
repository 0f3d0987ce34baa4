"""Two recognisers in a row on labelled lines: what each threshold loses, and how much it saves."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from benchmarks.lines import OTHERS, POOLED
from benchmarks.machine import describe_machine
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import SETS, Sample, load_set
from hubocr.evaluation.texts import edit_similarity, is_equal
from hubocr.imaging import read_image
from hubocr.recognition import Recognition, TextRecognizer
from hubocr.settings import EngineSettings, RecognitionSettings

_LINE_SETS = ("lines_zh", "lines_en", "scene_words_en", "hw_zh_lines", "hw_en_lines", "lines_hant")
_THRESHOLDS = (0.95, 0.97, 0.98, 0.985, 0.99)
_LINES_A_CALL = 16


@dataclass(frozen=True)
class Row:
    """What one way of reading made of a set.

    Attributes:
        name: The set.
        way: A recogniser, or a threshold of the two.
        accuracy: Share of lines that are equal.
        similarity: Mean edit similarity.
        seconds: Processor seconds of all lines.
    """

    name: str
    way: str
    accuracy: float
    similarity: float
    seconds: float


Readings = list[tuple[Recognition, float]]


def read(recognizer: TextRecognizer, samples: Sequence[Sample]) -> Readings:
    """Return what a recogniser reads in lines, each with its processor seconds."""
    settings = RecognitionSettings(char_scores=True, trim_spaces=True)
    found: Readings = []
    for sample in samples:
        image = read_image(sample.path)
        started = time.process_time()
        (text,) = recognizer.recognize([image], settings)
        found.append((text, time.process_time() - started))
    return found


def certainty(text: Recognition) -> float:
    """Return the mean probability of a text's letters and digits."""
    pairs = zip(text.text, text.char_scores or (), strict=False)
    return mean([score for letter, score in pairs if letter.isalnum()] or [0.0])


def measure_set(name: str, readers: Sequence[TextRecognizer]) -> list[Row]:
    """Read a set with both recognisers, and choose by each threshold."""
    samples = load_set(name).samples
    equal = {**POOLED, **OTHERS}.get(name, _is_equal)
    first, second = (read(reader, samples) for reader in readers)

    def row(way: str, is_sure: Callable[[Recognition], bool], *, tries: bool = True) -> Row:
        taken = [one if is_sure(one[0]) else two for one, two in zip(first, second, strict=True)]
        pairs = list(zip(taken, samples, strict=True))
        again = sum(two[1] for one, two in zip(first, second, strict=True) if not is_sure(one[0]))
        return Row(
            name,
            way,
            mean(equal(t.text, s.text, Path(s.name).name) for (t, _), s in pairs),
            mean(edit_similarity(t.text, s.text, ignore_case=s.ignore_case) for (t, _), s in pairs),
            again + (sum(one[1] for one in first) if tries else 0.0),
        )

    return [
        row("first", lambda text: True),
        *(
            row(str(least), lambda text, least=least: certainty(text) >= least)  # type: ignore[misc]
            for least in _THRESHOLDS
        ),
        row("second", lambda text: False, tries=False),
    ]


def _is_equal(read: str, label: str, name: str) -> bool:
    return is_equal(read, label)


def pooled(rows: Sequence[Row]) -> list[Row]:
    """Return each way's figures over all lines of all sets."""
    lines = {name: len(load_set(name).samples) for name in {row.name for row in rows}}
    whole = sum(lines.values())
    ways: dict[str, list[Row]] = {}
    for row in rows:
        ways.setdefault(row.way, []).append(row)
    return [
        Row(
            "all",
            way,
            sum(lines[row.name] * row.accuracy for row in found) / whole,
            sum(lines[row.name] * row.similarity for row in found) / whole,
            sum(row.seconds for row in found),
        )
        for way, found in ways.items()
    ]


def _table(rows: Sequence[Row]) -> str:
    header = ["set", "read by", "accuracy", "edit similarity", "processor s"]
    return markdown_table(
        header,
        [
            [
                row.name,
                row.way,
                f"{row.accuracy:.3f}",
                f"{row.similarity:.4f}",
                f"{row.seconds:.1f}",
            ]
            for row in rows
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cascade",
        description="Read labelled lines with a quick recogniser and another, one thread, line by "
        "line: accuracy and processor seconds of each, and of both in a row by the mean "
        "probability of letters and digits from which the first is believed, without "
        "what other lines of a page say.",
    )
    parser.add_argument("--first", default="PP-OCRv6_tiny_rec", metavar="MODEL")
    parser.add_argument("--second", default="PP-OCRv6_small_rec", metavar="MODEL")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=_LINE_SETS, metavar="SET")
    add_output_arguments(parser, "cascade.json")
    options = parser.parse_args(arguments)
    try:
        engine = EngineSettings(cpu_threads=1)
        readers = [TextRecognizer.load(name, engine) for name in (options.first, options.second)]
        rows = [row for name in options.sets for row in measure_set(name, readers)]
        rows += pooled(rows)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, 1 thread\n\n{_table(rows)}")
    write_results(options, {"rows": [asdict(row) for row in rows]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
