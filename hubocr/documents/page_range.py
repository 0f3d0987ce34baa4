"""The syntax of page ranges: ``1-3,7,10-``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubocr.errors import PageRangeError, SettingsError

_LONGEST = 1000
_PART = re.compile(r"(?P<first>[0-9]{1,18})(?P<to>-(?P<last>[0-9]{1,18})?)?")


@dataclass(frozen=True)
class PageRange:
    """Some pages of a document, counted from 1.

    Attributes:
        text: What was parsed.
        parts: First and last page of each part; the last is None for "to the end".
    """

    text: str
    parts: tuple[tuple[int, int | None], ...]

    @classmethod
    def parse(cls, text: str) -> PageRange:
        """Read a text such as ``1-3,7,10-``: pages and ranges of pages, counted from 1.

        Raises:
            SettingsError: The text is no page range; the message quotes the part that is wrong.
        """
        if len(text) > _LONGEST:
            raise _refused(f"is longer than {_LONGEST} characters")
        parts: list[tuple[int, int | None]] = []
        for part in text.split(","):
            match = _PART.fullmatch(part.strip())
            if match is None:
                raise _refused(f"must be pages and ranges such as '1-3,7,10-', not {part!r}")
            first = int(match["first"])
            last = int(match["last"]) if match["last"] else None if match["to"] else first
            if first < 1:
                raise _refused(f"counts pages from 1, not {part!r}")
            if last is not None and last < first:
                raise _refused(f"has a range that runs backwards: {part!r}")
            parts.append((first, last))
        return cls(text, tuple(parts))

    def indices(self, page_count: int) -> list[int]:
        """Return the indices (from 0) of the pages, each once, in the order of the document.

        Raises:
            PageRangeError: A page is beyond the last one.
        """
        chosen: set[int] = set()
        for first, last in self.parts:
            for page in (first, last):
                if page is not None and page > page_count:
                    pages = "1 page" if page_count == 1 else f"{page_count} pages"
                    raise PageRangeError(
                        f"page_range {self.text!r} names page {page}, the document has {pages}"
                    )
            chosen.update(range(first - 1, page_count if last is None else last))
        return sorted(chosen)


def _refused(reason: str) -> SettingsError:
    return SettingsError(f"page_range {reason}", setting="page_range")
