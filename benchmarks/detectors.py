"""A text detector in fp32, bf16 and int8: accuracy of the pipeline, and time of the network."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from tqdm import tqdm

from benchmarks.accuracy import Measurement, measure
from benchmarks.machine import describe_machine
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.systems import OwnSystem
from hubocr.detection import TextDetector
from hubocr.engines import load_engine
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import MEASURED_SETS, SETS, load_set
from hubocr.models import find_model
from hubocr.pipeline import OcrPipeline
from hubocr.settings import EngineSettings, PipelineSettings, Precision

_WHOLE_SETS = tuple(name for name in MEASURED_SETS if SETS[name].whole)
_INPUT = (1, 3, 736, 960)
_THREADS = (1, 2)

Variants = dict[str, tuple[str, Precision]]
"""Model and precision hint of every variant by its name."""

Times = dict[str, dict[str, list[float]]]
"""Median and shortest milliseconds by the number of threads and the variant."""


def network_times(variants: Variants, rounds: int) -> Times:
    """Time the network of each variant on one input, in turns."""
    tensor = np.random.default_rng(0).normal(size=_INPUT).astype(np.float32)
    times: Times = {}
    for threads in _THREADS:
        engines = {
            name: load_engine(
                find_model(model), EngineSettings("openvino", precision, cpu_threads=threads)
            )
            for name, (model, precision) in variants.items()
        }
        measured: dict[str, list[float]] = {name: [] for name in variants}
        for number in tqdm(range(rounds + 2), desc=f"{threads} threads", unit="round"):
            for name, engine in engines.items():
                start = time.perf_counter()
                engine.run(tensor)
                if number >= 2:  # the first ones compile
                    measured[name].append(1000 * (time.perf_counter() - start))
        times[str(threads)] = {
            name: [round(statistics.median(values), 1), round(min(values), 1)]
            for name, values in measured.items()
        }
    return times


def _system(name: str, model: str, precision: Precision, exact: OcrPipeline) -> OwnSystem:
    detector = TextDetector.load(model, EngineSettings("openvino", precision))
    pipeline = OcrPipeline(detector, exact.recognizer, exact.classifier, exact.options)
    return OwnSystem(name, pipeline)


def _accuracy(variants: Variants, sets: Sequence[str]) -> Measurement:
    exact = OcrPipeline.load(PipelineSettings(engine=EngineSettings("openvino")))
    loaders = [
        lambda name=name, model=model, precision=precision: _system(name, model, precision, exact)
        for name, (model, precision) in variants.items()
    ]
    return measure([load_set(name) for name in sets], loaders)


def _table(measurement: Measurement, times: Times, variants: Variants) -> str:
    scores = {
        (name, score.set_name, score.group, score.metric): score.value
        for name in variants
        for score in measurement.scores[name]
    }
    rows = []
    for first in measurement.scores[next(iter(variants))]:
        if first.group and "box recall" not in first.metric:
            continue
        figures = [
            f"{scores[name, first.set_name, first.group, first.metric]:.3f}" for name in variants
        ]
        title = f"{first.set_name} / {first.group}" if first.group else first.set_name
        rows.append([title, first.metric, str(first.count), *figures])
    size = f"{_INPUT[2]} x {_INPUT[3]}"
    for threads, values in times.items():
        for place, kind in enumerate(("median", "shortest")):
            figures = [f"{values[name][place]:.1f}" for name in variants]
            rows.append([f"network, {threads} threads", f"{kind} ms, {size}", "", *figures])
    return markdown_table(["set", "metric", "n", *variants], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detectors",
        description="Measure a text detector in fp32, bf16 and int8 with OpenVINO: the accuracy "
        "of the pipeline on whole images, where everything but the detector stays in fp32, and "
        "the time of the network alone.",
    )
    parser.add_argument("model", metavar="MODEL", help="name or folder of the detector")
    parser.add_argument("int8", metavar="FOLDER", help="what hubocr models quantize has made of it")
    parser.add_argument("--sets", nargs="*", choices=_WHOLE_SETS, default=_WHOLE_SETS)
    parser.add_argument("--rounds", type=int, default=30, metavar="N", help="of timing (30)")
    add_output_arguments(parser, "detector_v4_mobile.json")
    options = parser.parse_args(arguments)
    variants: Variants = {
        "fp32": (options.model, "fp32"),
        "bf16": (options.model, "bf16"),
        "int8": (options.int8, "fp32"),
        "int8 + bf16": (options.int8, "bf16"),
    }
    try:
        times = network_times(variants, options.rounds)
        measurement = _accuracy(variants, options.sets)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{describe_machine().summary}\n")
    print(_table(measurement, times, variants))
    content = {
        "model": options.model,
        "input": _INPUT,
        "network_ms": times,
        "scores": {
            name: [{**asdict(score), "value": round(score.value, 4)} for score in scores]
            for name, scores in measurement.scores.items()
        },
    }
    write_results(options, content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
