"""Reading what an assistant names: which files it may name, and the text of their pages."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubocr.documents import DocumentOptions, PageError
from hubocr.errors import DocumentError, HubocrError, RequestError, SettingsError
from hubocr.exporters import Document, find_format
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Runtime
from hubocr.services.documents import ReadPage, read_documents
from hubocr.services.images import decode_base64
from hubocr.settings import PipelineSettings
from hubocr.settings.layers import effective_settings
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS, PIPELINE_PROFILE
from hubocr.settings.scenes import SCENES

FORMATS = ("markdown", "text", "layout", "json")
"""Formats that an assistant can use."""

_DATA_PREFIX = "data:"
_URL_PREFIXES = ("http://", "https://")

_IMAGES_BYTES = 400_000_000
"""Memory for decoding large images; images beyond it wait for others."""

OnPage = Callable[[int, int | None], None]
"""Told how many pages are read, and how many there are where that is known."""


@dataclass(frozen=True)
class ReaderSettings:
    """What may be read.

    Attributes:
        roots: Folders whose files may be named.
        any_file: Whether all files that the process can read may be named.
        documents: How documents are opened, within which limits.
        threads: Threads of the models; 0: as many as processors.
    """

    roots: tuple[Path, ...] = ()
    any_file: bool = False
    documents: DocumentOptions = field(default_factory=lambda: DocumentOptions(max_pages=200))
    threads: int = 0


class Reader:
    """Reads documents; safe to share between threads. Models are loaded when they are first used.

    Args:
        settings: What may be read.
    """

    def __init__(self, settings: ReaderSettings) -> None:
        self._settings = settings
        threads = settings.threads or PipelineSettings().engine.threads
        self._runtime = Runtime(threads, _IMAGES_BYTES)
        self._lock = threading.Lock()
        self._pipelines: dict[str, OcrPipeline] = {}

    def read(
        self,
        file: str,
        pages: str | None = None,
        scene: str = PIPELINE_PROFILE,
        format: str = "markdown",
        on_page: OnPage | None = None,
    ) -> str:
        """Return the text of a document.

        Args:
            file: A path, a URL, or a file's bytes as a ``data:`` URI in base64.
            pages: Pages such as ``1-3,7``; None: all.
            scene: What is in the images, one of `hubocr.settings.scenes.SCENES`.
            format: One of `FORMATS`.
            on_page: Told of every page that is read. It may raise to give up.

        Raises:
            RequestError: The document can't be read, or may not be; an argument is wrong.
        """
        if format not in FORMATS:
            raise SettingsError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
        documents = replace(self._settings.documents, page_range=pages)
        pipeline = self._pipeline(scene)
        found, failures = [], []
        for page in read_documents(pipeline, self._source(file), documents=documents):
            if isinstance(page, PageError):
                failures.append(page.error)
                continue
            found.append(page.without_image())
            if on_page is not None:
                on_page(len(found), page.document.page_count)
        if not found:
            raise failures[0] if failures else DocumentError(f"{_shown(file)} has no pages")
        return _written(found, failures, format)

    def _source(self, file: str) -> str | bytes | Path:
        if file.startswith(_DATA_PREFIX):
            return decode_base64(file)
        if file.startswith(_URL_PREFIXES):
            return file  # opened only where the options allow it
        path = self._place(Path(file).expanduser())
        try:
            whole = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            if self._settings.any_file:
                raise DocumentError(f"there is no file {file}") from error
            raise _refused(file) from error
        allowed = self._settings.any_file or any(
            whole.is_relative_to(root.resolve()) for root in self._settings.roots
        )
        if not allowed:
            raise _refused(file)
        if not whole.is_file():
            raise DocumentError(f"{file} is not a file")
        return whole

    def _place(self, path: Path) -> Path:
        """Return where a relative path leads: into the first root that has it."""
        if self._settings.any_file or path.is_absolute():
            return path
        places = (root / path for root in self._settings.roots)
        return next((place for place in places if _exists(place)), path)

    def _pipeline(self, scene: str) -> OcrPipeline:
        if scene not in SCENES:
            raise SettingsError(f"scene must be one of {', '.join(SCENES)}, not {scene!r}")
        with self._lock:
            if scene not in self._pipelines:
                effective = effective_settings(
                    PipelineSettings(),
                    {"scene": {"profile": scene}},
                    server=PIPELINE_DEFAULTS,
                    profile=PIPELINE_PROFILE,
                )
                self._pipelines[scene] = OcrPipeline.load(effective.pipeline, runtime=self._runtime)
            return self._pipelines[scene]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long, or has a null character
        return False


def _refused(file: str) -> RequestError:
    # The same whether it exists or not: what lies elsewhere is nobody's business.
    return RequestError(f"{_shown(file)} is not in a folder that may be read (--root)")


def _shown(file: str) -> str:
    return file if len(file) <= 200 else f"{file[:200]}..."


def _written(pages: list[ReadPage], failures: list[HubocrError], format: str) -> str:
    document = Document(tuple(page.result for page in pages), options=pages[0].options)
    text = find_format(format).export(document).decode()
    if failures and format != "json":
        text += "\n\n" + "\n".join(f"[not read: {error.message}]" for error in failures)
    return text


def data_uri(data: bytes, media_type: str = "application/octet-stream") -> str:
    """Return bytes as `Reader.read` takes them."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
