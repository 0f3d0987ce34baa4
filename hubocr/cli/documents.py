"""``hubocr predict`` over documents: read, printed, saved; what fails is named at the end."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from tqdm import tqdm

from hubocr.cli.inputs import Input
from hubocr.cli.outputs import Outputs, Spool
from hubocr.cli.printing import shown_name
from hubocr.documents import DocumentOptions, PageError
from hubocr.errors import HubocrError
from hubocr.pipeline import Page
from hubocr.services.documents import PageReader, ReadPage, read_documents
from hubocr.settings import OcrOptions

Item = ReadPage | PageError

_SHOWN_FAILURES = 1000
"""Failures that are listed at the end."""


@dataclass(frozen=True)
class Run:
    """How a run goes about its documents.

    Attributes:
        options: Options of pages.
        documents: Options of documents.
        jobs: Pages in work at a time.
        outputs: Where results are saved; none: nowhere.
        style: What is printed of each page: ``text``, ``json`` or nothing.
        skip_existing: Whether documents whose results exist are skipped.
        progress: Whether a bar is drawn on standard error.
        headings: Whether texts have the name of their file over them.
        values: What is printed of a page as JSON, beside its place.
    """

    options: OcrOptions
    documents: DocumentOptions
    jobs: int = 0
    outputs: Sequence[Outputs] = ()
    style: str = "text"
    skip_existing: bool = False
    progress: bool = False
    headings: bool = False
    values: Callable[[Page], Mapping[str, Any]] = Page.to_dict


@dataclass
class Report:
    """What became of the documents.

    Attributes:
        done: Documents of which at least one page was read.
        pages: Pages that were read.
        skipped: Documents that were done already.
        failures: Messages, one for each document or page that could not be read or written.
    """

    done: int = 0
    pages: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)


def run_documents(pipeline: PageReader, inputs: Iterable[Input], run: Run) -> Report:
    """Read documents, print and save what they say, and return what became of them.

    Args:
        pipeline: The loaded models.
        inputs: The documents; an iterator is followed as it comes.
        run: How.
    """
    return _Runner(pipeline, run).run(inputs)


def print_report(report: Report, stream: TextIO) -> None:
    """Write what failed, and how many documents were done, for people."""
    for message in report.failures[:_SHOWN_FAILURES]:
        print(f"hubocr: {shown_name(message)}", file=stream)
    if len(report.failures) > _SHOWN_FAILURES:
        print(f"hubocr: and {len(report.failures) - _SHOWN_FAILURES} more", file=stream)
    if report.failures and report.done + len(report.failures) > 1:
        skipped = f", {report.skipped} skipped" if report.skipped else ""
        print(
            f"hubocr: {report.done} files read, {len(report.failures)} failures{skipped}",
            file=stream,
        )


class _Runner:
    def __init__(self, pipeline: PageReader, run: Run) -> None:
        self._pipeline = pipeline
        self._run = run
        self._report = Report()
        self._printing = threading.Lock()  # inputs are looked at in another thread
        self._asked: list[Input] = []
        """Documents that were handed over and whose pages have not come yet."""

    def run(self, inputs: Iterable[Input]) -> Report:
        total = len(inputs) if isinstance(inputs, Sequence) else None
        with tqdm(total=total, unit="file", disable=not self._run.progress) as bar:
            pages = read_documents(
                self._pipeline,
                self._sources(inputs, bar),
                self._run.options,
                documents=self._run.documents,
                jobs=self._run.jobs,
            )
            try:
                self._follow(pages, bar)
            finally:
                pages.close()
        return self._report

    def _sources(self, inputs: Iterable[Input], bar: Any) -> Iterator[Any]:
        for one in inputs:
            if one.error is not None:
                self._fail(one.error.message, one.name, None)
                bar.update()
            elif self._run.skip_existing and self._is_done(one):
                self._report.skipped += 1
                bar.update()
            else:
                self._asked.append(one)
                yield one.source

    def _is_done(self, one: Input) -> bool:
        outputs = self._run.outputs
        return bool(outputs) and all(output.are_there(one) for output in outputs)

    def _follow(self, pages: Iterator[Item], bar: Any) -> None:
        document: _Open | None = None
        for page in pages:
            name = page.source if isinstance(page, PageError) else page.document.source
            if document is None or document.input.name != name:
                self._finish(document, bar)
                document = _Open(self._next(name))
            self._take(document, page)
            bar.set_postfix(pages=self._report.pages, refresh=False)
            del page
        self._finish(document, bar)

    def _next(self, name: str) -> Input:
        while self._asked:
            one = self._asked.pop(0)
            if one.name == name:
                return one
        return Input(name, name, output=name.rpartition("/")[2])

    def _take(self, document: _Open, page: Item) -> None:
        if isinstance(page, PageError):
            self._fail(page.error.message, page.source, page.page_index)
            return
        self._report.pages += 1
        self._print(document.input.name, page)
        if self._run.outputs:
            if any(one.needs_images for output in self._run.outputs for one in output.formats):
                document.spool.add(page)
            # The image has gone where it is needed; the rest of a long document stays in memory.
            document.pages.append(page.without_image())
        document.is_read = True

    def _finish(self, document: _Open | None, bar: Any) -> None:
        if document is None:
            return
        bar.update()
        try:
            if document.is_read:
                for outputs in self._run.outputs:
                    outputs.save(document.input, document.pages, document.spool)
                self._report.done += 1
        except (HubocrError, OSError) as error:
            message = error.message if isinstance(error, HubocrError) else str(error)
            self._fail(f"{document.input.name}: can't be saved: {message}", None, None)
        finally:
            document.spool.clear()

    def _fail(self, message: str, name: str | None, page_index: int | None) -> None:
        self._report.failures.append(message)
        if self._run.style == "json" and name is not None:
            values = {"input_path": name, "page_index": page_index, "error": message}
            self._print_json(values)

    def _print_json(self, values: Mapping[str, Any]) -> None:
        is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        text = json.dumps(values, ensure_ascii=not is_utf8)
        with self._printing:  # a name that isn't UTF-8 has surrogates
            print(text.encode(errors="backslashreplace").decode(), flush=True)

    def _print(self, name: str, page: ReadPage) -> None:
        index = page.document.page_index
        if self._run.style == "json":
            place = {"input_path": name, "page_index": index}
            self._print_json({**place, **self._run.values(page.result)})
        elif self._run.style == "text":
            if self._run.headings or index is not None:
                print(f"== {shown_name(name)}" + ("" if index is None else f", page {index + 1}"))
            text = page.result.text
            print(text, end="\n" if text else "", flush=True)


@dataclass
class _Open:
    """A document of which pages are still to come."""

    input: Input
    pages: list[ReadPage] = field(default_factory=list)
    spool: Spool = field(default_factory=Spool)
    is_read: bool = False
