"""Reading order beside other systems, direction of pages, boxes of words, upright columns."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.machine import describe_machine
from benchmarks.peers.orders import Order, doctr_order, rapidocr_order
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import Sample, load_set
from hubocr.evaluation.texts import edit_similarity, normalize_text
from hubocr.imaging import BgrImage, read_image
from hubocr.layout import reading_order
from hubocr.pipeline import OcrPipeline, Page
from hubocr.settings import (
    DetectionSettings,
    ModelSettings,
    OcrOptions,
    PipelineSettings,
    RecognitionSettings,
)

Row = dict[str, object]

_ORDER_SETS = ("pages_zh_digital", "vertical_zh", "pages_en", "pages_hant", "pages", "screens_zh")
_RECEIPTS, _SKEWS = "sroie", (-3.0, -1.5, 1.5, 3.0)
_DIRECTION_SETS = (
    *("pages", "pages_zh_digital", "vertical_zh", "pages_en", "pages_hant"),
    *("funsd", "hw_zh_pages", "hw_en_pages"),
)
_UPRIGHT_SETS = ("screens_zh", "scene", "icdar15")
_WORD_SETS = ("funsd", "icdar15")


def skewed(image: BgrImage, degrees: float) -> BgrImage:
    """Return an image turned about its middle, as large as it has to be, its edges repeated."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(height * sine + width * cosine), round(height * cosine + width * sine))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)


def _pages(name: str) -> Iterator[tuple[str, Sample, BgrImage]]:
    """Yield the pages of a set with the name of the group that they are scored in."""
    for sample in tqdm(load_set(name).samples, desc=name, unit="page"):
        image = read_image(sample.path)
        yield f"{name} / {sample.group}" if sample.group else name, sample, image
        if sample.group == _RECEIPTS:
            for degrees in _SKEWS:
                yield f"{name} / {sample.group}, turned", sample, skewed(image, degrees)


def measure_order(
    pipeline: OcrPipeline, options: OcrOptions, orders: Mapping[str, Order], sets: Sequence[str]
) -> list[Row]:
    """Return the similarity of the joined text to the label, by set and order; one reading for all.

    Vertical pages are read with their columns turned, whoever orders them.
    """
    scores: dict[str, dict[str, list[float]]] = {}
    for name in sets:
        for group, sample, image in _pages(name):
            lines = pipeline.run(image, options).lines
            polygons = [np.array(line.polygon) for line in lines]
            for system, order in orders.items():
                text = "".join(lines[place].text for place in order(polygons, image.shape[:2]))
                score = edit_similarity(text, sample.text, ignore_case=sample.ignore_case)
                scores.setdefault(group, {}).setdefault(system, []).append(score)
    return [
        {
            "set": group,
            "pages": len(next(iter(found.values()))),
            **{system: round(mean(values), 4) for system, values in found.items()},
        }
        for group, found in scores.items()
    ]


