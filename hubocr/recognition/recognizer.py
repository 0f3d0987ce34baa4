"""The recogniser: line crops in, texts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.models import find_model
from hubocr.recognition.alphabet import build_alphabet
from hubocr.recognition.batching import Batch, join_equal
from hubocr.recognition.ctc import decode_greedy
from hubocr.recognition.decoder import decode_restricted
from hubocr.recognition.families import FAMILIES, Family, LineModel
from hubocr.recognition.families.ppocr import PpOcrFamily
from hubocr.recognition.plates import as_plate
from hubocr.recognition.results import Recognition
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.runtime import Call, Network, Runtime, Workload
from hubocr.settings import DecodingSettings, EngineSettings, RecognitionSettings

_Decoder = Callable[[NDArray[np.float32]], Recognition]

_QUICK_WIDTH = 32
"""Beam up to which searching for a line's text is a short piece of work: at 100 it may take as long
as detecting a page (a long line of noise, 4800 pixels: 0.7 s)."""

_ALPHABETS = 16
"""Alphabets kept; a server sees a few tasks, and each may hold every class of the model."""


class TextRecognizer:
    """A loaded CTC recogniser; safe to share between threads.

    Args:
        network: The loaded model; see `TextRecognizer.load` for the usual way.
        vocabulary: The model's characters.
        family: How the model wants its lines; None: as those of PP-OCR do.
    """

    def __init__(
        self, network: Network, vocabulary: Vocabulary, family: Family | None = None
    ) -> None:
        self.network = network
        self._family = family or PpOcrFamily(network, vocabulary)
        self._vocabulary = vocabulary
        # Looking at thousands of characters takes milliseconds, and the answer depends on nothing
        # but the arguments; no option of a call is kept.
        self._alphabet = lru_cache(maxsize=_ALPHABETS)(partial(build_alphabet, vocabulary))

    @classmethod
    def load(
        cls,
        model: str | Path,
        settings: EngineSettings | None = None,
        *,
        dict_path: str | None = None,
        use_space_char: bool = True,
        workload: Workload = Workload.LINE,
        runtime: Runtime | None = None,
    ) -> TextRecognizer:
        """Load a model by registry name or path.

        On a CPU every line runs on one thread, as many lines at a time as there are threads; but
        a line that is alone, in its call and on the threads, has all of them (openvino). Its
        score may then differ by 1e-5 (PP-OCRv4 in fp32; v6's is the same float).

        Args:
            model: A registry name, or the path of a model folder or ONNX file.
            settings: The engine.
            dict_path: The dictionary or ``charsets.json``, where it isn't the model's own.
            use_space_char: Whether a space follows the dictionary's characters (PP-OCR).
            workload: Whether most calls bring one line or many: what the model is made ready for
                now. For the other it is made ready when it is needed first.
            runtime: The threads and networks, where they are shared with other models.

        Raises:
            ModelError: The model is nowhere, or its files don't fit together.
            EngineError: No engine can run it.
        """
        settings = settings or EngineSettings()
        runtime = runtime or Runtime(settings.threads)
        candidate = LineModel(
            find_model(model),
            partial(runtime.load, settings=settings, workload=workload),
            dict_path=dict_path,
            use_space_char=use_space_char,
        )
        network, family, vocabulary = FAMILIES.load(candidate)
        return cls(network, vocabulary, family)

    @property
    def quick(self) -> TextRecognizer:
        """The quickest recogniser that it has: itself."""
        return self

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model can read."""
        return self._vocabulary

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
        decode = self._decoder(settings, known)
        padded = settings.batching == "padded" or (
            settings.batching == "auto" and self.network.prefers_batches
        )
        batches = self._family.plan(images, settings, padded=padded)
        if self._family.joins_equal and not padded:
            batches = join_equal(batches, self.network.runtime.threads)
        # The largest first, so that in the end no thread waits for another's long line.
        batches.sort(key=lambda batch: batch.width * len(batch.indices), reverse=True)

        def read_batch(batch: Batch) -> list[Recognition]:
            lines = [images[index] for index in batch.indices]
            with known.timed("recognition.prepare"):
                tensor = self._family.tensor(lines, batch)
            with known.timed("recognition.engine"):
                output = self.network.run(tensor)
            with known.timed("recognition.decode"):
                probabilities = self._family.probabilities(output)
                read = [decode(line) for line in probabilities]
            if not settings.word_boxes:
                return read
            widths = [
                probabilities.shape[1] * self._family.line_share(line, batch) for line in lines
            ]
            return [_placed(text, steps) for text, steps in zip(read, widths, strict=True)]

        results: list[Recognition | None] = [None] * len(images)
        read_batches = self.network.map(
            read_batch, batches, stage="recognition", call=known, workload=_workload(settings)
        )
        for batch, texts in zip(batches, read_batches, strict=True):
            for index, text in zip(batch.indices, texts, strict=True):
                results[index] = text
        found = [result for result in results if result is not None]
        if settings.grammar == "cn_plate":
            found = [as_plate(text) for text in found]
        if settings.answer:
            from hubocr.recognition.arithmetic import solve  # 6 ms of a start that few need

            found = [replace(text, answer=solve(text.text)) for text in found]
        return found

    def recognize_page(
        self,
        images: Sequence[BgrImage],
        settings: RecognitionSettings | None = None,
        call: Call | None = None,
        known: Mapping[int, Recognition] | None = None,
    ) -> list[Recognition]:
        """Read the lines of one page; see `recognize`.

        Args:
            images: Arrays (H, W, 3), uint8, BGR, of any size.
            settings: Options of this call.
            call: Its deadline and cancellation, where it has any.
            known: What `recognize` has read of some of them by the same settings, by their places.
        """
        texts = dict(known or {})
        rest = [place for place in range(len(images)) if place not in texts]
        read = self.recognize([images[place] for place in rest], settings, call)
        texts.update(zip(rest, read, strict=True))
        return [texts[place] for place in range(len(images))]

    def _decoder(self, settings: DecodingSettings, call: Call) -> _Decoder:
        """Return what makes a text of a line's probabilities, shape (steps, classes)."""
        if not settings.is_search:
            return partial(decode_greedy, vocabulary=self._vocabulary, settings=settings)
        alphabet = self._alphabet(
            settings.charset, settings.case, settings.strip_spaces, settings.nfkc
        )
        return partial(
            decode_restricted,
            vocabulary=self._vocabulary,
            alphabet=alphabet,
            settings=settings,
            check=call.check,
        )


def _placed(text: Recognition, steps: float) -> Recognition:
    """Return a text whose characters have their places as shares of the line's ``steps``."""
    return replace(
        text,
        characters=tuple(
            replace(one, position=min((one.position + 0.5) / steps, 1.0))
            for one in text.characters or ()
        ),
    )


def _workload(settings: DecodingSettings) -> Workload | None:
    """Return how much work a line is; None: as usual."""
    is_wide = max(settings.beam_width, settings.alternatives) > _QUICK_WIDTH
    return Workload.PAGE if settings.is_search and is_wide else None
