"""The whole chain on our own pages, whose texts and boxes are known."""

from __future__ import annotations

import statistics
from pathlib import Path

import cv2
import numpy as np
import pytest
from shapely.geometry import Polygon

from hubocr.errors import CallCancelledError, EngineError, TooManyLinesError
from hubocr.evaluation.sets import load_set
from hubocr.evaluation.texts import CharacterCounts, count_characters, edit_similarity
from hubocr.imaging import BgrImage, read_image
from hubocr.layout.reference import reference_order as reading_order
from hubocr.pipeline import OcrPipeline, Page
from hubocr.runtime import Call, Runtime
from hubocr.settings import (
    ClassificationSettings,
    DetectionSettings,
    EngineSettings,
    OcrOptions,
    PipelineSettings,
    RecognitionSettings,
)
from tests.conftest import fixture_boxes, fixture_image

PAGES = sorted(fixture_boxes())
RECEIPT = "pages/receipt.png"

ODD_OPTIONS = OcrOptions(
    detection=DetectionSettings(
        limit_side_len=320,
        limit_type="resize_long",
        thresh=0.2,
        box_thresh=0.2,
        unclip_ratio=2.5,
        use_dilation=True,
        score_mode="slow",
        box_type="poly",
    ),
    classification=ClassificationSettings(thresh=0.0, batch_num=3, batching="padded"),
    recognition=RecognitionSettings(image_shape=(3, 48, 100), batch_num=2, batching="padded"),
    use_angle_cls=False,
    drop_score=0.0,
    max_lines=500,
)


def similarities(result: Page, truth: list[tuple[Polygon, str]]) -> list[float]:
    """How like the true text of each box is what was read in the box that overlaps it most."""
    found = [(Polygon(line.polygon), line.text) for line in result.lines]
    nearest = (max(found, key=lambda pair: pair[0].intersection(box).area) for box, _ in truth)
    return [
        edit_similarity(read, text) if shape.intersects(box) else 0.0
        for (shape, read), (box, text) in zip(nearest, truth, strict=True)
    ]


def truth_of(page: str) -> list[tuple[Polygon, str]]:
    return [(Polygon(box["points"]), box["text"]) for box in fixture_boxes()[page]]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("turned", [False, True])
def test_texts_of_pages(pipeline: OcrPipeline, page: str, turned: bool) -> None:
    image, truth = fixture_image(page), truth_of(page)
    if turned:
        image = np.asarray(cv2.rotate(image, cv2.ROTATE_180), np.uint8)
        far = (image.shape[1] - 1, image.shape[0] - 1)
        truth = [
            (Polygon([(far[0] - x, far[1] - y) for x, y in box.exterior.coords]), text)
            for box, text in truth
        ]
    result = pipeline.run(image)
    assert (result.width, result.height) == (image.shape[1], image.shape[0])
    assert len(result.lines) == len(truth)
    scores = similarities(result, truth)
    assert statistics.mean(scores) > 0.97
    assert min(scores) > 0.75
    assert {line.angle for line in result.lines} == {180 if turned else 0}
    assert all(0.5 <= line.score <= 1 for line in result.lines)
    assert all(0.5 <= line.box.detection_score <= 1 for line in result.lines)


def test_without_the_classifier_a_turned_page_is_not_read(pipeline: OcrPipeline) -> None:
    turned = np.asarray(cv2.rotate(fixture_image(RECEIPT), cv2.ROTATE_180), np.uint8)
    truth = "".join(text for _, text in truth_of(RECEIPT))
    result = pipeline.run(turned, OcrOptions(use_angle_cls=False))
    assert {box.angle for box in result.boxes} == {None}
    assert count_characters(result.text, truth).recall < 0.6
    # A pipeline may have no classifier at all, whatever the options say.
    without = OcrPipeline(pipeline.detector, pipeline.recognizer)
    assert without.run(turned, OcrOptions(use_angle_cls=True)) == result


def test_boxes_and_lines_are_in_reading_order(pipeline: OcrPipeline) -> None:
    for page in PAGES:
        result = pipeline.run(fixture_image(page))
        order = reading_order([np.asarray(box.polygon) for box in result.boxes])
        assert order == list(range(len(result.boxes)))
        places = [
            next(place for place, box in enumerate(result.boxes) if box.polygon == line.polygon)
            for line in result.lines
        ]
        assert places == sorted(places)


def test_a_receipt_is_read_row_by_row(pipeline: OcrPipeline) -> None:
    texts = [line.text for line in pipeline.run(fixture_image(RECEIPT)).lines]
    rows = [("全麦面包", "9.50"), ("红富士苹果", "16.35"), ("合计", "82.75")]
    places = [texts.index(text) for row in rows for text in row]
    assert places == sorted(places)
    assert all(places[row + 1] == places[row] + 1 for row in (0, 2, 4))


