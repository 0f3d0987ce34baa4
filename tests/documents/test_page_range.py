from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.documents import DocumentOptions, PageRange
from hubocr.errors import PageRangeError, SettingsError

PAGES = st.integers(min_value=1, max_value=60)
PARTS = st.lists(
    st.tuples(PAGES, PAGES, st.sampled_from(["one", "range", "open"])), min_size=1, max_size=6
)


@given(PARTS, PAGES)
def test_a_range_means_the_pages_that_it_names(
    parts: list[tuple[int, int, str]], page_count: int
) -> None:
    texts, named = [], set()
    for a, b, kind in parts:
        first, last = min(a, b), max(a, b)
        if kind == "one":
            texts.append(str(first))
            named.add(first)
        elif kind == "range":
            texts.append(f"{first}-{last}")
            named |= set(range(first, last + 1))
        else:
            texts.append(f" {first}- ")
            named |= {first} | set(range(first, page_count + 1))
    parsed = PageRange.parse(",".join(texts))
    beyond = {page for page in named if page > page_count}
    if beyond:
        with pytest.raises(PageRangeError) as caught:
            parsed.indices(page_count)
        assert any(f"names page {page}," in caught.value.message for page in beyond)
    else:
        assert parsed.indices(page_count) == sorted(page - 1 for page in named)


@given(st.text(max_size=30))
def test_any_text_is_a_range_or_a_settings_error(text: str) -> None:
    try:
        parsed = PageRange.parse(text)
    except SettingsError as error:
        assert "page_range" in error.message
    else:
        for (first, last), part in zip(parsed.parts, text.split(","), strict=True):
            assert 1 <= first <= (last or first)
            assert str(first) in part


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "''"),
        ("0", "'0'"),
        ("3-1", "'3-1'"),
        ("1,,2", "''"),
        ("-3", "'-3'"),
        ("a", "'a'"),
        ("1-2-3", "'1-2-3'"),
        ("٣", "'٣'"),
        ("9" * 19, repr("9" * 19)),
        ("1," * 600, "longer"),
    ],
)
def test_a_wrong_range_is_refused_with_the_part_that_is_wrong(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match="page_range") as caught:
        PageRange.parse(text)
    assert told in caught.value.message
    with pytest.raises(SettingsError):
        DocumentOptions(page_range=text)


def test_a_page_beyond_the_last_is_named() -> None:
    with pytest.raises(PageRangeError, match=r"'1,12-' names page 12, the document has 10 pages"):
        PageRange.parse("1,12-").indices(10)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(DocumentOptions(password="secret"))
