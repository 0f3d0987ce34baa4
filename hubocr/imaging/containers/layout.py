"""What a scan of a file's structure finds, and the errors it ends with."""

from __future__ import annotations

from dataclasses import dataclass, field

from hubocr.errors import ImageError

DAMAGED = "the image is damaged and can't be decoded"


@dataclass(frozen=True)
class Layout:
    """A file's structure.

    Attributes:
        format: The name of the format.
        width: Columns as they are stored, before turning; of a canvas the largest that any frame
            would make it.
        height: Rows of it.
        frames: Frames or pages.
        animated: Whether frames are composed on one canvas.
        passes: How often the decoder passes over the pixels of the first frame.
        orientation: EXIF orientation, 1 to 8.
        turned: Whether the container says how to turn the image, instead of EXIF data.
        bits: Bits of a sample.
        alpha: Whether a pixel may be transparent.
        multi_channel: Whether there are more than one or two channels.
        cut: Whether the file ends before the image does.
        pages: Where each page begins in the file, for formats that have pages.
        still: The file with its first frame alone and without what no decoder needs, where that
            is another than the file itself.
        clean: The file with all its frames and without what no decoder needs, likewise.
    """

    format: str
    width: int
    height: int
    frames: int = 1
    animated: bool = False
    passes: int = 1
    orientation: int = 1
    turned: bool = False
    bits: int = 8
    alpha: bool = False
    multi_channel: bool = True
    cut: bool = False
    pages: tuple[int, ...] = field(default=(), repr=False)
    still: bytes | None = field(default=None, repr=False)
    clean: bytes | None = field(default=None, repr=False)


def damaged(reason: str = "") -> ImageError:
    """Return the error of a file whose structure is broken."""
    return ImageError(f"{DAMAGED}: {reason}" if reason else DAMAGED)


def refused(reason: str) -> ImageError:
    """Return the error of a file that is built to keep a decoder busy."""
    return ImageError(f"the image is refused: {reason}")
