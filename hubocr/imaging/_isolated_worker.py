"""The process that `hubocr.imaging.isolated` starts: one image from stdin to stdout.

Run by its path, so that only Pillow is imported and nothing of hubocr. The first line of the answer
is JSON; after it come the rows of pixels.
"""

from __future__ import annotations

import io
import json
import sys

sys.path.pop(0)  # the folder of this file: its modules are not to be found by their bare names


def _limit(seconds: int, size: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where only the time is watched from outside
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(head: dict[str, object], body: bytes = b"") -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    out.write(body)
    out.flush()


def _register(name: str) -> str:
    """Make Pillow read a format and return the name that it has there."""
    from PIL import features

    if name == "HEIC":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        return "HEIF"
    if name == "AVIF":
        from PIL import AvifImagePlugin  # noqa: F401

        if not features.check("avif"):
            raise ImportError
        return "AVIF"
    if not features.check("jpg_2000"):
        raise ImportError
    return "JPEG2000"


_MISSING = {
    "HEIC": "HEIC images need pillow-heif: pip install 'hubocr[heif]'",
    "AVIF": "AVIF images need a Pillow that is built with AVIF: pip install -U pillow",
    "JPEG2000": "JPEG 2000 images need a Pillow that is built with OpenJPEG: pip install -U pillow",
}


def main() -> None:
    """Decode one image."""
    task = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    from PIL import Image, ImageOps

    try:
        name = _register(task["format"])
    except ImportError:
        _answer({"error": "missing", "message": _MISSING[task["format"]]})
        return
    _limit(task["seconds"], task["bytes"])
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(data), formats=(name,)) as image:
            frames = getattr(image, "n_frames", 1)
            if task["frame"]:
                image.seek(task["frame"])
            if image.width * image.height > task["max_pixels"]:
                message = (
                    f"the image has {image.width}x{image.height} pixels, "
                    f"the limit is {task['max_pixels']}"
                )
                _answer({"error": "size", "message": message})
                return
            # pillow-heif keeps EXIF's orientation apart, because it may have been applied already.
            orientation = image.info.get("original_orientation")
            if orientation and not task["turned"]:
                image.getexif()[0x0112] = orientation
            upright = ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - whatever a decoder raises on a damaged file
        _answer({"error": "damaged", "message": ""})
        return
    if upright.mode not in ("L", "I;16", "RGB", "RGBA"):
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    head = {"mode": upright.mode, "width": upright.width, "height": upright.height}
    _answer({**head, "frames": frames}, upright.tobytes())


if __name__ == "__main__":
    main()