def measure_direction(pipeline: OcrPipeline, options: OcrOptions, sets: Sequence[str]) -> list[Row]:
    """Return how many pages are found in each of the four positions; of signs, the upright ones."""
    rows: list[Row] = []
    for name in sets:
        angles = (0, 90, 180, 270) if name in _DIRECTION_SETS else (0,)
        right = dict.fromkeys(angles, 0)
        wrong: list[str] = []
        samples = load_set(name).samples
        for sample in tqdm(samples, desc=name, unit="page"):
            image = read_image(sample.path)
            for angle in angles:
                turned = np.ascontiguousarray(np.rot90(image, -angle // 90))
                found = pipeline.find_direction(turned, options).angle
                right[angle] += found == angle
                if found != angle:
                    wrong.append(f"{sample.name}: {angle} taken for {found}")
        rows.append({"set": name, "pages": len(samples), **{str(a): right[a] for a in angles}})
        rows[-1]["wrong"] = wrong
    return rows


def measure_words(pipeline: OcrPipeline, options: OcrOptions, sets: Sequence[str]) -> list[Row]:
    """Return how well the boxes of words that were read right fit the labelled ones."""
    rows: list[Row] = []
    for name in sets:
        overlaps: list[float] = []
        count = 0
        for sample in tqdm(load_set(name).samples, desc=name, unit="page"):
            page = pipeline.run(read_image(sample.path), options)
            words = _words(page)
            labels = [box for box in sample.boxes if not box.ignored]
            count += len(labels)
            for label in labels:
                text = normalize_text(label.text, ignore_case=True)
                bounds = _bounds(label.points)
                best = max((_iou(bounds, box) for read, box in words if read == text), default=0.0)
                if best > 0:
                    overlaps.append(best)
        rows.append(
            {
                "set": name,
                "labelled words": count,
                "read": len(overlaps),
                "median IoU": round(median(overlaps), 3),
                "lower quartile": round(float(np.percentile(overlaps, 25)), 3),
            }
        )
    return rows


_Bounds = tuple[float, float, float, float]


def _words(page: Page) -> list[tuple[str, _Bounds]]:
    return [
        (normalize_text(word.text, ignore_case=True), _bounds(word.polygon))
        for line in page.lines
        for word in line.reading.words or ()
    ]


def _bounds(points: Sequence[tuple[float, float]]) -> _Bounds:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _iou(first: _Bounds, second: _Bounds) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / (sum(areas) - shared) if shared else 0.0


def measure_columns(pipeline: OcrPipeline) -> list[Row]:
    """Return how well cut-out columns are read when they are turned to the left or to the right."""
    samples = load_set("lines_vertical").samples
    images = [read_image(sample.path) for sample in samples]
    rows: list[Row] = []
    for turn, quarters in (("counter-clockwise", 1), ("clockwise", -1)):
        crops = [np.ascontiguousarray(np.rot90(image, quarters)) for image in images]
        texts = pipeline.recognizer.recognize(crops)
        similar = mean(
            edit_similarity(read.text, sample.text)
            for read, sample in zip(texts, samples, strict=True)
        )
        rows.append({"turned": turn, "columns": len(samples), "similarity": round(similar, 4)})
    return rows


def _table(rows: Sequence[Row]) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row if name != "wrong"))
    return markdown_table(header, [[str(row.get(name, "")) for name in header] for row in rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.layout",
        description="Measure reading order (against the rules of PaddleOCR 2.10, RapidOCR 3.10 and "
        "docTR 1.1 on the same boxes and texts), direction of pages, boxes of words, and upright "
        "columns.",
    )
    parts = ("order", "direction", "words", "columns")
    parser.add_argument("--parts", nargs="*", choices=parts, default=parts)
    parser.add_argument("--sets", nargs="*", metavar="SET", help="these sets of each part only")
    parser.add_argument("--det-model", default="PP-OCRv6_small_det", metavar="MODEL")
    parser.add_argument("--rec-model", default="PP-OCRv6_small_rec", metavar="MODEL")
    parser.add_argument("--page-model", metavar="MODEL", help="classifier of whole pages")
    parser.add_argument("--side", type=int, default=1600, help="det_limit_side_len (1600)")
    parser.add_argument("--doctr", type=Path, metavar="WHEEL", help="wheel of python-doctr 1.1.0")
    add_output_arguments(parser, "layout.json")
    options = parser.parse_args(arguments)

    def chosen(names: Sequence[str]) -> list[str]:
        return [name for name in names if not options.sets or name in options.sets]

    models = ModelSettings(
        det_model=options.det_model, rec_model=options.rec_model, page_model=options.page_model
    )
    reference = OcrOptions(
        detection=DetectionSettings(limit_side_len=options.side, box_thresh=0.5, unclip_ratio=1.6),
        recognition=RecognitionSettings(word_boxes=True),
    )
    auto = replace(reference, page_direction="auto", reading_order="auto")
    orders: dict[str, Order] = {
        "ours": lambda polygons, size: reading_order(polygons),
        "PaddleOCR 2.10": lambda polygons, size: reading_order(polygons, "reference"),
        "RapidOCR 3.10": rapidocr_order,
    }
    if options.doctr:
        orders["docTR 1.1"] = doctr_order(options.doctr)
    try:
        pipeline = OcrPipeline.load(PipelineSettings(models=models))
        measures: dict[str, Callable[[], list[Row]]] = {
            "order": lambda: measure_order(
                pipeline, replace(reference, use_angle_cls=False), orders, chosen(_ORDER_SETS)
            ),
            "direction": lambda: measure_direction(
                pipeline, auto, chosen((*_DIRECTION_SETS, *_UPRIGHT_SETS))
            ),
            "words": lambda: measure_words(
                pipeline, replace(auto, use_angle_cls=False), chosen(_WORD_SETS)
            ),
            "columns": lambda: measure_columns(pipeline),
        }
        results = {part: measures[part]() for part in options.parts}
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}")
    for part, rows in results.items():
        print(f"\n{part}\n\n{_table(rows)}")
    write_results(options, {"models": vars(models), "side": options.side, **results})
    return 0


if __name__ == "__main__":
    sys.exit(main())
