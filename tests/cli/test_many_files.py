"""A long run over mixed files: stopped by force half-way, and gone on with.

``HUBOCR_MANY_FILES=1000`` makes it as long as wanted.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from hubocr.imaging import BgrImage, read_image
from tests.cli.running import FIXTURES
from tests.documents.pdfs import PdfPage, make_pdf, text_at

COUNT = int(os.environ.get("HUBOCR_MANY_FILES", "40"))
GROWTH_MB = 80
"""Memory that the second half of a run may take more than the first half did."""


def _picture(rng: random.Random) -> BgrImage:
    """Return a page with a few of the fixture's lines on it."""
    page = np.full((rng.randrange(200, 500), 640, 3), 255, np.uint8)
    top = 10
    for path in rng.sample(sorted((FIXTURES / "lines").glob("*.png")), 4):
        line = read_image(path)[:, :600]
        height, width = line.shape[:2]
        if top + height < page.shape[0]:
            page[top : top + height, 20 : 20 + width] = line
        top += height + 10
    return page


def _broken(rng: random.Random, place: int) -> tuple[str, bytes]:
    whole = cv2.imencode(".png", _picture(rng))[1].tobytes()
    kinds = (
        ("png", whole[:60]),
        ("pdf", b"%PDF-1.7\nnothing follows"),
        ("jpg", b""),
        ("tiff", b"II*\0\xff\xff\xff\xff"),
        ("bmp", rng.randbytes(300)),
    )
    return kinds[place % len(kinds)]


def make_files(folder: Path, count: int) -> set[str]:
    """Write files of every kind, of which 2 % are broken, and return the names of those."""
    rng = random.Random(0)
    broken = set()
    for place in range(count):
        stem = folder / f"folder{place % 7}" / f"{place:05}"
        stem.parent.mkdir(exist_ok=True)
        if place % 50 == 10:
            ending, content = _broken(rng, place // 50)
            stem.with_suffix(f".{ending}").write_bytes(content)
            broken.add(f"{stem}.{ending}")
        elif place % 10 == 3:
            words = PdfPage(text_at(72, 700, f"Document {place}", 24))
            scan = PdfPage("400 0 0 300 72 400 cm /Im Do", picture=_picture(rng)[:, :, 0])
            stem.with_suffix(".pdf").write_bytes(make_pdf(words, scan))
        elif place % 10 == 6:
            frames = [_picture(rng), _picture(rng)]
            assert cv2.imwritemulti(str(stem.with_suffix(".tiff")), frames)
        else:
            ending = rng.choice((".png", ".jpg", ".webp", ".bmp"))
            assert cv2.imwrite(str(stem.with_suffix(ending)), _picture(rng))
    return broken


def outputs(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*.json")
    }


def memory_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/statm").read_text()
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    broken = make_files(source, COUNT)
    command = [sys.executable, "-m", "hubocr", "predict", str(source), "--recursive"]
    command += ["--save-path", str(out), "--skip-existing"]

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
        samples: list[tuple[int, float]] = []
        while len(outputs(out)) < COUNT // 2:
            assert first.poll() is None
            samples.append((len(outputs(out)), memory_mb(first.pid)))
            time.sleep(0.2)
        first.kill()
    half = outputs(out)

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as second:
        assert second.stderr is not None
        failures = second.stderr.read()
    assert second.returncode == 1
    done = outputs(out)
    assert len(done) == COUNT - len(broken)
    assert {name: done[name] for name in half} == half
    for name in done:
        pages = json.loads((out / name).read_text(encoding="utf-8"))["pages"]
        assert len(pages) == (2 if int(Path(name).stem) % 10 in (3, 6) else 1)
        assert all(page["lines"] for page in pages)
    for name in broken:
        assert failures.count(name) == 1
    assert f"{len(broken)} failures, {len(half)} skipped" in failures

    warm = [memory for count, memory in samples if COUNT // 8 <= count < COUNT // 4]
    late = [memory for count, memory in samples if count >= COUNT // 4]
    if COUNT >= 200:  # before that the networks still grow with new shapes
        print(f"memory: {max(warm):.0f} MB, later {max(late):.0f} MB")
        assert max(late) < max(warm) + GROWTH_MB
