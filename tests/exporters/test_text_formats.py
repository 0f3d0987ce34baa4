"""Text as it stands on the page, Markdown, CSV, JSON lines, Word."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.exporters import FORMATS, Document, document_of
from hubocr.exporters.markdown import escaped
from hubocr.pipeline import Page
from hubocr.pipeline.blocks import blocks_of
from hubocr.pipeline.turning import as_it_came, as_it_stands
from tests.exporters.pages import MIXED, line, page_of

TABLE = page_of(
    [
        line("Item", 100, 20, 40),
        line("Price", 300, 20, 50),
        line("纯牛奶 250ml", 100, 50, 120),
        line("12.80", 300, 51, 50),
        line("A long name of some goods", 100, 80, 180),
        line("9.50", 300, 79, 40),
        line("Total", 160, 160, 50),
    ]
)
ARTICLE = page_of(
    [
        line("A heading", 40, 10, 300, 50),
        line("The first line of a paragraph goes", 40, 80, 340),
        line("on in the second line and then it", 40, 104, 335),
        line("ends.", 40, 128, 50),
        line("今天天气很好，我们去公园散步，看见", 40, 200, 340),
        line("很多花。", 40, 224, 80),
        line("1. a list item", 40, 300, 140),
    ]
)


def text(name: str, page: Page) -> str:
    return FORMATS[name].export(document_of(page)).decode()


def test_columns_stand_below_each_other() -> None:
    assert text("layout", TABLE).split("\n") == [
        "Item                       Price",
        "纯牛奶 250ml               12.80",
        "A long name of some goods  9.50",
        *("", ""),
        "      Total",
        "",
    ]


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("name", ["layout", "markdown"])
def test_turned_pages_are_laid_out_as_upright_ones(name: str, angle: int) -> None:
    turned = as_it_came(TABLE, angle)
    assert as_it_stands(turned) == TABLE
    assert text(name, turned) == text(name, TABLE)


def test_pages_are_parted() -> None:
    both = Document((TABLE, Page(5, 5), TABLE))
    once = text("layout", TABLE)
    assert FORMATS["layout"].export(both).decode() == f"{once}\f\f{once}"
    pages = FORMATS["markdown"].export(Document((ARTICLE, ARTICLE))).decode().split("\n\n---\n\n")
    assert len(pages) == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(1, 90), st.integers(1, 40)),
        max_size=8,
    )
)
def test_no_text_is_lost_wherever_lines_are(places: list[tuple[int, int, int, int]]) -> None:
    page = page_of([line(f"<{n}>", *place) for n, place in enumerate(places)])
    laid_out = text("layout", page)
    for number in range(len(places)):
        assert laid_out.count(f"<{number}>") == 1
    blocks = [one for block in blocks_of(page) for one in block.lines]
    assert blocks == list(page.lines)


def test_markdown_has_headings_paragraphs_and_what_is_no_list() -> None:
    assert text("markdown", ARTICLE) == (
        "# A heading\n\n"
        "The first line of a paragraph goes on in the second line and then it ends.\n\n"
        "今天天气很好，我们去公园散步，看见很多花。\n\n"
        "1\\. a list item\n"
    )


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_markdown_shows_any_text_as_it_is(given_text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    shown = markdown_it.MarkdownIt("commonmark").render(escaped(given_text))
    assert _plain(shown).split() == given_text.split()


def test_csv_is_read_back_and_runs_no_formula() -> None:
    risky = ["=HYPERLINK(1)", "-5.00", "@SUM(1)", 'say "a", b', "合计\n"]
    page = page_of([line(one, 10, 40 * n, 100) for n, one in enumerate(risky)])
    content = FORMATS["csv"].export(Document((page, MIXED)))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows[:5]] == ["'=HYPERLINK(1)", "-5.00", "'@SUM(1)", *risky[3:]]
    assert [(row["page"], row["line"]) for row in rows[4:6]] == [("1", "5"), ("2", "1")]
    assert [rows[5][key] for key in ("left", "top", "right", "bottom")] == ["40", "20", "230", "40"]


def test_json_lines_are_pages() -> None:
    content = FORMATS["jsonl"].export(Document((MIXED, TABLE), name="scan")).decode()
    values = [json.loads(one) for one in content.splitlines()]
    assert [one["document"] for one in values] == ["scan", "scan"]
    assert [Page.from_dict(one) for one in values] == [MIXED, TABLE]


def test_word_has_headings_and_paragraphs() -> None:
    docx = pytest.importorskip("docx", reason="python-docx is not installed")
    content = FORMATS["docx"].export(Document((ARTICLE, page_of([line("a\x00b", 1, 1, 50)]))))
    paragraphs = [(p.style.name, p.text) for p in docx.Document(io.BytesIO(content)).paragraphs]
    assert paragraphs[0] == ("Heading 1", "A heading")
    assert paragraphs[2] == ("Normal", "今天天气很好，我们去公园散步，看见很多花。")
    assert paragraphs[-1] == ("Normal", "a\ufffdb")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)
