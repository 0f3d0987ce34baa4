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
from dataclasses import asdict, replace

from tqdm import tqdm

from benchmarks.agreement import Comparison, Lines, compare_crops, compare_images
from benchmarks.machine import describe_machine
from benchmarks.peers.client import run_peer
from benchmarks.peers.envs import PeerEnvironmentError, peer_python
from benchmarks.peers.protocol import (
    ModelFolders,
    PeerError,
    PeerJob,
    PeerLine,
    Task,
    as_box,
)
from benchmarks.report import (
    add_output_arguments,
    add_size_arguments,
    markdown_table,
    write_results,
)
from benchmarks.systems import decoded
from hubocr.classification import AngleClassifier
from hubocr.detection import TextDetector
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
_OPTIONS = OcrOptions(
    classification=ClassificationSettings(batching="padded"),
    recognition=RecognitionSettings(batching="padded"),
)
_ALONE = DetectionSettings()


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
    add_size_arguments(parser)
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
