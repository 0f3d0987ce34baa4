"""Parity with PaddleOCR 2.10: same models, same thresholds, same batches, same engine.

What is compared, set by set:

* on line crops: the recogniser's texts, and the classifier's decision to turn a crop;
* on whole images, the detector alone (box threshold 0.6, unclip ratio 1.5, as ``ocr_det``): boxes,
  their corners, and their order;
* on whole images, the system (0.5, 1.6, as ``ocr_system``): boxes, corners, decisions and texts of
  everything that was read before weak lines are dropped, and whether the final answer of an
  image is the same.

Boxes are paired by `hubocr.detection.matching` (one to one, highest IoU first, at least 0.5).
A box without a partner counts as a difference in each row that it would have been part of.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tqdm import tqdm

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.peers.client import run_peer
from benchmarks.peers.envs import PeerEnvironmentError, peer_python
from benchmarks.peers.protocol import (
    Box,
    ModelFolders,
    PeerError,
    PeerJob,
    PeerLine,
    Task,
    as_box,
)
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.systems import decoded
from hubocr.classification import AngleClassifier
from hubocr.detection import TextDetector
from hubocr.detection.matching import match_polygons
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import Dataset, load_set
from hubocr.imaging import BgrImage, read_image
from hubocr.models import find_model
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import TextRecognizer
from hubocr.settings import (
    ClassificationSettings,
    DetectionSettings,
    EngineSettings,
    ModelSettings,
    OcrOptions,
    RecognitionSettings,
)

_PEER = "paddleocr210"
_LINE_SETS = ("lines_zh", "lines_en")
_WHOLE_SETS = ("scene", "pages")
_CORNER_KINDS = {"corners equal": 0.0, "corners within 1 px": 1.0}
"""How far corners may be apart in x and in y, in pixels, by the name of the row."""

Lines = tuple[PeerLine, ...]
"""What one side says about an image."""

_OPTIONS = OcrOptions(
    classification=ClassificationSettings(batching="padded"),
    recognition=RecognitionSettings(batching="padded"),
)
_ALONE = DetectionSettings()


@dataclass(frozen=True)
class Count:
    """How much of something is the same on both sides.

    Attributes:
        set_name: The set.
        what: What is compared.
        equal: How many are equal.
        total: How many there are.
    """

    set_name: str
    what: str
    equal: int
    total: int

    @property
    def share(self) -> float:
        """Equal ones of all, from 0 to 1; 1 where there are none."""
        return self.equal / self.total if self.total else 1.0


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same on both sides.

    Attributes:
        set_name: The set.
        image: Name of the image in the set.
        what: What is compared.
        reference: What PaddleOCR says; None where it has nothing.
        hubocr: What we say; None where we have nothing.
    """

    set_name: str
    image: str
    what: str
    reference: dict[str, Any] | None
    hubocr: dict[str, Any] | None


def corners_within(first: Box, second: Box, pixels: float) -> int:
    """Return how many corners differ by at most ``pixels`` both in x and in y.

    Corners are compared by their place in the box, so that a box which starts at another corner
    counts as different.
    """
    return sum(
        abs(x - u) <= pixels and abs(y - v) <= pixels
        for (x, y), (u, v) in zip(first, second, strict=True)
    )


class Comparison:
    """Counts and differences of one stage on one set, while they are collected.

    Args:
        set_name: The set.
        stage: Put before what is compared.
    """

    def __init__(self, set_name: str, stage: str) -> None:
        self._set_name = set_name
        self._stage = stage
        self._counts: dict[str, tuple[int, int]] = {}
        self.differences: list[Difference] = []

    @property
    def counts(self) -> list[Count]:
        """The counts so far, in the order in which their kinds appeared."""
        return [Count(self._set_name, what, *count) for what, count in self._counts.items()]

    def add(self, what: str, equal: int, total: int = 1) -> None:
        """Count ``equal`` of ``total`` more of a kind."""
        what = f"{self._stage} {what}"
        equal_before, total_before = self._counts.get(what, (0, 0))
        self._counts[what] = (equal_before + equal, total_before + total)

    def differ(
        self, image: str, what: str, reference: PeerLine | None, ours: PeerLine | None
    ) -> None:
        """List a difference."""
        self.differences.append(
            Difference(
                self._set_name, image, f"{self._stage} {what}", _plain(reference), _plain(ours)
            )
        )


