"""ModelScope's call for text recognition: ``pipeline("ocr-recognition", model=FOLDER)``.

Source: the ModelScope repository, ``modelscope/pipelines/{base,builder}.py`` and
``modelscope/pipelines/cv/ocr_recognition_pipeline.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hubocr.api.call_options import document_options
from hubocr.api.device import device_params
from hubocr.documents import DocumentOptions, PageError, open_documents
from hubocr.errors import SettingsError
from hubocr.imaging import BgrImage
from hubocr.recognition import Recognizer, load_recognizer
from hubocr.settings import PipelineSettings
from hubocr.settings.layers import effective_settings

Input = str | Path | bytes | NDArray[Any] | Image.Image


class Tasks:
    """The tasks, as ``modelscope.utils.constant.Tasks`` names them."""

    ocr_recognition = "ocr-recognition"


class RecognitionPipeline:
    """Reads images of a single line each; safe to share between threads.

    Args:
        recognizer: The loaded model.
        settings: The settings of all calls.
        documents: How images are opened.
    """

    def __init__(
        self, recognizer: Recognizer, settings: PipelineSettings, documents: DocumentOptions
    ) -> None:
        self.recognizer = recognizer
        self._options = settings.options.recognition
        self._documents = documents

    def __call__(
        self, input: Input | Sequence[Input], batch_size: int | None = None
    ) -> dict[str, list[str]] | list[dict[str, list[str]]]:
        """Read one line, or each of a list or tuple of lines.

        Args:
            input: A path, a URL (where ``allow_urls`` was said), the bytes of a file, an array
                (H, W, 3) BGR as OpenCV loads it or (H, W) grey, uint8, or a Pillow image; or a
                list of these.
            batch_size: Taken as ModelScope takes it; how lines are batched follows from the device.

        Returns:
            ``{"text": [TEXT]}``, or a list of these for a list.

        Raises:
            HubocrError: An image can't be read.
        """
        if isinstance(input, (list, tuple)):
            return self._read([self._open(one) for one in input])
        return self._read([self._open(input)])[0]

    def _read(self, images: list[BgrImage]) -> list[dict[str, list[str]]]:
        found = self.recognizer.recognize(images, self._options)
        return [{"text": [one.text]} for one in found]

    def _open(self, source: Any) -> BgrImage:
        if isinstance(source, np.ndarray) and source.ndim == 3 and source.shape[2:] == (1,):
            source = source[:, :, 0]
        page = next(open_documents(source, options=self._documents))
        if isinstance(page, PageError):
            raise page.error
        return page.image


def pipeline(
    task: str, model: str | Path | None = None, device: str | None = None, **settings: Any
) -> RecognitionPipeline:
    """Load a recogniser.

    Args:
        task: ``ocr-recognition``, which `Tasks` holds.
        model: A registry name or the folder of a model: an ONNX export of ModelScope's
            ConvNextViT, a PP-OCR recogniser, or what else `hubocr.recognition` reads. None: the
            default recogniser.
        device: ``cpu``, ``gpu``, ``cuda``, ``gpu:0`` or ``cuda:0``; None: the CPU.
        **settings: Our parameters, such as ``rec_charset`` or ``cpu_threads``, and options of
            documents, such as ``allow_urls``.

    Raises:
        SettingsError: There is no such task, or a setting is wrong.
        ModelError: The model is missing.
    """
    if task != Tasks.ocr_recognition:
        raise SettingsError(f"task must be {Tasks.ocr_recognition!r}, not {task!r}", setting="task")
    documents, rest = document_options(DocumentOptions(frames="first"), settings, "pipeline")
    values = {**device_params(None if device is None else device.replace("cuda", "gpu")), **rest}
    if model is not None:
        values["rec_model_dir"] = str(model)
    effective = effective_settings(PipelineSettings(), {"pipeline": values})
    found = effective.pipeline
    recognizer = load_recognizer(found.models, found.engine)
    return RecognitionPipeline(recognizer, found, documents)
