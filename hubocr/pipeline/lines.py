"""Images that are single lines of text, read by a recogniser alone."""

from __future__ import annotations

from hubocr.imaging import BgrImage
from hubocr.layout import words_of_line
from hubocr.pipeline.results import Box, Line, Page
from hubocr.pipeline.single_line import whole_image
from hubocr.recognition import Recognizer, load_recognizer
from hubocr.runtime import Call, Runtime
from hubocr.settings import OcrOptions, PipelineSettings


class LinePipeline:
    """A recogniser that takes whole images for lines; safe to share between threads.

    Args:
        recognizer: The loaded model.
        options: Options of calls that bring none.
    """

    def __init__(self, recognizer: Recognizer, options: OcrOptions | None = None) -> None:
        self.recognizer = recognizer
        self.options = options or OcrOptions()
        self.runtime = recognizer.network.runtime

    @classmethod
    def load(cls, settings: PipelineSettings | None = None) -> LinePipeline:
        """Load the recogniser of the settings."""
        settings = settings or PipelineSettings()
        runtime = Runtime(settings.engine.threads)
        recognizer = load_recognizer(settings.models, settings.engine, runtime=runtime)
        return cls(recognizer, settings.options)

    def close(self) -> None:
        """End the threads and let go of the model."""
        self.runtime.close()

    def __enter__(self) -> LinePipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(
        self, image: BgrImage, options: OcrOptions | None = None, call: Call | None = None
    ) -> Page:
        """Return a page with one line, as wide and high as the image; its text may be empty.

        Args:
            image: Array (H, W, 3), uint8, BGR.
            options: Options of this call; those of the pipeline where there are none. Only those of
                recognition mean anything here: no text is left out for its score.
            call: Its deadline and cancellation, where it has any.
        """
        options = options or self.options
        (reading,) = self.recognizer.recognize([image], options.recognition, call or Call())
        box = Box.of(whole_image(image), 1.0)
        line = Line(box, words_of_line(reading, image))
        return Page(image.shape[1], image.shape[0], (line,))
