from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lmdb
import pytest

from hubocr.errors import SettingsError
from hubocr.evaluation.lines import load_source
from hubocr.synth.generator import LineGenerator
from hubocr.synth.output import write_lines
from hubocr.synth.settings import OutputSettings, SynthSettings


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_bytes_do_not_depend_on_the_workers(settings: SynthSettings, tmp_path: Path) -> None:
    for workers in (1, 2):
        output = OutputSettings(out=tmp_path / str(workers), count=150, workers=workers)
        write_lines(settings, output)
    one, two = (content(tmp_path / str(workers)) for workers in (1, 2))
    assert len(one) == 151
    assert one == two


def test_training_reads_the_label_file(settings: SynthSettings, tmp_path: Path) -> None:
    labels = write_lines(settings, OutputSettings(out=tmp_path / "x", count=5, image="png"))
    source = load_source(labels)
    assert source.problems == ()
    generator = LineGenerator(settings)
    for number, sample in enumerate(source.samples):
        line = generator.line(number)
        assert sample.text == line.text
        assert (sample.image() == line.image).all()


def test_an_interrupted_set_is_continued_and_not_overwritten(
    settings: SynthSettings, tmp_path: Path
) -> None:
    whole = OutputSettings(out=tmp_path / "whole", count=8, workers=1)
    write_lines(settings, whole)
    part = OutputSettings(out=tmp_path / "parts", count=3, workers=1)
    write_lines(settings, part)
    with pytest.raises(SettingsError, match="is there already"):
        write_lines(settings, part)
    write_lines(settings, replace(part, first=3, count=5))
    assert content(tmp_path / "whole") == content(tmp_path / "parts")


def test_a_database_has_the_keys_that_others_read(settings: SynthSettings, tmp_path: Path) -> None:
    output = OutputSettings(out=tmp_path / "base", count=4, form="lmdb", workers=1)
    folder = write_lines(settings, output)
    with lmdb.open(str(folder), readonly=True, lock=False) as base, base.begin() as transaction:
        stored = {bytes(key).decode(): bytes(value) for key, value in transaction.cursor()}
    assert len(stored) == 9
    assert stored["num-samples"] == b"4"
    assert stored["image-000000001"].startswith(b"\xff\xd8")
    labels = [stored[f"label-{number:09}"].decode() for number in range(1, 5)]
    generator = LineGenerator(settings)
    assert labels == [generator.line(number).text for number in range(4)]
    assert [sample.text for sample in load_source(folder).samples] == labels
    with pytest.raises(SettingsError, match="holds 4 lines already"):
        write_lines(settings, output)
    write_lines(settings, replace(output, first=4, count=2))
    assert len(load_source(folder).samples) == 6


def test_the_command(settings: SynthSettings, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hubocr", "synth", "--out", str(tmp_path / "out")]
    command += ["--count", "3", "--fonts", settings.fonts[0], "--words", settings.words[0]]
    done = subprocess.run([*command, "--quiet"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "out" / "labels.tsv")
    assert done.stderr == ""
    again = subprocess.run([*command, "--quiet"], capture_output=True, text=True, timeout=120)
    assert again.returncode == 1
    assert again.stderr.startswith("hubocr: --out: ")
    wrong = subprocess.run(
        [*command, "--styles", "marble=2"], capture_output=True, text=True, timeout=120
    )
    assert wrong.returncode == 1
    assert "--styles: 'marble=2'" in wrong.stderr
