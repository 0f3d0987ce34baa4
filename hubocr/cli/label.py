"""``hubocr label``: propose labels for a person to correct, and read corrected ones."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from hubocr.cli.options import add_pipeline_arguments, read_settings
from hubocr.errors import DatasetError, ImageError, SettingsError
from hubocr.imaging import IMAGE_SUFFIXES, read_image

if TYPE_CHECKING:
    from hubocr.cli.command import Commands
    from hubocr.labelling.pages import LabelledPage
    from hubocr.pipeline import Page

_FLAGS = ("engine", "precision", "cpu_threads", "det_model_dir", "rec_model_dir")
_FORMATS = ("ppocrlabel", "label-studio")


def add_command(commands: Commands) -> None:
    """Add ``label``."""
    parser = commands.add_parser(
        "label",
        help="propose labels for people to correct, and read corrected ones",
        description="Read the images in a folder with the current models and write what was found, "
        "the images first whose reading is least sure, for PPOCRLabel (Cache.cach in the folder) "
        "or Label Studio (tasks with predictions). With --from, read what these programs have "
        "saved and write label files for training instead.",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="of the images")
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default=_FORMATS[0],
        help=f"of the program that shows them: {', '.join(_FORMATS)} (default: {_FORMATS[0]})",
    )
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="what a program has saved"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="proposals: default Cache.cach or tasks.json in FOLDER; with --from the label file "
        "for 'hubocr train det'",
    )
    parser.add_argument(
        "--lines",
        type=Path,
        metavar="FOLDER",
        help="with --from: cut the lines out, for 'hubocr train rec'",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_pipeline_arguments(parser, _FLAGS)
    parser.set_defaults(run=_label)


def _label(arguments: argparse.Namespace) -> int:
    if arguments.source is not None:
        return _read(arguments)
    if arguments.folder is None or not arguments.folder.is_dir():
        raise SettingsError(f"there is no folder of images at {arguments.folder}")
    from hubocr.labelling import FORMATS
    from hubocr.labelling.labelstudio import CONFIGURATION
    from hubocr.labelling.pages import least_sure_first

    pages = least_sure_first(_proposed(arguments))
    if not pages:
        raise SettingsError(f"there is no image in {arguments.folder} that can be read")
    names = {"ppocrlabel": "Cache.cach", "label-studio": "tasks.json"}
    out = arguments.out or arguments.folder / names[arguments.format]
    FORMATS[arguments.format].write(pages, out)
    print(out)
    print("least sure:", ", ".join(f"{page.file} ({page.score:.2f})" for page in pages[:5]))
    if arguments.format == "label-studio":
        print(f"the project's labelling interface:\n{CONFIGURATION}", end="")
    return 0


def _proposed(arguments: argparse.Namespace) -> list[LabelledPage]:
    from hubocr.labelling.pages import is_nameable
    from hubocr.pipeline import OcrPipeline

    paths = sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    pages = []
    with OcrPipeline.load(read_settings(arguments)) as pipeline:
        for path in tqdm(paths, unit="image", disable=arguments.quiet or None):
            file = path.relative_to(arguments.folder).as_posix()
            if not is_nameable(file):
                print(
                    f"hubocr: skipped {path}: its name can't be written as UTF-8 on one line",
                    file=sys.stderr,
                )
                continue
            try:
                page = pipeline.run(read_image(path))
            except ImageError as error:
                print(f"hubocr: skipped {path}: {error.message}", file=sys.stderr)
                continue
            pages.append(_labelled(file, page))
    return pages


def _labelled(file: str, page: Page) -> LabelledPage:
    from hubocr.labelling.pages import LabelledLine, LabelledPage

    lines = tuple(LabelledLine(line.polygon, line.text, line.score) for line in page.lines)
    return LabelledPage(file, page.width, page.height, lines)


def _read(arguments: argparse.Namespace) -> int:
    from hubocr.labelling import FORMATS, ppocrlabel
    from hubocr.labelling.lines import write_lines

    if arguments.out is None and arguments.lines is None:
        raise SettingsError("name what to write: --out, --lines or both")
    pages, problems = FORMATS[arguments.format].read(arguments.source)
    if not pages:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise DatasetError(f"{arguments.source}: there is no labelled image{first}")
    for problem in problems:
        print(f"hubocr: skipped {problem}", file=sys.stderr)
    folder = arguments.folder or arguments.source.parent
    if arguments.out is not None:
        if arguments.out.name in (ppocrlabel.PROPOSED, ppocrlabel.CONFIRMED):
            raise SettingsError(f"--out: {arguments.out.name} is PPOCRLabel's own")
        ppocrlabel.write(pages, arguments.out)
        print(arguments.out)
    if arguments.lines is not None:
        labels, skipped = write_lines(pages, folder, arguments.lines)
        for problem in skipped:
            print(f"hubocr: skipped {problem}", file=sys.stderr)
        print(labels)
    return 0
