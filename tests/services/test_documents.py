"""Documents through the pipeline: order, places, errors, threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from hubocr.documents import PageError
from hubocr.errors import EngineError, SettingsError
from hubocr.imaging import BgrImage
from hubocr.pipeline import OcrPipeline, Page
from hubocr.runtime import Call, Runtime
from hubocr.services.documents import ReadPage, read_documents
from hubocr.settings import OcrOptions
from tests.arrays import read_bgr

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


class SlowPipeline:
    """Stands in for the models: a page of n rows takes as long as it says and has width n."""

    def __init__(self, threads: int = 2) -> None:
        self.options = OcrOptions()
        self.runtime = Runtime(threads)
        self.calls: list[Call] = []
        self.at_once = 0
        self.most = 0
        self._lock = threading.Lock()

    def run(self, image: BgrImage, options: OcrOptions | None, call: Call | None) -> Page:
        assert call is not None
        with self._lock:
            self.calls.append(call)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            time.sleep(0.002 * image.shape[0])
            if image.shape[0] == 13:
                raise EngineError("out of memory")
            if image.shape[0] == 17:
                raise ZeroDivisionError
            return Page(image.shape[1], image.shape[0])
        finally:
            with self._lock:
                self.at_once -= 1


def blank(height: int) -> BgrImage:
    return np.full((height, 20, 3), 255, np.uint8)


def heights(pages: Iterator[ReadPage | PageError]) -> list[int]:
    return [page.result.height if isinstance(page, ReadPage) else -1 for page in pages]


def test_pages_come_in_order_and_are_worked_on_side_by_side() -> None:
    pipeline = SlowPipeline()
    asked = [30, 1, 20, 2, 10, 3, 25, 4]
    found = read_documents(pipeline, [blank(height) for height in asked], jobs=4)
    assert heights(found) == asked
    assert 2 <= pipeline.most <= 4


def test_one_job_works_on_one_page_at_a_time() -> None:
    pipeline = SlowPipeline()
    found = read_documents(pipeline, [blank(5)] * 4, jobs=1)
    assert heights(found) == [5] * 4
    assert pipeline.most == 1


def test_pages_of_a_long_run_share_the_threads(tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), blank(1))
    book = tmp_path / "book.tiff"
    cv2.imwritemulti(str(book), [blank(1), blank(2)])
    for source, shared in (
        (blank(1), [False]),
        (page, [False]),
        (page.read_bytes(), [False]),
        (book, [True, True]),
        (tmp_path, [True, True, True]),
        (iter([page]), [True]),
    ):
        pipeline = SlowPipeline()
        list(read_documents(pipeline, source))
        assert [call.is_one_of_many for call in pipeline.calls] == shared


def test_a_number_of_jobs_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingsError, match="jobs must be an integer from 0 to 1000, not -1"):
        next(read_documents(SlowPipeline(), blank(1), jobs=-1))


def test_a_page_that_fails_is_named_and_costs_no_other() -> None:
    pipeline = SlowPipeline()
    found = list(read_documents(pipeline, [blank(h) for h in (5, 13, 6, 17, 7)]))
    assert heights(iter(found)) == [5, -1, 6, -1, 7]
    engine, fault = found[1], found[3]
    assert isinstance(engine, PageError)
    assert isinstance(engine.error, EngineError)
    assert engine.error.message == "input[1]: out of memory"
    assert isinstance(fault, PageError)
    assert "input[3]: reading failed unexpectedly" in fault.error.message


def test_a_consumer_that_leaves_leaves_nothing_running() -> None:
    pipeline = SlowPipeline()
    before = threading.active_count()

    def endless() -> Iterator[BgrImage]:
        while True:
            yield blank(5)

    found = read_documents(pipeline, endless(), jobs=3)
    next(found)
    found.close()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
    done = len(pipeline.calls)
    time.sleep(0.05)
    assert len(pipeline.calls) == done


def test_results_know_their_document_and_page(pipeline: OcrPipeline, tmp_path: Path) -> None:
    frames = [read_bgr(FIXTURES / "odd" / "grey.png")] * 2
    tiff = tmp_path / "two.tiff"
    assert cv2.imwritemulti(str(tiff), frames)
    missing = tmp_path / "missing.png"
    found = list(read_documents(pipeline, [tiff, missing, tiff, frames[0]]))
    places = [
        (page.result.source, page.result.index) if isinstance(page, ReadPage) else page.source
        for page in found
    ]
    assert places == [(0, 0), (0, 1), str(missing), (2, 0), (2, 1), (3, 0)]
    assert [page.document.path for page in found if isinstance(page, ReadPage)] == [
        *[str(tiff)] * 4,
        None,
    ]


def test_pages_are_read_as_alone(pipeline: OcrPipeline) -> None:
    folder = FIXTURES / "pages"
    found = [page for page in read_documents(pipeline, folder) if isinstance(page, ReadPage)]
    assert len(found) == 3
    for page in found:
        alone = pipeline.run(page.image)
        assert page.result.items == pytest.approx(alone.items) or page.result.text == alone.text
