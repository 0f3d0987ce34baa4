"""The options of reading documents, passed with each call."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Literal

from hubocr.documents.page_range import PageRange
from hubocr.errors import SettingsError
from hubocr.imaging import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from hubocr.rules import Checked, Rule, setting

TextLayerUse = Literal["use", "ignore", "auto"]
Frames = Literal["all", "first"]


@dataclass(frozen=True)
class UrlOptions(Checked):
    """The limits of fetching a URL.

    Attributes:
        allowed_networks: Networks such as ``10.1.2.0/24`` that may be reached although their
            addresses are not public.
    """

    max_redirects: int = setting(
        5, "url_max_redirects", "redirects that are followed", "integer", high=20
    )
    seconds: float = setting(
        30.0, "url_seconds", "time for all of one fetch", "number", low=0.1, high=3600
    )
    allowed_networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        super().__post_init__()
        for network in self.allowed_networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise SettingsError(f"url_allowed_networks: {error}") from error


@dataclass(frozen=True)
class DocumentOptions(Checked):
    """How sources are found and their pages read."""

    page_range: str | None = setting(
        None,
        "page_range",
        "pages of documents of several pages, such as 1-3,7,10-; null: all",
        "text",
        optional=True,
        per_request=True,
    )
    password: str | None = field(
        default=None,
        repr=False,
        metadata={
            "rule": Rule("password", "password of PDFs", "text", optional=True, per_request=True)
        },
    )
    dpi: int = setting(
        0,
        "pdf_dpi",
        "resolution at which PDF pages are rendered; 0: chosen for each page, so that its text is "
        "about 28 pixels high",
        "integer",
        high=1200,
        per_request=True,
    )
    text_layer: TextLayerUse = setting(
        "auto",
        "text_layer",
        "answer PDF pages from the text that they hold: use (wherever there is some), ignore, or "
        "auto (where it is real text that covers the page)",
        "choice",
        choices=("use", "ignore", "auto"),
        per_request=True,
    )
    frames: Frames = setting(
        "all",
        "frames",
        "of TIFF files of several pages and of animations: all frames, as pages, or the first",
        "choice",
        choices=("all", "first"),
        per_request=True,
    )
    recursive: bool = setting(False, "recursive", "go into the folders of a folder", "boolean")
    allow_urls: bool = setting(
        False, "allow_urls", "fetch sources that begin with http:// or https://", "boolean"
    )
    urls: UrlOptions = UrlOptions()
    max_pages: int = setting(
        10_000, "max_pages", "most pages of one document", "integer", low=1, high=1_000_000
    )
    max_pixels: int = setting(
        DEFAULT_MAX_PIXELS,
        "max_pixels",
        "most pixels of one page",
        "integer",
        low=1,
        high=HIGHEST_MAX_PIXELS,
    )
    max_bytes: int = setting(
        512 << 20, "max_bytes", "most bytes of one file", "integer", low=1, high=1 << 40
    )
    page_seconds: float = setting(
        30.0,
        "pdf_page_seconds",
        "time for opening a PDF, and again for each of its pages",
        "number",
        low=0.1,
        high=3600,
    )
    memory_mb: int = setting(
        1024,
        "pdf_memory_mb",
        "memory that rendering a PDF may take",
        "integer",
        low=128,
        high=1 << 20,
    )
    prefetch: int = setting(
        2,
        "prefetch",
        "pages that are read ahead while the caller works on one; 0: none",
        "integer",
        high=64,
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        super().__post_init__()
        if self.page_range is not None:
            PageRange.parse(self.page_range)
