"""What a command line names: files, folders, patterns, URLs and standard input, as a list."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from hubocr.documents import DocumentOptions
from hubocr.documents.sources import Url, expand
from hubocr.errors import HubocrError

STANDARD_INPUT = "-"
"""The input whose bytes come on standard input."""


@dataclass(frozen=True)
class Input:
    """One file to be read.

    Attributes:
        name: What it is called in messages and results.
        source: What `hubocr.documents.open_documents` takes for it.
        path: The file, where it is one.
        output: The name of its results, without an ending, relative to the folder that they are
            saved in; parts are separated by ``/``.
        error: What is wrong with it where that is known already.
    """

    name: str
    source: Any
    path: Path | None = None
    output: str = ""
    error: HubocrError | None = None


def list_inputs(
    names: Iterable[str], options: DocumentOptions, outside: Path | None = None
) -> list[Input]:
    """Return the files behind names, each once, with names for their results.

    No two files share a name for their results, and a file's depends on what is named beside it,
    not on the order: the name without its ending; with it, where another file differs in that
    alone; within folders of the names of its own, where files of several folders are alike.

    Args:
        names: Paths, folders, patterns, URLs, or ``-``.
        options: Whether folders are gone through to the bottom, and whether URLs are allowed.
        outside: A folder whose files are no input, such as the one that results are saved in.
    """
    found: dict[str | Path, Input] = {}
    for name in names:
        for one in _expanded(name, options):
            if not _lies_within(one.path, outside, name):
                place = one.name if one.path is None else one.path.absolute()
                found.setdefault(place, one)
    return _with_distinct_outputs(list(found.values()))


def stream_inputs(names: Iterable[str], options: DocumentOptions) -> Iterator[Input]:
    """Yield the files behind names as the names come, for results that are not saved."""
    for name in names:
        yield from _expanded(name, options)


def names_on_standard_input() -> Iterator[str]:
    """Yield the lines of standard input, which are names, as they come."""
    for line in sys.stdin:
        name = line.rstrip("\r\n")
        if name:
            yield name


def _expanded(name: str, options: DocumentOptions) -> Iterator[Input]:
    if name == STANDARD_INPUT:
        yield Input(sys.stdin.buffer.name, sys.stdin.buffer, output="stdin")
        return
    for item in expand(name, options):
        if isinstance(item.value, HubocrError):
            yield Input(item.name, None, error=item.value)
        elif isinstance(item.value, Url):
            path = PurePosixPath(unquote(urlsplit(item.value.text).path))
            yield Input(item.name, item.value.text, output=path.name or "index")
        elif isinstance(item.value, Path):
            yield Input(item.name, item.value, item.value, _output(item.value, name))


def _output(path: Path, given: str) -> str:
    """Return a file's own name, below its place within the folder that was given."""
    folder = Path(given)
    if folder.is_dir() and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.name


def _lies_within(path: Path | None, folder: Path | None, given: str) -> bool:
    """Say whether a file was found in a folder of results inside of the folder that was given."""
    if path is None or folder is None or path == Path(given):
        return False
    results = folder.resolve()
    return results != Path(given).resolve() and path.resolve().is_relative_to(results)


def _with_distinct_outputs(inputs: Sequence[Input]) -> list[Input]:
    stems = Counter(_stem(one.output) for one in inputs)
    named = [
        replace(one, output=_stem(one.output)) if stems[_stem(one.output)] == 1 else one
        for one in inputs
    ]
    while repeated := _repeated(named):
        longer = [_longer(one) if one.output in repeated else one for one in named]
        if longer == named:  # the same file by several names
            return _numbered(named)
        named = longer
    return named


def _stem(output: str) -> str:
    path = PurePosixPath(output)
    return str(path.with_name(path.stem)) if path.stem else output


def _repeated(inputs: Iterable[Input]) -> set[str]:
    counts = Counter(one.output for one in inputs if one.output)
    return {output for output, count in counts.items() if count > 1}


def _longer(one: Input) -> Input:
    """Return an input with one more of the folders that it lies in before its output's name."""
    if one.path is None:
        return one
    own = PurePosixPath(one.output)
    parts = one.path.resolve().parent.parts[1:]
    missing = len(own.parent.parts)
    if missing + 1 > len(parts):
        return one
    return replace(one, output=str(PurePosixPath(*parts[-missing - 1 :], own.name)))


def _numbered(inputs: Sequence[Input]) -> list[Input]:
    seen: Counter[str] = Counter()
    taken = {one.output for one in inputs}
    named = []
    for one in inputs:
        seen[one.output] += 1
        output = one.output
        while seen[one.output] > 1 and output in taken:
            output = f"{one.output}-{seen[one.output]}"
            seen[one.output] += output in taken
        taken.add(output)
        named.append(replace(one, output=output))
    return named