def test_drop_score_leaves_out_lines_but_no_boxes(pipeline: OcrPipeline) -> None:
    image = fixture_image(RECEIPT)
    everything = pipeline.run(image, OcrOptions(drop_score=0))
    assert len(everything.lines) == len(everything.boxes) == 22
    # A line with just this score stays.
    for least in (everything.lines[1].score, everything.lines[8].score, 1.0):
        result = pipeline.run(image, OcrOptions(drop_score=least))
        assert result.lines == tuple(line for line in everything.lines if line.score >= least)
        assert result.boxes == everything.boxes


def test_images_with_too_many_lines_are_refused(pipeline: OcrPipeline) -> None:
    image = fixture_image(RECEIPT)
    assert len(pipeline.run(image, OcrOptions(max_lines=22)).lines) == 22
    with pytest.raises(TooManyLinesError, match="22 lines were found, the limit is 21"):
        pipeline.run(image, OcrOptions(max_lines=21))


@pytest.mark.parametrize("page", PAGES)
def test_options_hold_for_one_call(pipeline: OcrPipeline, page: str) -> None:
    image = fixture_image(page)
    alone = pipeline.run(image)
    odd = pipeline.run(image, ODD_OPTIONS)
    assert odd != alone
    assert pipeline.run(image) == alone
    assert pipeline.run(image, OcrOptions()) == alone
    assert pipeline.run(image, ODD_OPTIONS) == odd


def test_options_of_the_pipeline_are_those_of_calls_without(pipeline: OcrPipeline) -> None:
    image = fixture_image("pages/notice.png")
    other = OcrPipeline(pipeline.detector, pipeline.recognizer, pipeline.classifier, ODD_OPTIONS)
    assert other.run(image) == pipeline.run(image, ODD_OPTIONS)
    assert other.run(image, OcrOptions()) == pipeline.run(image)


@pytest.mark.parametrize("name", ["odd/blank.png", "odd/one_pixel.png"])
def test_images_without_text(pipeline: OcrPipeline, name: str) -> None:
    image = fixture_image(name)
    assert pipeline.run(image) == Page(image.shape[1], image.shape[0])
    assert pipeline.run(image).text == ""


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (20, 8000), (8000, 20), (33, 31)])
def test_odd_sizes(pipeline: OcrPipeline, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for image in (noise, np.full((*size, 3), 255, np.uint8)):
        result = pipeline.run(image)
        assert (result.height, result.width) == size
        assert all(
            0 <= x < size[1] and 0 <= y < size[0] for b in result.boxes for x, y in b.polygon
        )


def test_a_line_on_a_very_wide_image_is_read(pipeline: OcrPipeline) -> None:
    image = np.full((900, 36_000, 3), 255, np.uint8)
    line = cv2.resize(fixture_image("lines/zh_plain.png"), None, fx=10, fy=10)
    image[200 : 200 + line.shape[0], 30_000 : 30_000 + line.shape[1]] = line
    (found,) = pipeline.run(image).lines
    assert edit_similarity(found.text, "今天下午三点在二楼会议室开会") == 1
    assert 29_000 < found.polygon[0][0] < 31_000


def test_images_are_not_written_to(pipeline: OcrPipeline) -> None:
    image: BgrImage = fixture_image("pages/poster.png")
    image.setflags(write=False)
    assert len(pipeline.run(image).lines) == 6


def test_a_call_that_is_cancelled(pipeline: OcrPipeline) -> None:
    call = Call()
    call.cancel()
    with pytest.raises(CallCancelledError):
        pipeline.run(fixture_image(RECEIPT), call=call)


@pytest.mark.data
def test_labelled_scenes(pipeline: OcrPipeline, data_folder: Path) -> None:
    counts = CharacterCounts()
    for sample in load_set("scene", data_folder).limited(15).samples:
        counts += count_characters(pipeline.run(read_image(sample.path)).text, sample.text)
    assert counts.recall > 0.7
    assert counts.precision > 0.7


def test_a_pipeline_gives_its_own_threads_back_and_no_others() -> None:
    image = fixture_image(PAGES[0])
    settings = PipelineSettings(engine=EngineSettings(cpu_threads=1))
    with OcrPipeline.load(settings) as own:
        assert own.run(image).lines
    with pytest.raises(EngineError, match="closed"):
        own.run(image)
    with Runtime(1) as runtime:
        with OcrPipeline.load(settings, runtime=runtime) as shared:
            assert runtime.network_count == 3
        assert shared.run(image).lines
