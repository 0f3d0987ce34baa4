"""Results as markdown tables and as JSON files."""

from __future__ import annotations

import argparse
import datetime
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine, usable_cores

RESULTS_FOLDER = Path(__file__).resolve().parent / "results"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table with columns of even width; the first two are flush left."""
    widths = [max(_width(row[column]) for row in (header, *rows)) for column in range(len(header))]
    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    lines = [_table_line(header, widths), "| " + " | ".join(rule) + " |"]
    lines += [_table_line(row, widths) for row in rows]
    return "\n".join(lines)


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - _width(cell))
        padded.append(cell + space if index < 2 else space + cell)
    return "| " + " | ".join(padded) + " |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write results as readable JSON, making the folder where it isn't there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def add_output_arguments(parser: argparse.ArgumentParser, results: str) -> None:
    """Add ``--write`` and ``--output``, for `write_results`."""
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/results/{results}")
    parser.add_argument("--output", type=Path, metavar="PATH", help="write the JSON here instead")
    parser.set_defaults(results=RESULTS_FOLDER / results)


def add_size_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--limit`` and ``--threads``."""
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="at most N images a set, spread evenly over it, for a quick look",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=usable_cores(),
        metavar="N",
        help="processor threads of every system (default: all usable cores)",
    )


def write_results(options: argparse.Namespace, content: Mapping[str, Any]) -> Path | None:
    """Write results, with the day and the machine, where the command line says; or nowhere."""
    path: Path | None = options.output or (options.results if options.write else None)
    if path is not None:
        day = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        machine = asdict(describe_machine())
        write_json({"measured": day, "machine": machine, **content}, path)
        print(f"\nwrote {path}")
    return path