def _plain(line: PeerLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {key: value for key, value in asdict(line).items() if value is not None}


class OwnSide:
    """Our models on the Paddle engine with oneDNN, batched as the reference does.

    Args:
        models: The models.
        cpu_threads: Processor threads.
    """

    def __init__(self, models: ModelSettings, cpu_threads: int) -> None:
        engine = EngineSettings(engine="paddle", cpu_threads=cpu_threads, enable_mkldnn=True)
        self._pipeline = OcrPipeline(
            TextDetector.load(models.det_model, engine),
            TextRecognizer.load(models.rec_model, engine, dict_path=models.rec_char_dict_path),
            AngleClassifier.load(models.cls_model, engine),
            _OPTIONS,
        )

    def run(self, task: Task, images: Sequence[BgrImage], title: str) -> list[Lines]:
        """Do the same task as the peer, on decoded images."""
        if task == "rec":
            return [
                (PeerLine(text=read.text, score=read.score),)
                for read in self._pipeline.recognizer.recognize(images, _OPTIONS.recognition)
            ]
        if task == "cls":
            return self._classify(images)
        one = self._detect if task == "det" else self._read
        return [one(image) for image in tqdm(images, desc=f"hubocr {title}", unit="image")]

    def _classify(self, images: Sequence[BgrImage]) -> list[Lines]:
        classifier, settings = self._pipeline.classifier, _OPTIONS.classification
        if classifier is None:
            raise PeerError("the pipeline has no classifier")
        return [
            (
                PeerLine(
                    label=found.label,
                    label_score=found.score,
                    turned=found.is_upside_down(settings.thresh),
                ),
            )
            for found in classifier.classify(images, settings)
        ]

    def _detect(self, image: BgrImage) -> Lines:
        found = self._pipeline.detector.detect(image, _ALONE)
        return tuple(PeerLine(box=as_box(polygon.tolist())) for polygon in found.polygons)

    def _read(self, image: BgrImage) -> Lines:
        result = self._pipeline.run(image, replace(_OPTIONS, drop_score=0.0))
        return tuple(
            PeerLine(
                box=as_box(line.polygon),
                turned=line.angle == 180,
                text=line.text,
                score=line.score,
                kept=line.score >= _OPTIONS.drop_score,
            )
            for line in result.lines
        )


def compare_crops(
    dataset: Dataset, task: Task, reference: Sequence[Lines], ours: Sequence[Lines]
) -> Comparison:
    """Compare texts (``rec``) or decisions (``cls``) of line crops."""
    what = "texts" if task == "rec" else "decisions"
    comparison = Comparison(dataset.info.name, task)
    for sample, (theirs,), (own,) in zip(dataset.samples, reference, ours, strict=True):
        equal = theirs.text == own.text and theirs.turned == own.turned
        comparison.add(what, equal)
        if not equal:
            comparison.differ(sample.name, what, theirs, own)
    return comparison


def compare_images(
    dataset: Dataset, task: Task, reference: Sequence[Lines], ours: Sequence[Lines]
) -> Comparison:
    """Compare what the detector (``det``) or the whole system (``system``) found in images."""
    comparison = Comparison(dataset.info.name, task)
    for sample, theirs, own in zip(dataset.samples, reference, ours, strict=True):
        _compare_boxes(comparison, sample.name, task == "system", theirs, own)
        if task == "det":
            comparison.add("images with equal boxes in order", theirs == own)
        else:
            comparison.add("images with equal answer", _answer(theirs) == _answer(own))
    return comparison


def _answer(lines: Lines) -> list[tuple[object, ...]]:
    return [(line.box, line.text) for line in lines if line.kept]


def _compare_boxes(
    comparison: Comparison, image: str, with_texts: bool, theirs: Lines, own: Lines
) -> None:
    pairs = match_polygons([line.box or () for line in theirs], [line.box or () for line in own])
    alone_theirs = set(range(len(theirs))) - {pair.first for pair in pairs}
    alone_own = set(range(len(own))) - {pair.second for pair in pairs}
    total = len(pairs) + len(alone_theirs) + len(alone_own)
    comparison.add("boxes with a partner", len(pairs), total)
    for place in sorted(alone_theirs):
        comparison.differ(image, "boxes with a partner", theirs[place], None)
    for place in sorted(alone_own):
        comparison.differ(image, "boxes with a partner", None, own[place])
    alone = len(alone_theirs) + len(alone_own)
    facts = ("decisions", "texts", "kept or dropped") if with_texts else ()
    for what in _CORNER_KINDS:
        comparison.add(what, 0, 4 * alone)
    for what in facts:
        comparison.add(what, 0, alone)
    for pair in pairs:
        first, second = theirs[pair.first], own[pair.second]
        for what, pixels in _CORNER_KINDS.items():
            near = corners_within(first.box or (), second.box or (), pixels)
            comparison.add(what, near, 4)
            if near < 4:
                comparison.differ(image, what, first, second)
        for what in facts:
            equal = _fact(first, what) == _fact(second, what)
            comparison.add(what, equal)
            if not equal:
                comparison.differ(image, what, first, second)


def _fact(line: PeerLine, what: str) -> object:
    return {"decisions": line.turned, "texts": line.text, "kept or dropped": line.kept}[what]


def model_folders(models: ModelSettings) -> ModelFolders:
    """Return our models' folders for the peer."""
    det, cls, rec = (
        find_model(name).folder for name in (models.det_model, models.cls_model, models.rec_model)
    )
    dictionary = rec / "ppocr_keys_v1.txt"
    return ModelFolders(*(str(path.resolve()) for path in (det, cls, rec, dictionary)))


def compare_set(
    dataset: Dataset, own_side: OwnSide, folders: ModelFolders, cpu_threads: int
) -> tuple[list[Comparison], Mapping[str, str]]:
    """Run both sides on a set and compare them.

    Returns:
        One comparison a stage, and the versions of the peer's packages.
    """
    images = [read_image(sample.path) for sample in dataset.samples]
    comparisons = []
    versions: Mapping[str, str] = {}
    tasks: tuple[Task, ...] = ("det", "system") if dataset.info.whole else ("rec", "cls")
    compare = compare_images if dataset.info.whole else compare_crops
    with decoded(dataset.samples) as paths:
        for task in tasks:
            title = f"{dataset.info.name} {task}"
            print(title, flush=True)
            theirs = run_peer(_PEER, PeerJob(task, paths, folders, cpu_threads=cpu_threads))
            versions = theirs.versions
            own = own_side.run(task, images, title)
            comparisons.append(compare(dataset, task, theirs.images, own))
    return comparisons, versions


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parity",
        description="Compare hubocr (Paddle engine, oneDNN, the reference's batches) with "
        "PaddleOCR 2.10.0 on the labelled sets of HUBOCR_DATA: same models, same thresholds, same "
        "pixels. Prints a table of what is equal; the JSON lists every difference with both sides. "
        "What each row means stands at the top of benchmarks/parity.py. All sets take about five "
        "minutes on two cores. The peer needs: python -m benchmarks.peers.envs paddleocr210",
    )
    names = (*_LINE_SETS, *_WHOLE_SETS)
    parser.add_argument(
        "--sets",
        nargs="+",
        choices=names,
        default=list(names),
        metavar="SET",
        help=f"of: {', '.join(names)} (default: all)",
    )
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
        help="processor threads of both sides (default: all usable cores)",
    )
    add_output_arguments(parser, "parity.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare what the command line asks for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be at least 1")
    if options.write and options.limit:
        parser.error("--write keeps figures of whole sets: leave out --limit, or use --output")
    models = ModelSettings()
    comparisons: list[Comparison] = []
    try:
        peer_python(_PEER)
        datasets = [load_set(name).limited(options.limit) for name in options.sets]
        own_side, folders = OwnSide(models, options.threads), model_folders(models)
        for dataset in datasets:
            found, versions = compare_set(dataset, own_side, folders, options.threads)
            comparisons += found
    except (PeerEnvironmentError, PeerError, HubocrError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    counts = [count for comparison in comparisons for count in comparison.counts]
    differences = [item for comparison in comparisons for item in comparison.differences]
    print(f"\n{describe_machine().summary}, {options.threads} threads\n")
    rows = [
        [count.set_name, count.what, str(count.equal), str(count.total), f"{count.share:.4f}"]
        for count in counts
    ]
    print(markdown_table(["set", "what", "equal", "of", "share"], rows))
    content = {
        "reference": versions,
        "settings": {"sets": options.sets, "limit": options.limit, "threads": options.threads},
        "counts": [{**asdict(count), "share": round(count.share, 6)} for count in counts],
        "differences": [asdict(difference) for difference in differences],
    }
    write_results(options, content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
