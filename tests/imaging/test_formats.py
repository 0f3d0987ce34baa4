"""Formats beside the usual ones, written by other programs and read back."""

from __future__ import annotations

import io
import struct
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging import decode, decode_frames, decode_image, from_pillow, isolated, probe
from tests.imaging import Pixels, bgr, distance, encode, noise, png

SMOOTH = Image.fromarray(noise(6, 9)).resize((72, 48), Image.Resampling.BICUBIC)
avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")


def heic(image: Image.Image, **options: Any) -> bytes:
    """A HEIC file; the encoder is pillow-heif's."""
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.register_heif_opener(thumbnails=False)
    image.save(buffer, "HEIF", quality=90, **options)
    return buffer.getvalue()


def turned_by_6(image: Image.Image) -> Image.Exif:
    exif = image.getexif()
    exif[0x0112] = 6
    return exif


def mean_difference(left: Pixels, right: Pixels) -> float:
    assert left.shape == right.shape
    return float(np.abs(left.astype(int) - right).mean())


def test_heic() -> None:
    data = heic(SMOOTH)
    info = probe(data)
    assert info.format == "HEIC"
    assert info.width >= 72 and info.height >= 48  # before it is cropped
    decoded = decode(data)
    assert (decoded.info.width, decoded.info.height, decoded.info.frames) == (72, 48, 1)
    assert mean_difference(decoded.pixels, bgr(SMOOTH)) < 12


def test_heic_is_upright() -> None:
    image = Image.new("RGB", (96, 64), "white")
    image.paste((200, 0, 0), (0, 0, 48, 32))
    turned = decode_image(heic(image, exif=turned_by_6(image)))
    assert turned.shape == (96, 64, 3)
    assert turned[10, 50].tolist()[2] > 150 and turned[10, 50].tolist()[0] < 60
    assert turned[80, 10].min() > 220


def test_heic_that_its_container_turns_is_not_turned_again_by_exif() -> None:
    image = Image.new("RGB", (96, 64), "white")
    data = heic(image, exif=turned_by_6(image)) + struct.pack(">I4sB", 9, b"irot", 3)
    assert decode_image(data).shape == (64, 96, 3)


def test_heic_without_its_decoder_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = heic(SMOOTH)
    # An interpreter that sees the standard library and Pillow, and not pillow-heif.
    script = (
        "import sys; sys.modules['pillow_heif'] = None; import runpy; sys.argv = sys.argv[1:]; "
    )
    script += "sys.path.insert(0, ''); runpy.run_path(sys.argv[0], run_name='__main__')"
    monkeypatch.setattr(isolated, "_COMMAND", (sys.executable, "-c", script))
    with pytest.raises(ImageError, match=r"pip install 'hubocr\[heif\]'"):
        decode_image(data)


@avif
def test_avif() -> None:
    data = encode(SMOOTH, "AVIF", quality=90)
    assert probe(data).format == "AVIF"
    assert mean_difference(decode_image(data), bgr(SMOOTH)) < 12


@avif
def test_avif_is_upright() -> None:
    data = encode(SMOOTH, "AVIF", quality=90, exif=turned_by_6(SMOOTH))
    expected = bgr(SMOOTH.transpose(Image.Transpose.ROTATE_270))
    assert mean_difference(decode_image(data), expected) < 12


@avif
def test_an_avif_animation_has_frames() -> None:
    black, white = Image.new("RGB", (32, 32)), Image.new("RGB", (32, 32), "white")
    data = encode(black, "AVIF", save_all=True, append_images=[white])
    assert decode_image(data).mean() < 20
    assert decode_image(data, frame="last").mean() > 235
    assert [round(float(np.mean(np.asarray(frame))) / 255) for frame in decode_frames(data)] == [
        0,
        1,
    ]


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
@pytest.mark.parametrize("bare", [False, True])
def test_jpeg_2000(mode: str, bare: bool) -> None:
    image = SMOOTH.convert(mode)
    if bare and mode == "LA":
        pytest.skip("a bare code stream doesn't say which channel is alpha")
    decoded = decode_image(encode(image, "JPEG2000", irreversible=False, no_jp2=bare))
    assert distance(decoded, bgr(image)) == 0


def test_jpeg_2000_of_16_bits() -> None:
    grey = Image.fromarray(np.linspace(0, 1023, 48 * 64).astype(np.uint16).reshape(48, 64))
    decoded = decode_image(encode(grey, "JPEG2000", irreversible=False))
    assert decoded.max() >= 254 and decoded.min() <= 1


@pytest.mark.parametrize("name", ["JPEG2000", pytest.param("AVIF", marks=avif)])
def test_the_limit_holds_for_formats_in_their_own_process(name: str) -> None:
    with pytest.raises(ImageTooLargeError, match="72x48 pixels, the limit is 3000"):
        decode_image(encode(SMOOTH, name), max_pixels=3_000)


def test_a_decoder_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_COMMAND", (sys.executable, "-c", "while True: pass"))
    monkeypatch.setattr(isolated, "_SECONDS", 0.1)
    with pytest.raises(ImageError, match="takes too long"):
        decode_image(encode(SMOOTH, "JPEG2000"))


def test_the_process_of_a_decoder_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import json, os; print(json.dumps({'error': 'x', 'message': ' '.join(os.environ)}))"
    monkeypatch.setattr(isolated, "_COMMAND", (sys.executable, "-c", script))
    monkeypatch.setenv("HUBOCR_API_KEYS", "secret")
    with pytest.raises(ImageError) as refusal:
        decode_image(encode(SMOOTH, "JPEG2000"))
    assert "PATH" in refusal.value.message
    assert "HUBOCR" not in refusal.value.message


