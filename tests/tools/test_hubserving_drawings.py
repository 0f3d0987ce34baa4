"""What the client tools/test_hubserving.py draws, run as a program."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.imaging import fonts
from tests.tools.client_runs import (
    FRAME,
    ODD,
    PANEL,
    Client,
    Hub,
    envelope,
    is_red,
    load_client,
    make_image,
    needs_cjk_font,
    read,
    system_item,
)


def test_detection_is_drawn_as_red_boxes(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[{"text_region": FRAME}]])
    url = f"--server_url={hub.address}/predict/ocr_det"
    run = client(url, f"--image_dir={images}", "--visualize", "True")
    target = Path("hubserving_result") / "a.png"
    assert run.code == 0
    assert f"saved {target}" in run.out.splitlines()
    drawing = read(tmp_path / target)
    assert drawing.shape == (60, 200, 3)
    for x, y in [*FRAME, [55, 10], [55, 40], [20, 25], [90, 25]]:
        assert is_red(drawing[y, x]), (x, y)
    for x, y in ([55, 25], [5, 5], [120, 25]):
        assert drawing[y, x].tolist() == [220, 210, 200]


def test_box_of_an_image_with_orientation_fits_the_upright_image(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    shutil.copy(ODD / "exif_orientation_6.jpg", images / "turned.jpg")
    hub.answer = lambda data: envelope([[{"text_region": [[9, 9], [209, 9], [209, 50], [9, 50]]}]])
    url = f"--server_url={hub.address}/predict/ocr_det"
    run = client(url, f"--image_dir={images}", "--visualize=y", f"--output={tmp_path}/deep/out")
    assert run.code == 0, run.err
    drawing = read(tmp_path / "deep" / "out" / "turned.jpg")
    assert drawing.shape == (60, 220, 3)
    assert is_red(drawing[50, 110], slack=90) and is_red(drawing[30, 209], slack=90)


@needs_cjk_font
def test_system_is_drawn_with_a_panel_of_texts(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    texts = iter(["今天下午", "明日上午", "今天下午"])
    for name in ("a.png", "b.png", "c.png"):
        make_image(images / name)
    low = system_item("hidden", 0.4, [[120, 10], [190, 10], [190, 50], [120, 50]])
    hub.answer = lambda data: envelope([[system_item(next(texts)), low]])
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert (run.code, run.err) == (0, "")
    a, b, c = (read(tmp_path / "hubserving_result" / f"{name}.png") for name in "abc")
    assert a.shape == (60, 200 + PANEL, 3)
    assert is_red(a[10, 55])
    assert not is_red(a[10, 155])  # its score is below the threshold
    assert (a[:, 200:] < 100).any()
    assert not np.array_equal(a[:, 200:], b[:, 200:])  # boxes for missing glyphs would be equal
    assert np.array_equal(a, c)


@needs_cjk_font
def test_long_lists_and_long_texts_are_all_in_the_panel(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "many.png")
    make_image(images / "long.png")
    many = envelope([[system_item(f"第{number}行") for number in range(300)]])
    long = envelope([[system_item("文" * 200 + "\n" + "\x00")]])
    replies = iter([long, many])
    hub.answer = lambda data: next(replies)
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0, run.err
    panel = read(tmp_path / "hubserving_result" / "many.png")[:, 200:]
    ink = _ink(panel)
    rows = sum(_bands(ink[:, left : left + PANEL]) for left in range(0, panel.shape[1], PANEL))
    assert rows == 300
    wrapped = read(tmp_path / "hubserving_result" / "long.png")[:, 200:]
    assert _bands(_ink(wrapped)) >= 7


def _ink(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(pixels.min(axis=2) < 128)


def _bands(ink: NDArray[np.bool_]) -> int:
    """Count the rows of text: stretches of inked lines between blank ones."""
    inked = ink.any(axis=1).astype(int)
    return int((np.diff(inked, prepend=0) == 1).sum())


@pytest.mark.parametrize("result", [[{"text": "a", "confidence": 0.9}], [{"angle": "0"}], {"a": 1}])
def test_results_without_boxes_are_not_drawn(
    result: Any, hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([result])
    run = client(f"{hub.address}/predict/ocr_rec", images, "--visualize=true")
    assert run.code == 0
    assert "drawing is invalid" in run.out
    assert not list((tmp_path / "hubserving_result").iterdir())


def test_nothing_found_gives_the_plain_image(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0
    drawing = tmp_path / "hubserving_result" / "a.png"
    assert np.array_equal(read(drawing), read(images / "a.png"))


def test_names_of_drawings_are_distinct(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    for name in ("x.gif", "x.jpg", "x.png", "y.GIF", "上海.png"):
        make_image(images / name)
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 0, run.err
    drawn = sorted(file.name for file in (tmp_path / "hubserving_result").iterdir())
    assert drawn == ["x.jpg", "x.png", "x_2.png", "y.png", "上海.png"]
    assert all(
        read(file).shape == (60, 200, 3) for file in (tmp_path / "hubserving_result").iterdir()
    )


def test_every_readable_kind_of_file_can_be_drawn(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    readable = ("grey.png", "rgba_transparent.png", "grey_16bit.png", "palette.gif", "cmyk.jpg")
    unreadable = ("truncated_header.jpg", "empty.png", "text.png", "bomb_header.png")
    for name in (*readable, *unreadable, "one_pixel.png"):
        shutil.copy(ODD / name, images / name)
    hub.answer = lambda data: envelope([[{"text_region": [[2, 2], [60, 2], [60, 50], [2, 50]]}]])
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    for name in unreadable:
        assert f"error: {images / name}: can't draw: the image can't be decoded" in run.err
    assert f"error: {len(unreadable)} of 10 files failed" in run.err
    for name in readable:
        drawing = read(tmp_path / "hubserving_result" / name.replace(".gif", ".png"))
        assert drawing.shape == (60, 220, 3)
        assert drawing[57, 100].min() > 240, name  # light paper, also where it was transparent


@pytest.mark.parametrize(
    "item",
    [
        {"text_region": None},
        {"text_region": []},
        {"text_region": "here"},
        {"text_region": [[1, 2], [3]]},
        {"text_region": [[1, 2], [3, float("nan")]]},
        {"text_region": [[1, 2], [3, 10**400]]},
    ],
)
def test_unusable_box_is_reported(
    item: dict[str, Any], hub: Hub, client: Client, images: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[item]])
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    assert "can't draw: item 1 has no usable text_region" in run.err


def test_odd_scores_and_far_boxes_do_not_crash(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    far = [[-1e18, -5], [1e18, 3], [1e18, 1e18], [-7, 90000]]
    scores: list[Any] = [10**400, "high", None, [], float("nan")]
    items = [{**system_item("x"), "confidence": score} for score in scores]
    hub.answer = lambda data: envelope([[*items, system_item("y", region=far)]])
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0, run.err
    assert not is_red(read(tmp_path / "hubserving_result" / "a.png")[10, 55])


def test_without_a_font_the_hint_is_given_and_drawing_goes_on(
    hub: Hub,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[system_item("中文 abc é")]])
    module = load_client()
    monkeypatch.setattr(fonts, "find_cjk_font", lambda: None)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("HUBOCR_FONT", raising=False)
    url, output = f"{hub.address}/predict/ocr_system", tmp_path / "out"
    assert module.main([url, str(images), "--visualize=1", f"--output={output}"]) == 0
    assert "apt-get install fonts-noto-cjk" in capsys.readouterr().err
    assert (read(output / "a.png")[:, 200:] < 128).any()


def test_without_hubocr_the_boxes_are_drawn_and_it_is_said(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[system_item("Order")]])
    block = tmp_path / "blocked" / "hubocr"
    block.mkdir(parents=True)
    (block / "__init__.py").write_text("raise ImportError('not installed')")
    run = client(
        f"{hub.address}/predict/ocr_system",
        images,
        "--visualize=true",
        PYTHONPATH=str(block.parent),
    )
    assert run.code == 0, run.err
    assert "pip install hubocr" in run.err
    drawing = read(tmp_path / "hubserving_result" / "a.png")
    assert drawing.shape == (60, 200, 3)
    assert is_red(drawing[10, 55])


def test_unusable_font_in_the_environment(client: Client, images: Path) -> None:
    make_image(images / "a.png")
    run = client("http://x/y", images, "--visualize=true", HUBOCR_FONT="gone.ttf")
    assert run.code == 2
    assert "can't use the font gone.ttf" in run.err


def test_drawing_that_cannot_be_saved_is_reported(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    make_image(images / "b.png")
    (tmp_path / "hubserving_result" / "a.png").mkdir(parents=True)
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    assert f"error: {images / 'a.png'}: can't save" in run.err
    assert (tmp_path / "hubserving_result" / "b.png").is_file()
