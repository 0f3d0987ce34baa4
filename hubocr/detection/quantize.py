"""An int8 version of a text detector, calibrated on one's own images."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from hubocr.conversion.quantize import quantize_network, require_nncf
from hubocr.detection.agreement import Agreement, compare_detectors
from hubocr.detection.detector import TextDetector
from hubocr.detection.preprocess import detector_input, pad_small
from hubocr.engines import Tensor, fixed_size
from hubocr.engines.openvino import read_network
from hubocr.errors import ImageError, ModelError
from hubocr.imaging import read_image
from hubocr.models import find_model
from hubocr.runtime import Runtime, Workload
from hubocr.settings import EngineSettings, OcrOptions

_SEED = 0
_COMPARED = 8
"""Images that both detectors look at in the end."""


@dataclass(frozen=True)
class QuantizedDetector:
    """The result of a quantisation.

    Attributes:
        folder: The model folder.
        used: The images that it was calibrated on.
        skipped: Images that were chosen and can't be read, one message each.
        agreement: The fp32 detector (first) and the int8 one (second) on some of the images.
        threads: Processor threads of the comparison.
    """

    folder: Path
    used: tuple[Path, ...]
    skipped: tuple[str, ...]
    agreement: Agreement
    threads: int


def quantize_detector(
    model: str | Path,
    images: Sequence[Path],
    out: Path,
    *,
    samples: int = 100,
    cpu_threads: int = 0,
    progress: bool = False,
) -> QuantizedDetector:
    """Write the int8 version of a detector and compare it with the model that it was made of.

    The same images always give the same choice of samples.

    Args:
        model: A registry name or path of a text detector.
        images: Image files like those that the detector will see.
        out: The model folder to write; it must not exist yet, or be empty.
        samples: How many of the images are used at most.
        cpu_threads: Processor threads of the comparison, 0: all.
        progress: Whether to show a progress bar while images are chosen. NNCF shows its own, on
            the standard output.

    Raises:
        EngineError: NNCF isn't installed, or an engine fails.
        ImageError: None of the images can be read.
        ModelError: The model isn't a text detector or is quantised already, or ``out`` can't be
            written.
    """
    require_nncf()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists already: remove it, or name another folder")
    files = find_model(model)
    settings = EngineSettings(engine="openvino", cpu_threads=cpu_threads)
    runtime = Runtime(settings.threads)
    network = runtime.load(files, settings, Workload.PAGE)
    if len(network.output_dimensions) != 4:
        raise ModelError(
            f"{model} is not a text detector, and only detectors are quantised: recognisers and "
            "classifiers read worse in int8"
        )
    fixed = fixed_size(network.input_dimensions)
    used, skipped = _choose(images, samples, progress)

    def to_tensor(path: Path) -> Tensor:
        return detector_input(pad_small(read_image(path)), OcrOptions().detection, fixed)

    quantize_network(read_network(files), files.folder, used, to_tensor, out)
    agreement = compare_detectors(
        TextDetector(network),
        TextDetector.load(out.absolute(), settings, runtime=runtime),
        [read_image(path) for path in used[:_COMPARED]],
        OcrOptions().detection,
    )
    return QuantizedDetector(out, used, skipped, agreement, settings.threads)


def _choose(
    images: Sequence[Path], count: int, progress: bool
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return up to ``count`` readable images in random order, and why others were skipped."""
    shuffled = sorted(set(images))
    random.Random(_SEED).shuffle(shuffled)
    used: list[Path] = []
    skipped: list[str] = []
    with tqdm(
        total=min(count, len(shuffled)), desc="images", unit="image", disable=not progress
    ) as bar:
        for path in shuffled:
            if len(used) == count:
                break
            try:
                read_image(path)
            except ImageError as error:
                skipped.append(error.message)
                continue
            used.append(path)
            bar.update()
    if not used:
        reason = (
            f"none of {len(skipped)} can be read ({skipped[0]})" if skipped else "there is none"
        )
        raise ImageError(f"quantisation needs images, and {reason}")
    return tuple(used), tuple(skipped)
