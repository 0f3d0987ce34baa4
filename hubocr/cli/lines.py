"""``hubocr predict --line``: each image is a single line of text."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from hubocr.cli.files import image_files
from hubocr.errors import ImageError
from hubocr.imaging import read_image
from hubocr.layout import words_of_line
from hubocr.recognition import TextRecognizer
from hubocr.settings import PipelineSettings


def read_lines(paths: Sequence[Path], settings: PipelineSettings, *, as_json: bool) -> int:
    """Print what each image says, and return the exit status: 1 where one can't be read."""
    recognizer = TextRecognizer.from_settings(settings.models, settings.engine)
    options = settings.options.recognition
    files = list(image_files(paths))
    failed = False
    for path in tqdm(files, unit="image", disable=len(files) < 2 or not sys.stderr.isatty()):
        try:
            image = read_image(path)
        except ImageError as error:
            print(f"hubocr: {error.message}", file=sys.stderr)
            failed = True
            continue
        (text,) = recognizer.recognize([image], options)
        text = words_of_line(text, image)
        if as_json:
            values = {"input_path": str(path), **text.to_dict()}
            print(json.dumps(values, ensure_ascii=False))
            continue
        if len(files) > 1:
            print(f"== {path}")
        print(text.text)
    return 1 if failed else 0
