from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from hubocr.errors import SettingsError
from hubocr.evaluation.texts import is_equal
from hubocr.models import find_model
from hubocr.recognition import TextRecognizer
from hubocr.synth.fonts import Fonts
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import SynthSettings
from hubocr.synth.styles import STYLES


def test_a_line_depends_on_its_number_alone(settings: SynthSettings) -> None:
    forwards, backwards = LineGenerator(settings), LineGenerator(settings)
    lines = {number: forwards.line(number) for number in range(12)}
    for number in reversed(range(12)):
        line = backwards.line(number)
        assert line.text == lines[number].text
        assert np.array_equal(line.image, lines[number].image)
    other = LineGenerator(replace(settings, seed=1))
    assert [other.line(n).text for n in range(12)] != [lines[n].text for n in range(12)]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_images_that_can_be_used(settings: SynthSettings, style: str) -> None:
    generator = LineGenerator(replace(settings, styles=(style,)))
    lines = [generator.line(number) for number in range(30)]
    for line in lines:
        assert line.image.dtype == np.uint8
        assert line.image.ndim == 3
        assert min(line.image.shape[:2]) >= 4
        assert line.image.std() > 0.5, "there is no ink to be seen"
    assert len({line.image.shape[0] for line in lines}) > 5


def test_vertical_lines_are_higher_than_wide(settings: SynthSettings) -> None:
    generator = LineGenerator(replace(settings, vertical=1.0, shortest=5, kinds=("words",)))
    assert all(line.image.shape[0] > line.image.shape[1] for line in map(generator.line, range(10)))


def test_lines_for_one_of_several_workers_are_every_other_one(settings: SynthSettings) -> None:
    generator = LineGenerator(settings)
    stream = generator.lines(1, 2)
    assert [next(stream).text for _ in range(3)] == [generator.line(n).text for n in (1, 3, 5)]


def test_coverage_is_what_the_font_itself_draws(font: Path) -> None:
    (face,) = Fonts([font])._all
    missing = ImageFont.truetype(str(font), 32).getmask("\U0010fffd")
    for character in "aZ9é€Яя的中龥😀":
        drawn = ImageFont.truetype(str(font), 32).getmask(character)
        there = drawn.size != missing.size or bytes(drawn) != bytes(missing)
        assert face.covers(character) == there, character


def test_texts_that_no_font_has_are_an_error(settings: SynthSettings, tmp_path: Path) -> None:
    dictionary = tmp_path / "dictionary.txt"
    dictionary.write_text("的\n一\n是\n", encoding="utf-8")
    generator = LineGenerator(replace(settings, vocabulary=str(dictionary), kinds=("characters",)))
    with pytest.raises(SettingsError, match="the fonts have none of 50 texts"):
        generator.line(0)


def test_a_folder_without_a_font_is_an_error(settings: SynthSettings, tmp_path: Path) -> None:
    (tmp_path / "damaged.ttf").write_bytes(b"\x00\x01\x00\x00 not a font")
    with pytest.raises(SettingsError, match="no font with Latin letters"):
        LineGenerator(replace(settings, fonts=(str(tmp_path),)))
    with pytest.raises(SettingsError, match="there are no fonts at"):
        LineGenerator(replace(settings, fonts=("/nowhere/at/all",)))


def test_backgrounds_are_cut_from_the_pictures(settings: SynthSettings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no picture"):
        LineGenerator(replace(settings, backgrounds=tmp_path))
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[..., 1] = 200
    cv2.imwrite(str(tmp_path / "green.png"), picture)
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG damaged")
    lines = [
        LineGenerator(replace(settings, backgrounds=tmp_path, styles=("scene",))).line(number)
        for number in range(60)
    ]
    means = [line.image.mean(axis=(0, 1)) for line in lines]
    # Green all over, and neither grey nor of another colour.
    green = [mean for mean in means if mean[1] > 60 + max(mean[0], mean[2])]
    assert len(green) >= 5


def test_the_labels_are_what_an_independent_reader_sees(settings: SynthSettings) -> None:
    generator = LineGenerator(
        replace(settings, styles=("document",), kinds=("words", "numbers"), shortest=4)
    )
    lines = [generator.line(number) for number in range(60)]
    reader = TextRecognizer.load("PP-OCRv4_mobile_rec")
    assert find_model("PP-OCRv4_mobile_rec")
    found = reader.recognize([line.image for line in lines])
    right = sum(is_equal(read.text, line.text) for read, line in zip(found, lines, strict=True))
    assert right >= 45
