"""How much structure a file may have before anything in it is decoded.

A decoder's time follows the structure of a file as well as its pixels: each scan of a progressive
JPEG file passes over the whole image, each page of a TIFF file is a list of its own. Each limit is
far above what programs write and low enough that a scan of the structure and the decoder after it
stay proportional to the pixels allowed and the bytes sent.
"""

from __future__ import annotations

MAX_PASSES = 20
"""Passes over an image of the largest size, all scans or frames together.

The usual progressive script has 10 scans (jpeg_simple_progression in libjpeg's jcparam.c). A
smaller image may have more, as long as scans times pixels stay below.
"""

MAX_JPEG_SCANS = 500
"""Scans of one JPEG image: what libjpeg-turbo's own programs suggest (``djpeg -maxscans 500``)."""

MAX_JPEG_SEGMENTS = 4_000
"""Segments between a JPEG file's scans. A segment has up to 64 KiB, and 4,000 fill 250 MB."""

MAX_PNG_CHUNKS = 100_000
"""Chunks of a PNG file. Encoders write 8 KiB to a chunk of pixels, some one row."""

MAX_PNG_EXTRA_BYTES = 65_536
"""Chunks besides the pixels are cut out before decoding where they have more bytes than this.

libpng and Pillow unpack colour profiles and texts that an OCR has no use for.
"""

MAX_PNG_EXTRA_CHUNKS = 64
"""And where there are more than these."""

MIN_GIF_BLOCK_BYTES = 64
"""Bytes that a GIF file's blocks have at least on average; encoders fill blocks of 255 bytes."""

MAX_FRAMES = 10_000
"""Frames of an animation, or pages of a TIFF file."""

MAX_TIFF_ENTRIES = 1_024
"""Entries of a TIFF directory; scanners write 15 to 40, GeoTIFF and cameras up to 100."""

MAX_TIFF_PARTS = 200_000
"""Strips or tiles of one TIFF page: a strip a row of the highest images."""

MAX_TIFF_TILE_PIXELS = 4_194_304
"""Pixels of a TIFF tile that is larger than its page. Usual tiles have 256 or 512 a side."""

MAX_TIFF_OVERLAP = 4
"""How often the parts of a TIFF page may use the bytes of the file: a file that repeats one strip
thousands of times makes the decoder read all of it each time."""

MAX_WEBP_CHUNKS = 30_000
"""Chunks of a WebP file: three for each frame."""

MAX_BOXES = 10_000
"""Boxes of a HEIC, AVIF or JPEG 2000 file that are looked at."""

MAX_ICO_ENTRIES = 256
"""Images of an ICO file; programs write 1 to 12."""

MAX_J2K_TILES = 65_535
"""Tiles of a JPEG 2000 image: the standard's own limit (ISO 15444-1, A.4.2)."""

ANIMATION_SHARE = 4
"""An animation's canvas may have max_pixels divided by this: decoders hold several canvases of four
bytes a pixel while they compose its frames. Its first frame alone may be as large as any image."""

MAX_ANIMATION_PASSES = 4
"""Pixels of all frames that are composed to choose one of them, in units of max_pixels. Composing
is slower than decoding."""
