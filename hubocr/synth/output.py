"""Synthetic lines on the disk: images with a label file, or an lmdb database."""

from __future__ import annotations

import functools
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from hubocr.errors import SettingsError
from hubocr.optional import require
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import OutputSettings, SynthSettings

LABELS = "labels.tsv"
_IMAGES = "images"
_PER_FOLDER = 10_000
_PER_TASK = 64
_COMMITTED = 5000
_MAP_SIZE = 1 << 40
"""Largest size of a database in bytes; lmdb takes addresses for it, not space."""


Encoded = tuple[int, bytes, str]
"""Number of a line, its image file and its text."""


def write_lines(synth: SynthSettings, output: OutputSettings, *, progress: bool = False) -> Path:
    """Draw lines and write them.

    Args:
        synth: What is drawn.
        output: Where, how many, and as what.
        progress: Show progress on standard error.

    Returns:
        What training takes as ``--data``: the label file, or the folder of the database.

    Raises:
        SettingsError: There are no fonts or texts, or the folder holds lines already.
        MissingPackageError: fontTools or lmdb isn't installed.
    """
    if output.form == "lmdb":
        return _write_database(synth, output, progress)
    return _write_files(synth, output, progress)


def encoded_lines(
    synth: SynthSettings, output: OutputSettings, *, progress: bool = False
) -> Iterator[Encoded]:
    """Yield the lines of a run in order, drawn by several processes."""
    LineGenerator(synth)  # what is wrong is said here, once, and not by each process
    numbers = range(output.first, output.first + output.count)
    workers = min(output.workers or os.cpu_count() or 1, -(-output.count // _PER_TASK))
    bar = tqdm(total=output.count, unit="line", disable=not progress)
    with bar:
        for line in _drawn(synth, output.image, numbers, workers):
            bar.update()
            yield line


def _drawn(
    synth: SynthSettings, image: str, numbers: Sequence[int], workers: int
) -> Iterator[Encoded]:
    parts = [numbers[n : n + _PER_TASK] for n in range(0, len(numbers), _PER_TASK)]
    draw: Callable[[Sequence[int]], list[Encoded]] = functools.partial(_encode, synth, image)
    if workers == 1:
        for part in parts:
            yield from draw(part)
        return
    # Not forked: threads that the caller has would not be there in the copies.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_alone) as pool:
        # A few tasks ahead: millions of lines must not pile up in memory.
        waiting = [pool.submit(draw, part) for part in parts[: 2 * workers]]
        for place in range(len(parts)):
            found = waiting.pop(0).result()
            if place + 2 * workers < len(parts):
                waiting.append(pool.submit(draw, parts[place + 2 * workers]))
            yield from found


def _alone() -> None:
    cv2.setNumThreads(1)


@functools.lru_cache(maxsize=1)
def _generator(synth: SynthSettings) -> LineGenerator:
    return LineGenerator(synth)


def _encode(synth: SynthSettings, image: str, numbers: Sequence[int]) -> list[Encoded]:
    generator = _generator(synth)
    lines = []
    for number in numbers:
        line = generator.line(number)
        # JPEG at 95: what is damaged is damaged already.
        _, coded = cv2.imencode(f".{image}", line.image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        lines.append((number, coded.tobytes(), line.text))
    return lines


def _write_files(synth: SynthSettings, output: OutputSettings, progress: bool) -> Path:
    labels = output.out / LABELS
    if labels.exists() and not output.first:
        raise SettingsError(
            f"`out`: {labels} is there already; name another folder, or add to it with `first`"
        )
    lines = encoded_lines(synth, output, progress=progress)
    try:
        output.out.mkdir(parents=True, exist_ok=True)
        with labels.open("a", encoding="utf-8", newline="\n") as file:
            for number, coded, text in lines:
                name = f"{_IMAGES}/{number // _PER_FOLDER:05}/{number:09}.{output.image}"
                path = output.out / name
                if number % _PER_FOLDER == 0 or not path.parent.is_dir():
                    path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(coded)
                file.write(f"{name}\t{text}\n")
    except OSError as error:
        raise SettingsError(f"`out`: can't write to {output.out}: {error.strerror}") from error
    return labels


def _write_database(synth: SynthSettings, output: OutputSettings, progress: bool) -> Path:
    lmdb: Any = require("lmdb", "synth", "writing an lmdb database")
    try:
        output.out.mkdir(parents=True, exist_ok=True)
        database = lmdb.open(str(output.out), map_size=_MAP_SIZE)
    except (OSError, lmdb.Error) as error:
        raise SettingsError(f"`out`: can't write a database to {output.out}: {error}") from error
    with database:
        with database.begin() as transaction:
            count = int(bytes(transaction.get(b"num-samples") or b"0").decode())
        if count and not output.first:
            raise SettingsError(
                f"`out`: {output.out} holds {count} lines already; name another folder, or add to "
                "it with `first`"
            )
        batch: list[tuple[bytes, bytes]] = []
        for _, coded, text in encoded_lines(synth, output, progress=progress):
            count += 1
            batch += [(b"image-%09d" % count, coded), (b"label-%09d" % count, text.encode())]
            if len(batch) >= _COMMITTED:
                _commit(database, batch, count)
        _commit(database, batch, count)
    return output.out


def _commit(database: Any, batch: list[tuple[bytes, bytes]], count: int) -> None:
    with database.begin(write=True) as transaction:
        for key, value in batch:
            transaction.put(key, value)
        # With the lines themselves, so that a run that is killed leaves a database that is whole.
        transaction.put(b"num-samples", str(count).encode())
    batch.clear()
