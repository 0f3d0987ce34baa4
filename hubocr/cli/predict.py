"""``hubocr predict``: read images from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
from tqdm import tqdm

from hubocr.cli.files import image_files
from hubocr.errors import ImageError
from hubocr.hub.params import PARAMS, apply_params
from hubocr.imaging import BgrImage, read_image
from hubocr.pipeline import OcrPipeline, OcrResult
from hubocr.pipeline.exporters import text_dict, to_dict, to_image
from hubocr.recognition import TextRecognizer
from hubocr.settings import (
    ENGINE_NAMES,
    EngineSettings,
    ModelSettings,
    OcrOptions,
    PipelineSettings,
)

if TYPE_CHECKING:
    from hubocr.cli.models import Commands

_Reader = Callable[[Path, BgrImage], tuple[list[str], dict[str, Any]]]
_NUMBERS = ("integer", "number", "boolean")


def add_command(commands: Commands) -> None:
    """Add ``predict``."""
    models, engine, options = ModelSettings(), EngineSettings(), OcrOptions()
    parser = commands.add_parser(
        "predict",
        help="read image files",
        description="Read all text of image files, or with --line each as a single line, which is "
        "the way for captchas. The exit status is 1 when a file can't be read.",
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="PATH", help="images or folders")
    parser.add_argument("--line", action="store_true", help="each image is one line of text")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="save pages there with the text drawn"
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
    parser.add_argument(
        "-o",
        "--option",
        action="append",
        type=_option,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter as in params.py, such as det_limit_type=min or rec_charset=digits; may "
        "be repeated",
    )
    parser.set_defaults(run=_predict)


def _option(text: str) -> tuple[str, object]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE")
    if PARAMS.get(name) and PARAMS[name].rule.kind in _NUMBERS:
        try:
            return name, json.loads(value)
        except ValueError:
            pass  # the setting says what it may be
    return name, value


def _predict(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    read = _read_line(settings) if arguments.line else _read_page(settings, arguments.output)
    paths = list(image_files(arguments.images))
    failed = False
    for path in tqdm(paths, unit="image", disable=len(paths) < 2 or not sys.stderr.isatty()):
        try:
            texts, values = read(path, read_image(path))
        except ImageError as error:
            print(f"hubocr: {error.message}", file=sys.stderr)
            failed = True
            continue
        if arguments.json:
            print(json.dumps({"input_path": str(path), **values}, ensure_ascii=False))
            continue
        if len(paths) > 1:
            print(f"== {path}")
        print(*texts, sep="\n", end="\n" if texts else "")
    return 1 if failed else 0


def _settings(arguments: argparse.Namespace) -> PipelineSettings:
    settings = PipelineSettings(
        ModelSettings(arguments.det_model, arguments.cls_model, arguments.rec_model),
        EngineSettings(engine=arguments.engine, cpu_threads=arguments.cpu_threads),
        OcrOptions(drop_score=arguments.drop_score, use_angle_cls=not arguments.no_angle_cls),
    )
    return apply_params(settings, dict(arguments.option), ("det", "cls", "rec"), "--option")


def _read_page(settings: PipelineSettings, output: Path | None) -> _Reader:
    pipeline = OcrPipeline.load(settings)

    def read(path: Path, image: BgrImage) -> tuple[list[str], dict[str, Any]]:
        result = pipeline.run(image)
        if output:
            _save(output / f"{path.name}.png", image, result)
        return [line.text for line in result.lines], to_dict(result)

    return read


def _read_line(settings: PipelineSettings) -> _Reader:
    models = settings.models
    recognizer = TextRecognizer.load(
        models.rec_model,
        settings.engine,
        dict_path=models.rec_char_dict_path,
        use_space_char=models.use_space_char,
    )

    def read(path: Path, image: BgrImage) -> tuple[list[str], dict[str, Any]]:
        (text,) = recognizer.recognize([image], settings.options.recognition)
        return [text.text], text_dict(text)

    return read


def _save(path: Path, image: BgrImage, result: OcrResult) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # imencode and write_bytes, since imwrite fails silently and on some systems on Chinese names.
    path.write_bytes(cv2.imencode(".png", to_image(result, image))[1].tobytes())
