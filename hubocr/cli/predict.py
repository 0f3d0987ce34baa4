"""``hubocr predict``: read images and documents from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubocr.api.call_options import DOCUMENT_PARAMS, document_options
from hubocr.api.device import device_params
from hubocr.cli.options import add_pipeline_arguments, settings_layers
from hubocr.errors import SettingsError
from hubocr.exporters import FORMATS
from hubocr.settings import PipelineSettings
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.settings.layers import effective_settings
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS, PIPELINE_PROFILE

if TYPE_CHECKING:
    from hubocr.cli.command import Commands
    from hubocr.cli.documents import Report, Run
    from hubocr.cli.inputs import Input
    from hubocr.documents import DocumentOptions
    from hubocr.pipeline import Page

_FLAGS = (
    *("engine", "precision", "cpu_threads", "det_model_dir", "cls_model_dir", "rec_model_dir"),
    *("drop_score", "use_angle_cls", "page_direction", "reading_order", "rec_word_boxes"),
)
_DOCUMENT_FLAGS = (
    *("page_range", "text_layer", "pdf_dpi", "frames", "recursive", "allow_urls"),
    *("max_pages", "max_bytes", "pdf_page_seconds"),
)
_LAYER = "command line"


def add_command(commands: Commands) -> None:
    """Add ``predict``."""
    parser = commands.add_parser(
        "predict",
        help="read images, PDFs and folders",
        description="Read all text of images and documents, or with --line each image as a single "
        "line. Models and options come as a scene: --scene captcha, or general without one. What "
        "can't be read is named, the rest is read all the same, and the exit status is 1.",
    )
    parser.add_argument(
        "images",
        nargs="*",
        metavar="INPUT",
        help="images, PDFs, folders, patterns such as 'scans/*.png', URLs (with --allow-urls), or "
        "- for the bytes of one file on standard input",
    )
    parser.add_argument(
        "--stdin", action="store_true", help="read more inputs from standard input, one a line"
    )
    parser.add_argument("--line", action="store_true", help="each image is one line of text")
    _add_output_arguments(parser)
    parser.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="pages in work at a time (threads + 1)"
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, gpu or gpu:0")
    documents = parser.add_argument_group("documents")
    add_settings_arguments(documents, DOCUMENT_PARAMS, _DOCUMENT_FLAGS)
    documents.add_argument(
        "--password-file", type=Path, metavar="FILE", help="file with the password of PDFs"
    )
    add_pipeline_arguments(parser, _FLAGS, defaults=PIPELINE_DEFAULTS, profile=PIPELINE_PROFILE)
    named = {**parser.get_default("flag_names"), **flag_names(DOCUMENT_PARAMS, _LAYER)}
    named["jobs"] = "--jobs"
    parser.set_defaults(run=_predict, flag_names=named)


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    results = parser.add_argument_group("results")
    results.add_argument(
        "--json", action="store_true", help="print one JSON object a page on standard output"
    )
    results.add_argument(
        "--save-path",
        "--save_path",
        type=Path,
        metavar="FOLDER",
        help="write results there, in files named after the inputs",
    )
    results.add_argument(
        "--format",
        metavar="NAME,...",
        help=f"what is written there (json): {', '.join(FORMATS)}",
    )
    results.add_argument(
        "--skip-existing",
        action="store_true",
        help="pass over inputs whose results are there: goes on with a run that was stopped",
    )
    results.add_argument(
        "--output", type=Path, metavar="FOLDER", help="save pages there with the text drawn"
    )
    results.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="a bar with rate and time left on standard error (where it is a terminal)",
    )


def _predict(arguments: argparse.Namespace) -> int:
    if not arguments.images and not arguments.stdin:
        raise SettingsError("name an input: a file, a folder, - or --stdin")
    if arguments.format and not arguments.save_path:
        raise SettingsError("--format says what --save-path FOLDER gets: name a folder")
    settings, documents = _settings(arguments)
    if arguments.line:
        documents = replace(documents, text_layer="ignore")
    from hubocr.cli.documents import print_report

    report = _read(arguments, settings, documents)
    print_report(report, sys.stderr)
    return 1 if report.failures else 0


def _read(
    arguments: argparse.Namespace, settings: PipelineSettings, documents: DocumentOptions
) -> Report:
    from hubocr.cli.documents import run_documents
    from hubocr.pipeline import LinePipeline, OcrPipeline
    from hubocr.runtime.heap import bound_heap

    bound_heap()
    inputs = _inputs(arguments, documents)
    run = _run(arguments, settings, documents, inputs if isinstance(inputs, list) else None)
    load = LinePipeline.load if arguments.line else OcrPipeline.load
    with load(settings) as pipeline:
        return run_documents(pipeline, inputs, run)


def _line_values(page: Page) -> dict[str, Any]:
    """Return the reading of a page that is one line."""
    return page.lines[0].reading.to_dict()


def _run(
    arguments: argparse.Namespace,
    settings: PipelineSettings,
    documents: DocumentOptions,
    inputs: list[Input] | None,
) -> Run:
    from hubocr.cli.documents import Run
    from hubocr.cli.files import make_folder
    from hubocr.cli.outputs import Outputs, find_formats
    from hubocr.pipeline import Page

    outputs = []
    read = frozenset(one.path.absolute() for one in inputs or () if one.path)
    if arguments.save_path:
        chosen = find_formats(arguments.format or "json")
        outputs.append(Outputs(arguments.save_path, chosen, read))
    if arguments.output:
        outputs.append(Outputs(arguments.output, find_formats("image"), keep_endings=True))
    for output in outputs:
        make_folder(output.folder)
    several = inputs is None or len(inputs) > 1
    progress = arguments.progress
    formats = [one for output in outputs for one in output.formats]
    options = settings.options
    if any(one.wants_words for one in formats):
        options = replace(options, recognition=replace(options.recognition, word_boxes=True))
    return Run(
        options,
        documents,
        arguments.jobs,
        outputs,
        style="json" if arguments.json else "none" if arguments.save_path else "text",
        skip_existing=arguments.skip_existing,
        progress=several and sys.stderr.isatty() if progress is None else progress,
        headings=several,
        values=_line_values if arguments.line else Page.to_dict,
    )


def _inputs(arguments: argparse.Namespace, documents: DocumentOptions) -> Iterable[Input]:
    from hubocr.cli.inputs import list_inputs, names_on_standard_input, stream_inputs

    folder = arguments.save_path or arguments.output
    if arguments.stdin and "-" in arguments.images:
        raise SettingsError("standard input is either one file (-) or names (--stdin)")
    if arguments.stdin and folder is None:
        names = (name for part in (arguments.images, names_on_standard_input()) for name in part)
        return stream_inputs(names, documents)
    listed = [*arguments.images, *(names_on_standard_input() if arguments.stdin else ())]
    return list_inputs(listed, documents, folder)


def _settings(arguments: argparse.Namespace) -> tuple[PipelineSettings, DocumentOptions]:
    """Return the settings of the models and of documents; a file may hold both."""
    from hubocr.documents import DocumentOptions

    layers: dict[str, dict[str, object]] = {}
    documents = DocumentOptions()
    for where, values in settings_layers(arguments).items():
        documents, layers[where] = document_options(documents, values, where)
    layers[_LAYER] |= device_params(arguments.device)
    flags = given(arguments, DOCUMENT_PARAMS, _DOCUMENT_FLAGS)
    if arguments.password_file:
        flags["password"] = _first_line(arguments.password_file)
    documents, _ = document_options(documents, flags, _LAYER)
    effective = effective_settings(
        PipelineSettings(), layers, server=arguments.command_defaults, profile=PIPELINE_PROFILE
    )
    return effective.pipeline, documents


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"can't read a password in {path}: {error}") from error
    if not lines:
        raise SettingsError(f"can't read a password in {path}: it is empty")
    return lines[0]
