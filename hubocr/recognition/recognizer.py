"""The recogniser: line crops in, texts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.engines import Call, Engine, Scheduler, fixed_size, load_engine
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor
from hubocr.models import find_model
from hubocr.recognition.alphabet import build_alphabet
from hubocr.recognition.batching import Batch, plan_padded, plan_single
from hubocr.recognition.charset import Charset, check_class_count, load_charset
from hubocr.recognition.ctc import Recognition, decode_greedy
from hubocr.recognition.decoder import decode_restricted
from hubocr.settings import DecodingSettings, EngineSettings, RecognitionSettings

_Decoder = Callable[[NDArray[np.float32]], Recognition]

RESIZE_KEY, STRETCH = "resize", "stretch"
"""Key and value in a model file's metadata, beside ``character``: lines are stretched to the size
of the input, as they were in training, rather than padded. The input's width has to be fixed."""

_ALPHABETS = 16
"""Alphabets kept; a server sees a few tasks, and each may hold every class of the model."""


class TextRecognizer:
    """A loaded CTC recogniser; safe to share between threads.

    Args:
        engine: The engine with the model; see `TextRecognizer.load` for the usual way.
        charset: The model's characters.
        scheduler: The threads that work on the lines.
        batched: What ``batching="auto"`` means here: padded batches, or each line alone.
    """

    def __init__(
        self, engine: Engine, charset: Charset, scheduler: Scheduler, *, batched: bool = False
    ) -> None:
        self._engine = engine
        self._fixed_size = fixed_size(engine)
        self._stretched = engine.metadata.get(RESIZE_KEY) == STRETCH
        if self._stretched and self._fixed_size[1] is None:
            raise ModelError("the model wants lines stretched, but its input has no fixed width")
        self._charset = charset
        self._batched = batched
        self._scheduler = scheduler
        # Looking at thousands of characters takes milliseconds, and the answer depends on nothing
        # but the arguments; no option of a call is kept.
        self._alphabet = lru_cache(maxsize=_ALPHABETS)(partial(build_alphabet, charset))

    @classmethod
    def load(
        cls,
        model: str | Path,
        settings: EngineSettings | None = None,
        *,
        dict_path: str | None = None,
        use_space_char: bool = True,
        scheduler: Scheduler | None = None,
    ) -> TextRecognizer:
        """Load a model by registry name or path.

        On a CPU every line runs on one thread, as many lines side by side as there are threads.

        Args:
            model: A registry name, or the path of a model folder or ONNX file.
            settings: The engine.
            dict_path: The dictionary, where it isn't the model's own.
            use_space_char: Whether a space follows the dictionary's characters.
            scheduler: The threads, where they are shared with other models.
        """
        settings = settings or EngineSettings()
        files = find_model(model)
        scheduler = scheduler or Scheduler(settings.threads)
        streams = 1 if settings.use_gpu else settings.threads
        engine = load_engine(files, settings, streams=streams, scheduler=scheduler)
        charset = load_charset(
            files,
            engine.metadata,
            dict_path=dict_path,
            use_space_char=use_space_char,
            class_count=engine.output_dimensions[-1] if engine.output_dimensions else None,
        )
        return cls(engine, charset, scheduler, batched=settings.use_gpu)

    @property
    def engine_name(self) -> str:
        """Name of the engine that runs the model."""
        return self._engine.name

    @property
    def charset(self) -> Charset:
        """The characters that the model can read."""
        return self._charset

    def recognize(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
    ) -> list[Recognition]:
        """Read lines in order.

        Args:
            images: Arrays (H, W, 3), uint8, BGR, of any size.
            settings: Options of this call.
            call: Its deadline and cancellation, where it has any.

        Raises:
            SettingsError: ``charset`` names characters that the model can't read.
        """
        settings, known = settings or RecognitionSettings(), call or Call()
        decode = self._decoder(settings)
        fixed_height, fixed_width = self._fixed_size
        height = fixed_height or settings.image_shape[1]
        padded = settings.batching == "padded" or (settings.batching == "auto" and self._batched)
        if padded:
            batches = plan_padded(images, height, settings.image_shape[2], settings.batch_num)
        else:
            batches = plan_single(images, height, settings.image_shape[2])

        def read(batch: Batch) -> list[Recognition]:
            lines = [images[index] for index in batch.indices]
            width = fixed_width or batch.width
            with known.timed("recognition.prepare"):
                tensor = line_tensor(lines, height, width, stretch=self._stretched)
            with known.timed("recognition.engine"):
                output = self._run(tensor)
            with known.timed("recognition.decode"):
                return [decode(line) for line in output]

        results: list[Recognition | None] = [None] * len(images)
        read_batches = self._scheduler.map(read, batches, stage="recognition", call=known)
        for batch, texts in zip(batches, read_batches, strict=True):
            for index, text in zip(batch.indices, texts, strict=True):
                results[index] = text
        return [result for result in results if result is not None]

    def _decoder(self, settings: DecodingSettings) -> _Decoder:
        """Return what makes a text of a line's probabilities, shape (steps, classes)."""
        if not settings.is_restricted and not settings.alternatives:
            return partial(decode_greedy, charset=self._charset, char_scores=settings.char_scores)
        alphabet = self._alphabet(settings.charset, settings.case, settings.strip_spaces)
        return partial(
            decode_restricted, charset=self._charset, alphabet=alphabet, settings=settings
        )

    def _run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        output = self._engine.run(tensor)
        if output.ndim != 3:
            raise ModelError("this is not a CTC model: its output is not (N, steps, classes)")
        check_class_count(self._charset, output.shape[2], "of this recogniser")
        return output
