"""What a caller gives, taken apart into single files, images and addresses."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Union

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hubocr.documents.options import DocumentOptions
from hubocr.documents.urls import is_url, shown_url
from hubocr.errors import (
    DocumentError,
    DocumentTooLargeError,
    HubocrError,
    UrlRefusedError,
)
from hubocr.imaging import IMAGE_SUFFIXES

Source = Union[
    str,
    "os.PathLike[str]",
    bytes,
    bytearray,
    memoryview,
    BinaryIO,
    NDArray[Any],
    Image.Image,
    Iterable["Source"],
]
"""A path, a folder, a glob pattern, a URL, the bytes of a file, a file object, an array (H, W, 3)
BGR, (H, W, 4) BGRA, (H, W) or (H, W, 1) grey of uint8, a Pillow image, or an iterable of these."""

DOCUMENT_SUFFIXES = IMAGE_SUFFIXES | {".pdf"}
"""File name endings that are looked for in a folder."""

_LONGEST_SHOWN = 300
"""Characters of a name that a message holds; base64 given as a path has millions."""

_DEEPEST = 16
"""How far iterables may be nested; one that holds itself has no end."""


@dataclass(frozen=True)
class Url:
    """An address that is to be fetched."""

    text: str


@dataclass(frozen=True, eq=False)
class Item:
    """One file, image, address, or what is wrong with it.

    Attributes:
        name: What it is called in pages and messages.
        value: The thing itself; a `Path` is that of a regular file.
    """

    name: str
    value: Path | Url | bytes | NDArray[Any] | Image.Image | HubocrError


def is_single_source(source: object) -> bool:
    """Say whether a source is one file, image or address: no folder, pattern or iterable."""
    if isinstance(source, (str, os.PathLike)):
        try:
            return (isinstance(source, str) and is_url(source)) or Path(source).is_file()
        except (OSError, ValueError):
            return False
    kinds = (bytes, bytearray, memoryview, np.ndarray, Image.Image)
    return isinstance(source, kinds) or hasattr(source, "read")


def expand(source: object, options: DocumentOptions, name: str = "input") -> Iterator[Item]:
    """Take a source apart, lazily, in its order; see `Source`.

    What can't be used gives an `Item` with an error in its place. Errors that an iterable itself
    raises are the caller's.
    """
    yield from _expand(source, options, name, 0)


def _expand(source: object, options: DocumentOptions, name: str, depth: int) -> Iterator[Item]:
    if isinstance(source, str) and is_url(source):
        yield _url(source, options)
    elif isinstance(source, (str, os.PathLike)):
        yield from _path(source, options)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        yield _bytes(bytes(source), name, options)
    elif isinstance(source, (np.ndarray, Image.Image)):
        yield Item(name, source)
    elif hasattr(source, "read"):
        yield _file_object(source, name, options)
    elif isinstance(source, Iterable) and not isinstance(source, Mapping):
        if depth == _DEEPEST:
            yield Item(name, DocumentError(f"{name}: nested more than {_DEEPEST} deep"))
            return
        for index, part in enumerate(source):
            yield from _expand(part, options, f"{name}[{index}]", depth + 1)
    else:
        kind = type(source).__name__
        yield Item(
            name,
            DocumentError(
                f"{name}: a path, URL, bytes, file object, array, Pillow image or an iterable of "
                f"these is needed, not {kind}"
            ),
        )


def _url(url: str, options: DocumentOptions) -> Item:
    shown = shown_url(url)
    if not options.allow_urls:
        return Item(shown, UrlRefusedError(f"{shown}: URLs are not allowed here (allow_urls)"))
    return Item(shown, Url(url))


def _path(source: str | os.PathLike[str], options: DocumentOptions) -> Iterator[Item]:
    name = os.fspath(source)
    if not isinstance(name, str):
        name = os.fsdecode(name)
    path = Path(name)
    try:
        if not name:
            yield Item(name, DocumentError("a path is empty"))
        elif path.is_dir():
            yield from _folder(path, options)
        elif not path.exists() and isinstance(source, str) and glob.has_magic(name):
            yield from _pattern(name, options)
        else:
            yield _file(path, name, options)
    except (OSError, ValueError) as error:  # no permission, too long, a null character
        yield Item(name, _unreadable(name, error))


def _file(path: Path, name: str, options: DocumentOptions) -> Item:
    try:
        if not path.exists():
            return Item(name, DocumentError(f"can't read {_shown(name)}: there is no such file"))
        if not path.is_file():
            return Item(name, DocumentError(f"can't read {_shown(name)}: not a regular file"))
        if path.stat().st_size > options.max_bytes:
            return Item(name, too_many_bytes(name, options))
    except OSError as error:
        return Item(name, _unreadable(name, error))
    return Item(name, path)


def _folder(folder: Path, options: DocumentOptions) -> Iterator[Item]:
    empty = True
    for item in _walk(folder, options):
        empty = False
        yield item
    if empty:
        name = str(folder)
        yield Item(name, DocumentError(f"{name}: the folder holds no image and no PDF"))


def _walk(folder: Path, options: DocumentOptions) -> Iterator[Item]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: natural_key(entry.name))
    except OSError as error:
        yield Item(str(folder), _unreadable(str(folder), error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if options.recursive:
                yield from _walk(path, options)
        elif path.suffix.lower() in DOCUMENT_SUFFIXES and not _is_folder(entry):
            yield _file(path, str(path), options)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _pattern(pattern: str, options: DocumentOptions) -> Iterator[Item]:
    names = sorted(glob.glob(pattern, recursive=True), key=natural_key)  # noqa: PTH207 - absolute
    empty = True
    for name in names:
        path = Path(name)
        if not path.is_dir():
            empty = False
            yield _file(path, name, options)
    if empty:
        yield Item(pattern, DocumentError(f"can't read {_shown(pattern)}: no file matches"))


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts ``page2`` before ``page10``."""
    parts = re.split(r"([0-9]+)", text)
    return [
        (0, int(part), part) if i % 2 and len(part) < 1000 else (1, 0, part.casefold())
        for i, part in enumerate(parts)
    ] + [(-1, 0, text)]


def _bytes(data: bytes, name: str, options: DocumentOptions) -> Item:
    return Item(name, too_many_bytes(name, options) if len(data) > options.max_bytes else data)


def _file_object(file: Any, name: str, options: DocumentOptions) -> Item:
    given = getattr(file, "name", None)
    name = given if isinstance(given, str) and given else name
    try:
        data = file.read(options.max_bytes + 1)
    except (OSError, ValueError) as error:  # closed, or text that can't be decoded
        return Item(name, _unreadable(name, error))
    if not isinstance(data, (bytes, bytearray, memoryview)):
        return Item(name, DocumentError(f"can't read {name}: the file is not open in binary mode"))
    return _bytes(bytes(data), name, options)


def too_many_bytes(name: str, options: DocumentOptions) -> DocumentTooLargeError:
    """Return the error of a file beyond the limit."""
    return DocumentTooLargeError(f"{name}: has more than {options.max_bytes} bytes")


def _unreadable(name: str, error: OSError | ValueError) -> DocumentError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DocumentError(f"can't read {_shown(name)!r}: {reason}")


def _shown(name: str) -> str:
    """Return a name as a message holds it."""
    if len(name) <= _LONGEST_SHOWN:
        return name
    return f"{name[:100]}... ({len(name)} characters)"
