"""Accuracy on the labelled sets: ours with each engine, and RapidOCR 1.4.4 as the peer."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from benchmarks.machine import describe_machine
from benchmarks.peers.envs import PeerEnvironmentError, peer_python
from benchmarks.peers.protocol import PeerError
from benchmarks.report import (
    add_output_arguments,
    add_size_arguments,
    markdown_table,
    write_results,
)
from benchmarks.systems import OwnSystem, PeerSystem, System
from hubocr.errors import HubocrError
from hubocr.evaluation.scoring import Score, evaluate
from hubocr.evaluation.sets import MEASURED_SETS, SETS, Dataset, load_set
from hubocr.models.registry import TASKS
from hubocr.pipeline import OcrPipeline
from hubocr.settings import (
    EngineName,
    EngineSettings,
    ModelSettings,
    PipelineSettings,
    Precision,
)
from hubocr.settings.layers import apply_layers

_PEER = "rapidocr144"
_ENGINES = ("openvino", "onnxruntime", "paddle")


@dataclass(frozen=True)
class Measurement:
    """Everything that one run found.

    Attributes:
        scores: Scores of every system by its name.
        seconds: Wall time of every system's calls by its name and the set's.
    """

    scores: Mapping[str, Sequence[Score]]
    seconds: Mapping[str, Mapping[str, float]]


def measure(datasets: Sequence[Dataset], loaders: Sequence[Callable[[], System]]) -> Measurement:
    """Let every system read every set, one system after the other.

    Args:
        datasets: The sets.
        loaders: What loads a system; one is let go before the next is loaded.
    """
    scores: dict[str, list[Score]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for load in loaders:
        system = load()
        scores[system.name], seconds[system.name] = [], {}
        for dataset in datasets:
            info = dataset.info
            reading = system.read(
                dataset.samples, whole=info.whole, title=f"{system.name} {info.name}"
            )
            scores[system.name] += evaluate(dataset, reading.lines)
            seconds[system.name][info.name] = round(reading.seconds, 2)
    return Measurement(scores, seconds)


def table(measurement: Measurement) -> str:
    """Return the scores as a markdown table, one row a metric and one column a system."""
    systems = list(measurement.scores)
    values = {
        (system, score.set_name, score.group, score.metric): score.value
        for system in systems
        for score in measurement.scores[system]
    }
    rows = []
    for score in measurement.scores[systems[0]]:
        title = f"{score.set_name} / {score.group}" if score.group else score.set_name
        figures = [
            f"{values[system, score.set_name, score.group, score.metric]:.3f}" for system in systems
        ]
        rows.append([title, score.metric, str(score.count), *figures])
    for name in measurement.seconds[systems[0]]:
        figures = [f"{measurement.seconds[system][name]:.1f}" for system in systems]
        rows.append([name, "seconds", "", *figures])
    return markdown_table(["set", "metric", "n", *systems], rows)


def _results(measurement: Measurement, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "settings": settings,
        "scores": {
            system: [{**asdict(score), "value": round(score.value, 4)} for score in scores]
            for system, scores in measurement.scores.items()
        },
        "seconds": measurement.seconds,
    }


def _engine(text: str) -> EngineSettings:
    name, _, precision = text.partition(":")
    precision = precision or "fp32"
    if name not in get_args(EngineName) or precision not in get_args(Precision):
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected ENGINE or ENGINE:PRECISION, with an engine of "
            f"{', '.join(get_args(EngineName))} and a precision of {', '.join(get_args(Precision))}"
        )
    return EngineSettings(engine=name, precision=precision)  # type: ignore[arg-type]


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description="Measure the accuracy on the labelled sets of HUBOCR_DATA: hubocr with each "
        "engine, and RapidOCR 1.4.4 (PP-OCRv4 mobile, its own defaults) on the same pixels. Line "
        "crops go through the recogniser alone, whole images through the pipeline. Prints a "
        "markdown table; how each set is scored stands in benchmarks/evaluate.py. All sets with "
        "all systems take about half an hour on two cores. The peer needs: "
        "python -m benchmarks.peers.envs rapidocr144",
    )
    parser.add_argument(
        "--sets",
        nargs="+",
        choices=list(SETS),
        default=list(MEASURED_SETS),
        metavar="SET",
        help=f"of: {', '.join(SETS)} (default: all but captcha_train)",
    )
    parser.add_argument(
        "--engines",
        nargs="*",
        type=_engine,
        default=[_engine(name) for name in _ENGINES],
        metavar="ENGINE[:PRECISION]",
        help=f"our engines, such as openvino or openvino:bf16 (default: {' '.join(_ENGINES)})",
    )
    models = ModelSettings()
    for stage, default in (
        ("det", models.det_model),
        ("cls", models.cls_model),
        ("rec", models.rec_model),
    ):
        parser.add_argument(
            f"--{stage}-model",
            default=default,
            metavar="MODEL",
            help=f"our {stage} model, a registry name or a path (default: {default})",
        )
    parser.add_argument(
        "--options",
        nargs="+",
        type=_option,
        default=[],
        metavar="NAME=VALUE",
        help="parameters of our pipeline by the names of params.py, such as "
        "det_limit_type=min det_limit_side_len=736, or profile=fast (default: the reference's)",
    )
    parser.add_argument(
        "--peer-options",
        nargs="+",
        type=_option,
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the peer by its own names (default: its defaults)",
    )
    parser.add_argument(
        "--peer",
        action=argparse.BooleanOptionalAction,
        default=True,
        help=f"measure {_PEER} too",
    )
    add_size_arguments(parser)
    add_output_arguments(parser, "accuracy.json")
    return parser


def _own_loader(engine: EngineSettings, options: argparse.Namespace) -> Callable[[], System]:
    models = ModelSettings(options.det_model, options.cls_model, options.rec_model)
    chosen = EngineSettings(engine.engine, engine.precision, options.threads)
    name = engine.engine + ("" if engine.precision == "fp32" else f" {engine.precision}")
    settings = PipelineSettings(models=models, engine=chosen)
    layers = {"--options": dict(options.options)}
    settings = apply_layers(settings, layers, TASKS)
    return lambda: OwnSystem(name, OcrPipeline.load(settings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be at least 1")
    if options.write and options.limit:
        parser.error("--write keeps figures of whole sets: leave out --limit, or use --output")
    if not options.engines and not options.peer:
        parser.error("nothing to measure: no engines and no peer")
    try:
        loaders = [_own_loader(engine, options) for engine in options.engines]
        if options.peer:
            peer_options = dict(options.peer_options)
            loaders.append(lambda: PeerSystem(_PEER, options.threads, peer_options))
        if options.peer:
            peer_python(_PEER)  # Missing environments are told now, not after half an hour.
        datasets = [load_set(name).limited(options.limit) for name in options.sets]
        measurement = measure(datasets, loaders)
    except (PeerEnvironmentError, PeerError, HubocrError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}, {options.threads} threads\n")
    print(table(measurement))
    settings = {
        "sets": options.sets,
        "limit": options.limit,
        "threads": options.threads,
        "options": dict(options.options),
        "peer_options": dict(options.peer_options),
        "models": [options.det_model, options.cls_model, options.rec_model],
    }
    write_results(options, _results(measurement, settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
