"""Make the font of the invisible text in searchable PDFs: ``python tools/make_blank_font.py``.

Its glyphs are 1 half an em wide, 2 an em, 3 without width. Each is a stroke without thickness from
corner to corner: nothing would be seen of it, and it has a box, without which PDFium drops the
character. Needs fontTools.
"""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

UNITS, ASCENT, DESCENT = 1000, 800, -200
WIDTHS = {".notdef": 500, "narrow": 500, "wide": 1000, "mark": 0}
FONT = Path(__file__).resolve().parents[1] / "hubocr" / "exporters" / "pdf" / "blank.ttf"


def stroke(width: int) -> Glyph:
    """Return a glyph whose box is the whole of its place."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    pen.lineTo((width, ASCENT))
    pen.closePath()
    return pen.glyph()


def main() -> None:
    """Write the font."""
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder(list(WIDTHS))
    builder.setupCharacterMap({0x20: "narrow", 0x3000: "wide"})
    builder.setupGlyf({name: stroke(width) for name, width in WIDTHS.items()})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in WIDTHS.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupNameTable({"familyName": "hubocr blank", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.save(FONT)
    print(f"{FONT}: {FONT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
