"""The font of invisible text: any character, without outlines.

PDF 32000-1:2008, 9.7 (composite fonts) and 9.10.3 (ToUnicode). A character gets a number (CID) when
it is used first, so that every character of Unicode can be written and the file says what it is.
"""

from __future__ import annotations

from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING

from hubocr.exporters.reading import cell_width

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

ASCENT, DESCENT = 0.8, -0.2
"""How far letters reach above and below the baseline, in font sizes."""

WIDTH = {0: 0, 1: 500, 2: 1000}
"""Width of characters of so many cells, in thousandths of the font size."""

_GLYPH = {0: 3, 1: 1, 2: 2}
_UNKNOWN = "\ufffd"
_MOST = 0xFFFF
_AT_ONCE = 100  # mappings in one block of a CMap, by its specification

_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{mappings}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


class BlankFont:
    """The characters that a document uses."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {_UNKNOWN: 1}

    def encode(self, text: str) -> str:
        """Return the codes of a text in hexadecimal, for a string in a content stream."""
        return "".join(f"{self._number(char):04X}" for char in text)

    def width(self, text: str) -> float:
        """Return the width of a text in font sizes."""
        return sum(WIDTH[cell_width(char)] for char in text) / 1000

    def add_to(self, pdf: Pdf) -> Object:
        """Return the font dictionary, added to a file, with the characters encoded so far."""
        from pikepdf import Array, Dictionary, Name, String

        data = files("hubocr.exporters.pdf").joinpath("blank.ttf").read_bytes()
        name = Name("/HubocrBlank")
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=5,  # fixed pitch, symbolic
            FontBBox=[0, round(1000 * DESCENT), 1000, round(1000 * ASCENT)],
            ItalicAngle=0,
            Ascent=round(1000 * ASCENT),
            Descent=round(1000 * DESCENT),
            CapHeight=round(1000 * ASCENT),
            StemV=80,
            FontFile2=pdf.make_stream(data, Length1=len(data)),
        )
        classes = [cell_width(char) for char in self._numbers]
        glyphs = b"".join(_GLYPH[one].to_bytes(2, "big") for one in (0, *classes))
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(
                Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
            ),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=WIDTH[1],
            W=Array([1, Array([WIDTH[one] for one in classes])]),
            CIDToGIDMap=pdf.make_stream(glyphs),
        )
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=[pdf.make_indirect(descendant)],
            ToUnicode=pdf.make_stream(self._to_unicode().encode()),
        )
        return pdf.make_indirect(font)

    def _number(self, char: str) -> int:
        if "\ud800" <= char <= "\udfff" or len(self._numbers) >= _MOST:
            return self._numbers.get(char, 1)
        return self._numbers.setdefault(char, len(self._numbers) + 1)

    def _to_unicode(self) -> str:
        mappings = iter(
            f"<{number:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for char, number in self._numbers.items()
        )
        blocks = []
        while block := list(islice(mappings, _AT_ONCE)):
            blocks.append(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar")
        return _CMAP.format(mappings="\n".join(blocks))
