"""``hubocr options``: every parameter, for reading, for the docs, and as a file to start from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hubocr.errors import SettingsError
from hubocr.settings import PipelineSettings
from hubocr.settings.declared import Params, declared
from hubocr.settings.params import PARAMS
from hubocr.settings.rule import Language
from hubocr.settings.schema import (
    default_text,
    object_schema,
    params_table,
    profiles_table,
    sections,
)
from hubocr.settings.yaml_file import dump_settings

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


def add_command(commands: Commands) -> None:
    """Add ``options``."""
    parser = commands.add_parser(
        "options",
        help="list every parameter",
        description="List the parameters of the pipeline, which go into params.py, init_args, "
        "-o and a file for --settings; those marked * may also be set by a request.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="(en)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--yaml", action="store_true", help="print a file for --settings with every default"
    )
    form.add_argument("--json", action="store_true", help="print the JSON schema")
    form.add_argument(
        "--markdown",
        action="store_true",
        help="print docs/options.md: also profiles, the server, documents, training and synth",
    )
    parser.set_defaults(run=_options)


def _options(arguments: argparse.Namespace) -> int:
    unknown = [name for name in arguments.names if name not in PARAMS]
    if unknown:
        raise SettingsError(f"no parameter is called {', '.join(unknown)}: see hubocr options")
    params = {name: PARAMS[name] for name in arguments.names} or PARAMS
    if arguments.markdown:
        print(options_page(arguments.language), end="")
    elif arguments.yaml:
        print(dump_settings(PipelineSettings(), everything=True), end="")
    elif arguments.json:
        print(json.dumps(object_schema(params), ensure_ascii=False, indent=2))
    else:
        for title, section in sections(params, arguments.language).items():
            print(title)
            for name, param in section.items():
                mark = "*" if param.rule.per_request else ""
                text = param.rule.text(arguments.language)
                print(f"  {name}{mark} ({default_text(param)}): {text}")
    return 0


_INTRODUCTION: Mapping[Language, str] = {
    "en": """# Options

[中文](options_zh.md)

Written by `hubocr options --markdown` from the declarations in the code.

The parameters of the pipeline can be set in a module's `params.py`, in `init_args` of config.json,
in a YAML file (`--settings FILE`; `hubocr options --yaml` prints one to start from), on the command
line (`-o NAME=VALUE`, and flags for the most used ones) and in Python
(`pipeline_settings(NAME=VALUE)`). Those marked "per request" can also be set in `predict_args` and
in a request's `options`. Precedence, from low to high: built-in defaults, the server's own,
`params.py`, `init_args`, `predict_args`, the request. The values of a profile come just below those
of the layer that names it. `/v2/models` and the server's log show every value that isn't the
default, with the layer that set it.

The module `ocr_det` has `det_db_box_thresh` 0.6 and `det_db_unclip_ratio` 1.5, like the reference.
""",
    "zh": """# 选项

[English](options.md)

本页由 `hubocr options --markdown --language zh` 根据代码中的声明生成。

流水线的参数可以写在模块的 `params.py`、config.json 的 `init_args`、YAML 文件
（`--settings FILE`；`hubocr options --yaml` 打印一个可供修改的文件）、命令行（`-o NAME=VALUE`，
常用参数另有专门的命令行参数）以及 Python（`pipeline_settings(NAME=VALUE)`）中。标有“每请求可设”的
还可以写在 `predict_args` 和请求的 `options` 中。优先级由低到高：内置默认值、服务器的默认值、
`params.py`、`init_args`、`predict_args`、请求；预设（profile）的值略低于指定它的那一层。
`/v2/models` 和服务器日志会列出每个非默认值以及设置它的层。

模块 `ocr_det` 的默认值与参考实现一致：`det_db_box_thresh` 为 0.6，`det_db_unclip_ratio` 为 1.5。
""",
}
_PROFILES: Mapping[Language, str] = {"en": "Profiles", "zh": "预设（profile）"}
_OTHERS: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "Options of reading documents, for Python (`hubocr.documents.DocumentOptions`).",
        "Settings of `hubocr serve`, which can also be set in the object `server` of config.json.",
        "Settings of `hubocr train rec`, and the fields of "
        "`hubocr.training.request.TrainingRequest`.",
        "Settings of `hubocr train det`, and the fields of "
        "`hubocr.training.detector.request.DetectorRequest`.",
        "Settings of `hubocr train cls`, and the fields of "
        "`hubocr.training.classifier.request.ClassifierRequest`.",
        "Settings of `hubocr synth`, see [synth.md](synth.md).",
    ),
    "zh": (
        "读取文档的选项，用于 Python（`hubocr.documents.DocumentOptions`）。",
        "`hubocr serve` 的设置，也可以写在 config.json 的 `server` 对象中。",
        "`hubocr train rec` 的设置，也是 `hubocr.training.request.TrainingRequest` 的字段。",
        "`hubocr train det` 的设置，也是 `hubocr.training.detector.request.DetectorRequest` "
        "的字段。",
        "`hubocr train cls` 的设置，也是 `hubocr.training.classifier.request.ClassifierRequest` "
        "的字段。",
        "`hubocr synth` 的设置，见 [synth_zh.md](synth_zh.md)。",
    ),
}


def options_page(language: Language) -> str:
    """Return docs/options.md, or docs/options_zh.md."""
    from hubocr.documents import DocumentOptions
    from hubocr.server.settings import SERVER_PARAMS
    from hubocr.synth.settings import OUTPUT_PARAMS, SYNTH_PARAMS
    from hubocr.training.classifier.request import CLASSIFIER_PARAMS
    from hubocr.training.detector.request import DETECTOR_PARAMS
    from hubocr.training.request import TRAINING_PARAMS

    documents, server, training, detector, classifier, synth = _OTHERS[language]
    parts = [_INTRODUCTION[language], _tables(PARAMS, language, per_request=True)]
    parts.append(f"## {_PROFILES[language]}\n\n{profiles_table(language)}")
    parts += [documents + "\n", _tables(declared(DocumentOptions), language)]
    parts += [server + "\n", _tables(SERVER_PARAMS, language, flags=True)]
    parts += [training + "\n", _tables(TRAINING_PARAMS, language, flags=True)]
    parts += [detector + "\n", _tables(DETECTOR_PARAMS, language, flags=True)]
    parts += [classifier + "\n", _tables(CLASSIFIER_PARAMS, language, flags=True)]
    parts += [synth + "\n", _tables(OUTPUT_PARAMS, language, flags=True)]
    parts += [_tables(SYNTH_PARAMS, language, flags=True)]
    return "\n".join(parts)


def _tables(
    params: Params, language: Language, *, per_request: bool = False, flags: bool = False
) -> str:
    return "\n".join(
        f"## {title}\n\n{params_table(own, language, per_request=per_request, flags=flags)}"
        for title, own in sections(params, language).items()
    )