def test_a_decoder_that_dies_or_stops_halfway_is_an_image_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = '{"mode": "RGB", "width": 9, "height": 9, "frames": 1}'
    for script in ("import os; os.abort()", f"print('{head}')", "pass"):
        monkeypatch.setattr(isolated, "_COMMAND", (sys.executable, "-c", script))
        with pytest.raises(ImageError):
            decode_image(encode(SMOOTH, "JPEG2000"))


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_netpbm_as_pillow_writes_it(mode: str) -> None:
    image = SMOOTH.convert(mode)
    assert distance(decode_image(encode(image, "PPM")), bgr(image)) == 0


@settings(deadline=None)
@given(
    st.sampled_from([1, 2, 3, 4, 5, 6]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([1, 9, 255, 1023, 65535]),
    st.integers(0, 2**31),
)
def test_all_six_kinds_of_netpbm(
    kind: int, width: int, height: int, highest: int, seed: int
) -> None:
    channels = 3 if kind in (3, 6) else 1
    highest = 1 if kind in (1, 4) else highest
    values = np.random.default_rng(seed).integers(0, highest + 1, (height, width * channels))
    head = f"P{kind}\n# a comment\n{width} {height}\n" + ("" if kind in (1, 4) else f"{highest}\n")
    if kind < 4:
        rows = "\n".join(" ".join(map(str, row)) for row in values)
        body = f"{rows}\n".encode()
    elif kind == 4:
        body = np.packbits(values.astype(np.uint8), axis=1).tobytes()
    else:
        body = values.astype(">u2" if highest > 255 else np.uint8).tobytes()
    exact = 255 * (1 - values if kind in (1, 4) else values / highest)
    expected = exact.reshape(height, width, channels)[:, :, ::-1]
    decoded = decode_image(head.encode() + body)
    in_use = expected.max() * highest / 255  # 16 bits are stretched by the bits that are in use
    if highest <= 255 or in_use == 65535:
        assert np.abs(decoded - expected).max() <= 1


@pytest.mark.parametrize(
    "data", [b"P6 9 9 255\n123", b"P3 2 2 255\n1 2 3", b"P5 0 4 255\n", b"P1 x"]
)
def test_a_netpbm_that_is_cut_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="damaged"):
        decode_image(data)


@pytest.mark.parametrize("bitmap_format", ["png", "bmp"])
def test_the_largest_image_of_an_icon_is_read(bitmap_format: str) -> None:
    image = Image.new("RGBA", (64, 64), (10, 20, 200, 255))
    data = encode(image, "ICO", sizes=[(16, 16), (64, 64), (32, 32)], bitmap_format=bitmap_format)
    assert probe(data).format == "ICO"
    decoded = decode_image(data)
    assert decoded.shape == (64, 64, 3)
    assert decoded[30, 30].tolist() == [200, 20, 10]


def with_prefix(data: bytes) -> bytes:
    """The same WebP file, with the prefix of JPEG before its EXIF data."""
    place = data.index(b"EXIF")
    size = struct.unpack_from("<I", data, place + 4)[0]
    body = b"Exif\0\0" + data[place + 8 : place + 8 + size].removeprefix(b"Exif\0\0")
    chunk = b"EXIF" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    rest = data[:place] + chunk
    return rest[:4] + struct.pack("<I", len(rest) - 8) + rest[8:]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_exif_in_webp_with_the_prefix_of_jpeg(mode: str) -> None:
    image = SMOOTH.convert(mode)
    data = encode(image, "WEBP", lossless=True, exif=turned_by_6(image))
    expected = bgr(SMOOTH.transpose(Image.Transpose.ROTATE_270))
    assert distance(decode_image(with_prefix(data)), expected) == 0


@pytest.mark.parametrize("order", ["II", "MM"])
def test_orientation_in_the_exif_chunk_of_a_png(order: str) -> None:
    sign = "<" if order == "II" else ">"
    exif = order.encode() + struct.pack(f"{sign}HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, 8, 0, 0)
    data = encode(SMOOTH, "PNG")
    chunk = bytes(png(1, 1, 8, 0, b"\0\0", b"eXIf" + exif))
    place = chunk.index(b"eXIf") - 4
    turned = data[:33] + chunk[place : place + 12 + len(exif)] + data[33:]
    expected = bgr(SMOOTH.transpose(Image.Transpose.ROTATE_90))
    assert distance(decode_image(turned), expected) == 0


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
def test_cmyk_tiff(compression: str) -> None:
    image = SMOOTH.convert("CMYK")
    assert distance(decode_image(encode(image, "TIFF", compression=compression)), bgr(image)) == 0


def test_lab_tiff() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = ImageCms.applyTransform(SMOOTH, to_lab)
    assert lab is not None
    assert mean_difference(decode_image(encode(lab, "TIFF")), bgr(SMOOTH)) < 3


def test_pillow_images_are_read_as_files_are() -> None:
    image = SMOOTH.convert("RGBA")
    image.putalpha(0)
    assert distance(from_pillow(image), bgr(SMOOTH)) == 0
    image = SMOOTH.copy()
    image.getexif()[0x0112] = 6
    assert from_pillow(image).shape == (72, 48, 3)
    with pytest.raises(ImageTooLargeError):
        from_pillow(image, max_pixels=100)
