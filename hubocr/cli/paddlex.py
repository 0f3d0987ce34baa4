"""PaddleX's command line: ``hubocr --pipeline OCR --input X`` and ``--get_pipeline_config OCR``.

Sources: PaddleX 3.7.2, ``paddlex/paddlex_cli.py`` and ``paddlex/utils/pipeline_arguments.py``; for
``--model``, ``--output`` and ``--config_save_path`` the documentation of 3.0-beta.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hubocr.errors import SettingsError

_FIRST = ("--pipeline", "--get_pipeline_config", "--get_pipeline_yaml", "--input", "--serve")
"""Flags by which a command line of PaddleX is known."""

_BOOLEANS = (
    *("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"),
    "return_word_box",
)
_NUMBERS: dict[str, type] = {
    "text_det_limit_side_len": int,
    "text_det_thresh": float,
    "text_det_box_thresh": float,
    "text_det_unclip_ratio": float,
    "text_rec_score_thresh": float,
}


def is_paddlex(argv: Sequence[str]) -> bool:
    """Say whether a command line is one of PaddleX's: flags alone, and one of its own first."""
    names = [word.split("=")[0] for word in argv if word.startswith("--")]
    return bool(argv) and argv[0].startswith("-") and any(name in _FIRST for name in names)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of PaddleX's flags."""
    parser = argparse.ArgumentParser(
        prog="hubocr",
        description="PaddleX's command line. hubocr --help lists hubocr's own commands, of which "
        "predict does more.",
    )
    parser.add_argument("--pipeline", metavar="NAME|FILE", help="OCR, or a YAML file")
    parser.add_argument("--input", metavar="X", help="an image, PDF, folder or pattern")
    parser.add_argument(
        *("--save_path", "--output", "--config_save_path"),
        dest="save_path",
        metavar="FOLDER",
        help="where results, or the configuration, are written",
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, gpu or gpu:0 (cpu)")
    parser.add_argument("--engine", metavar="NAME", help="paddle, onnxruntime or openvino")
    parser.add_argument(
        "--model", nargs="+", metavar="NAME", help="detector and recogniser, as in 3.0-beta"
    )
    parser.add_argument("--use_hpip", action="store_true", help="without effect")
    parser.add_argument("--hpi_config", type=ast.literal_eval, help="without effect")
    parser.add_argument("--allow_urls", action="store_true", help="fetch an --input that is a URL")
    for name in _BOOLEANS:
        parser.add_argument(f"--{name}", type=_boolean, metavar="True|False")
    for name, kind in _NUMBERS.items():
        parser.add_argument(f"--{name}", type=kind, metavar="N")
    parser.add_argument("--text_det_limit_type", metavar="min|max")
    parser.add_argument(
        *("--get_pipeline_config", "--get_pipeline_yaml"),
        dest="get_pipeline_config",
        metavar="NAME",
        help="write the configuration of OCR, to be changed and given to --pipeline",
    )
    parser.add_argument("--serve", action="store_true", help="serve POST /ocr")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (8080)")
    flags = {f"predict.{name}": f"--{name}" for name in (*_NUMBERS, "text_det_limit_type")}
    parser.set_defaults(run=_run, verbose=False, flag_names=flags)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    if arguments.get_pipeline_config:
        return _write_config(arguments.get_pipeline_config, arguments.save_path)
    return _serve(arguments) if arguments.serve else _predict(arguments)


def _predict(arguments: argparse.Namespace) -> int:
    from hubocr.api.config import read_config
    from hubocr.api.create import create_pipeline
    from hubocr.cli.files import make_folder, unwritable
    from hubocr.runtime.heap import bound_heap

    bound_heap()
    name = arguments.pipeline
    if name is None:
        raise SettingsError("--pipeline is missing: OCR, or a YAML file")
    given = arguments.input
    if given is None and name.endswith((".yaml", ".yml")):
        given = read_config(Path(name)).input
    if given is None:
        raise SettingsError("--input is missing")
    options = {
        name: getattr(arguments, name) for name in (*_BOOLEANS, *_NUMBERS, "text_det_limit_type")
    }
    if arguments.save_path:
        make_folder(Path(arguments.save_path))
    failed = False
    with create_pipeline(
        name,
        device=arguments.device,
        engine=arguments.engine,
        use_hpip=arguments.use_hpip,
        allow_urls=arguments.allow_urls,
        **_models(arguments.model),
    ) as pipeline:
        for result in pipeline.predict(given, **options):
            if result.error is not None:
                print(f"hubocr: {result.error.message}", file=sys.stderr)
                failed = True
                continue
            result.print()
            if arguments.save_path:
                try:
                    result.save_all(arguments.save_path)
                except OSError as error:  # the disk is full, say; other pages are still printed
                    message = unwritable(Path(arguments.save_path), error).message
                    print(f"hubocr: {message}", file=sys.stderr)
                    failed = True
    return 1 if failed else 0


def _models(names: Sequence[str] | None) -> dict[str, Any]:
    if names is None:
        return {}
    if len(names) != 2:
        raise SettingsError("--model takes two names: the detector's and the recogniser's")
    return {"det_model_dir": names[0], "rec_model_dir": names[1]}


def _write_config(name: str, save_path: str | None) -> int:
    from hubocr.api.config_file import beta_config, paddlex_config
    from hubocr.api.create import create_settings
    from hubocr.cli.files import unwritable
    from hubocr.settings.yaml_file import dump_tree

    if name.upper() != "OCR":
        raise SettingsError(f"the pipeline {name!r} doesn't exist: it is OCR")
    if save_path is None:
        save_path = (input("Folder (./): ") if sys.stdin.isatty() else "") or "."
    path = Path(save_path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        path = path / f"{name}.yaml"
    if path.exists() and not _may_overwrite(path):
        print(f"hubocr: {path} is left as it was", file=sys.stderr)
        return 1
    settings = create_settings(name)
    content = beta_config(settings) if name == "ocr" else paddlex_config(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump_tree(content), encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error
    print(path)
    return 0


def _may_overwrite(path: Path) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{path} is there; write over it (y/N)? ").strip().lower() == "y"


def _serve(arguments: argparse.Namespace) -> int:
    from hubocr.cli.serve import serve_modules

    if arguments.pipeline not in (None, "OCR", "ocr"):
        raise SettingsError("--serve takes --pipeline OCR; for more there is hubocr serve -c FILE")
    return serve_modules(["ocr_system"], {"host": arguments.host, "port": arguments.port})


def _boolean(text: str) -> bool | None:
    known = {"true": True, "t": True, "false": False, "f": False, "none": None}
    if text.lower() not in known:
        raise argparse.ArgumentTypeError(f"{text!r}: expected True, False or None")
    return known[text.lower()]
