"""The pipeline that ``create_pipeline`` returns."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from hubocr.api.call_options import document_options, page_settings
from hubocr.api.names import in_their_names, our_options
from hubocr.api.styles import STYLES, Style
from hubocr.documents import DocumentOptions
from hubocr.errors import SettingsError
from hubocr.pipeline import OcrPipeline
from hubocr.services.documents import read_documents
from hubocr.services.scenes import ByModels
from hubocr.settings import Effective, ModelSettings, PipelineSettings

# What 3.0-beta's predict took besides; lines are batched by the engine's needs.
_BETA_OPTIONS = (
    *("text_det_batch_size", "text_rec_batch_size", "det_batch_size", "rec_batch_size", "device"),
)


class DocumentPipeline:
    """OCR of documents of every kind; safe to share between threads.

    Args:
        ocr: The loaded models.
        effective: Their settings, the defaults of calls.
        documents: How sources are opened by calls that say nothing else.
        style: In whose form results come.
        jobs: Most pages in work at a time; 0: one more than there are threads.

    Attributes:
        ocr: The loaded models, for single images: ``ocr.run(image)``.
    """

    def __init__(
        self,
        ocr: OcrPipeline,
        effective: Effective,
        documents: DocumentOptions,
        style: Style = STYLES["paddlex"],
        jobs: int = 0,
    ) -> None:
        self.ocr = ocr
        self._effective = effective
        self._documents = documents
        self._style = style
        self._jobs = jobs
        self._scenes: ByModels[OcrPipeline] = ByModels(self._load)

    def _load(self, models: ModelSettings) -> OcrPipeline:
        settings = replace(self._effective.pipeline, models=models)
        return OcrPipeline.load(settings, runtime=self.ocr.runtime)

    @property
    def settings(self) -> PipelineSettings:
        """What the pipeline was made with: models, engine, and the options of its calls."""
        return self._effective.pipeline

    def predict(
        self,
        input: Any,
        use_doc_orientation_classify: bool | None = None,
        use_doc_unwarping: bool | None = None,
        use_textline_orientation: bool | None = None,
        text_det_limit_side_len: int | None = None,
        text_det_limit_type: str | None = None,
        text_det_max_side_limit: int | None = None,
        text_det_thresh: float | None = None,
        text_det_box_thresh: float | None = None,
        text_det_unclip_ratio: float | None = None,
        text_rec_score_thresh: float | None = None,
        return_word_box: bool | None = None,
        **options: Any,
    ) -> Generator[Any, None, None]:
        """Yield a result for every page of the input, in its order.

        Nothing runs, and no error appears, before the first ``next``. Options hold for this call;
        None leaves one as the pipeline has it.

        Args:
            input: See `hubocr.documents.open_documents`: a path, folder, pattern, URL (where
                ``allow_urls``), bytes, file object, array, Pillow image, or an iterable of these.
            use_doc_orientation_classify: Find pages that are turned and read them upright.
            use_doc_unwarping: Only False: there is no model that unwarps pages.
            use_textline_orientation: Turn upside-down lines before they are read.
            text_det_limit_side_len: Side length in pixels that the next one refers to.
            text_det_limit_type: ``min``, ``max`` or ``resize_long``.
            text_det_max_side_limit: After that, the longer side is at most so many pixels.
            text_det_thresh: Probability above which a pixel is text.
            text_det_box_thresh: Mean probability below which a box is dropped.
            text_det_unclip_ratio: How far boxes are grown.
            text_rec_score_thresh: Lines with a lower score are left out.
            return_word_box: Give the boxes of words and characters.
            **options: Our own options of a call, such as ``page_range="1-3"``, ``password``,
                ``text_layer``, ``rec_charset`` or ``profile``.

        Yields:
            An `OCRResult` (or what ``compat`` says). For what can't be read its ``error`` says why.

        Raises:
            SettingsError: An option is unknown or out of range.
        """
        theirs = {
            "use_doc_orientation_classify": use_doc_orientation_classify,
            "use_doc_unwarping": use_doc_unwarping,
            "use_textline_orientation": use_textline_orientation,
            "text_det_limit_side_len": text_det_limit_side_len,
            "text_det_limit_type": text_det_limit_type,
            "text_det_max_side_limit": text_det_max_side_limit,
            "text_det_thresh": text_det_thresh,
            "text_det_box_thresh": text_det_box_thresh,
            "text_det_unclip_ratio": text_det_unclip_ratio,
            "text_rec_score_thresh": text_rec_score_thresh,
            "return_word_box": return_word_box,
        }
        if self._style.is_beta:
            input = _without_keys(input)
            options = {name: v for name, v in options.items() if name not in _BETA_OPTIONS}
        documents, rest = document_options(self._documents, options)
        try:
            chosen = page_settings(self._effective, {**rest, **our_options(theirs)})
        except SettingsError as error:
            raise in_their_names(error, theirs) from None
        ocr = self._for(chosen.models)
        pages = read_documents(ocr, input, chosen.options, documents=documents, jobs=self._jobs)
        for page in pages:
            yield self._style.result(page)
            del page

    __call__ = predict

    def _for(self, models: ModelSettings) -> OcrPipeline:
        return self.ocr if models == self._effective.pipeline.models else self._scenes[models]

    def close(self) -> None:
        """End the threads once what has begun is done; calls that come later fail."""
        self.ocr.runtime.close()

    def __enter__(self) -> DocumentPipeline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _without_keys(input: Any) -> Any:
    """Return an input of 3.0-beta, where ``{"img": x}`` stands for x, at any depth."""
    if isinstance(input, Mapping):
        return _without_keys(input["img"]) if "img" in input else input
    if isinstance(input, (str, bytes, Path, np.ndarray)) or hasattr(input, "read"):
        return input
    return (_without_keys(one) for one in input) if isinstance(input, Iterable) else input
