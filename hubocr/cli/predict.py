"""``hubocr predict``: read images from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from tqdm import tqdm

from hubocr.errors import ImageError
from hubocr.imaging import IMAGE_SUFFIXES, BgrImage, read_image
from hubocr.pipeline import OcrPipeline, OcrResult
from hubocr.pipeline.exporters import to_dict, to_image
from hubocr.settings import (
    ENGINE_NAMES,
    EngineSettings,
    ModelSettings,
    OcrOptions,
    PipelineSettings,
)

if TYPE_CHECKING:
    from hubocr.cli.models import Commands


def add_command(commands: Commands) -> None:
    """Add ``predict``."""
    models, engine, options = ModelSettings(), EngineSettings(), OcrOptions()
    parser = commands.add_parser(
        "predict",
        help="read image files",
        description="Read all text of image files. The exit status is 1 when a file can't be read.",
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="PATH", help="images or folders")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="save the images there with the text drawn"
    )
    parser.add_argument("--engine", choices=ENGINE_NAMES, default=engine.engine)
    parser.add_argument(
        "--cpu-threads", type=int, default=engine.cpu_threads, metavar="N", help="0: all"
    )
    for name, value in (
        ("det", models.det_model),
        ("cls", models.cls_model),
        ("rec", models.rec_model),
    ):
        parser.add_argument(
            f"--{name}-model", default=value, metavar="MODEL", help=f"name or folder ({value})"
        )
    parser.add_argument(
        "--drop-score", type=float, default=options.drop_score, metavar="X", help="smallest score"
    )
    parser.add_argument(
        "--no-angle-cls", action="store_true", help="don't turn lines that are upside down"
    )
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    settings = PipelineSettings(
        ModelSettings(arguments.det_model, arguments.cls_model, arguments.rec_model),
        EngineSettings(engine=arguments.engine, cpu_threads=arguments.cpu_threads),
        OcrOptions(drop_score=arguments.drop_score, use_angle_cls=not arguments.no_angle_cls),
    )
    paths = list(_image_files(arguments.images))
    pipeline = OcrPipeline.load(settings)
    failed = False
    for path in tqdm(paths, unit="image", disable=len(paths) < 2 or not sys.stderr.isatty()):
        try:
            image = read_image(path)
        except ImageError as error:
            print(f"hubocr: {error.message}", file=sys.stderr)
            failed = True
            continue
        result = pipeline.run(image)
        _print(path, result, as_json=arguments.json, titled=len(paths) > 1)
        if arguments.output:
            _save(arguments.output / f"{path.name}.png", image, result)
    return 1 if failed else 0


def _image_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        else:
            yield path


def _print(path: Path, result: OcrResult, *, as_json: bool, titled: bool) -> None:
    if as_json:
        print(json.dumps({"input_path": str(path), **to_dict(result)}, ensure_ascii=False))
        return
    if titled:
        print(f"== {path}")
    for line in result.lines:
        print(line.text)


def _save(path: Path, image: BgrImage, result: OcrResult) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # imencode and write_bytes, since imwrite fails silently and on some systems on Chinese names.
    path.write_bytes(cv2.imencode(".png", to_image(result, image))[1].tobytes())
