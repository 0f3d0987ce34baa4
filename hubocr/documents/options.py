"""The options of reading documents, passed with each call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_network
from typing import ClassVar, Literal

from hubocr.documents.page_range import PageRange
from hubocr.errors import SettingsError
from hubocr.settings.declared import Params, declared
from hubocr.settings.pipeline import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from hubocr.settings.rule import Checked, Task, setting

TextLayerUse = Literal["use", "ignore", "auto"]
Frames = Literal["all", "first", "last", "ink", "merged"]


@dataclass(frozen=True)
class UrlOptions(Checked):
    """The limits of fetching a URL."""

    title: ClassVar = {"en": "URLs", "zh": "URL"}

    max_redirects: int = setting(
        5,
        "url_max_redirects",
        "redirects that are followed",
        "最多跟随的重定向次数",
        "integer",
        high=20,
    )
    seconds: float = setting(
        30.0,
        "url_seconds",
        "time for all of one fetch",
        "一次抓取的总时间，单位秒",
        "number",
        low=0.1,
        high=3600,
    )
    allowed_networks: tuple[str, ...] = setting(
        (),
        "url_allowed_networks",
        "networks such as 10.1.2.0/24 that may be reached although their addresses are not public",
        "地址虽非公网但允许访问的网络，如 10.1.2.0/24",
        "texts",
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        super().__post_init__()
        for network in self.allowed_networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise SettingsError(
                    f"url_allowed_networks: {error}", setting="url_allowed_networks"
                ) from error


@dataclass(frozen=True)
class DocumentOptions(Checked):
    """How sources are found and their pages read."""

    title: ClassVar = {"en": "Documents", "zh": "文档"}

    page_range: str | None = setting(
        None,
        "page_range",
        "pages of documents of several pages, such as 1-3,7,10-; null: all",
        "多页文档的页码，如 1-3,7,10-；null：全部",
        "text",
        optional=True,
        per_request=True,
    )
    password: str | None = setting(
        None,
        "password",
        "password of PDFs",
        "PDF 的密码",
        "text",
        optional=True,
        per_request=True,
        secret=True,
    )
    dpi: int = setting(
        0,
        "pdf_dpi",
        "resolution at which PDF pages are rendered; 0: chosen for each page, so that its text is "
        "about 28 pixels high",
        "PDF 页面渲染的分辨率；0：逐页选择，使文字高约 28 像素",
        "integer",
        high=1200,
        per_request=True,
    )
    text_layer: TextLayerUse = setting(
        "auto",
        "text_layer",
        "answer PDF pages from the text that they hold: use (wherever there is some), ignore, or "
        "auto (where it is real text that covers the page)",
        "直接采用 PDF 页面自带的文字：use（有就用）、ignore（不用）或 "
        "auto（是真实文字且覆盖整页时用）",
        "choice",
        choices=("use", "ignore", "auto"),
        per_request=True,
        tasks=("rec",),
    )
    frames: Frames = setting(
        "all",
        "frames",
        "of TIFF files of several pages and of animations: all frames, as pages, or one image: the "
        "first, the last, the one with most ink, or all merged",
        "多页 TIFF 和动图：all 取全部帧作为各页；或只得一幅图：first 第一帧，last 最后一帧，"
        "ink 笔迹最多的一帧，merged 各帧合并",
        "choice",
        choices=("all", "first", "last", "ink", "merged"),
        per_request=True,
    )
    recursive: bool = setting(
        False, "recursive", "go into the folders of a folder", "进入目录中的子目录", "boolean"
    )
    allow_urls: bool = setting(
        False,
        "allow_urls",
        "fetch sources that begin with http:// or https://",
        "抓取以 http:// 或 https:// 开头的来源",
        "boolean",
    )
    urls: UrlOptions = UrlOptions()
    max_pages: int = setting(
        10_000,
        "max_pages",
        "pages of one document at most",
        "一个文档的页数上限",
        "integer",
        low=1,
        high=1_000_000,
    )
    max_pixels: int = setting(
        DEFAULT_MAX_PIXELS,
        "max_pixels",
        "pixels of one page at most",
        "一页的像素数上限",
        "integer",
        low=1,
        high=HIGHEST_MAX_PIXELS,
    )
    max_bytes: int = setting(
        512 << 20,
        "max_bytes",
        "bytes of one file at most",
        "一个文件的字节数上限",
        "integer",
        low=1,
        high=1 << 40,
    )
    page_seconds: float = setting(
        30.0,
        "pdf_page_seconds",
        "time for opening a PDF, and again for each of its pages",
        "打开 PDF 以及处理其每一页的时间，单位秒",
        "number",
        low=0.1,
        high=3600,
    )
    memory_mb: int = setting(
        1024,
        "pdf_memory_mb",
        "memory that rendering a PDF may take",
        "渲染 PDF 可用的内存，单位 MB",
        "integer",
        low=128,
        high=1 << 20,
    )
    prefetch: int = setting(
        2,
        "prefetch",
        "pages that are read ahead while the caller works on one; 0: none",
        "调用者处理一页时预读的页数；0：不预读",
        "integer",
        high=64,
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        super().__post_init__()
        if self.page_range is not None:
            PageRange.parse(self.page_range)


def request_params(tasks: Collection[Task]) -> Params:
    """Return the options that a request may set, where these stages work on the pages."""
    return {
        name: param
        for name, param in declared(DocumentOptions).items()
        if param.rule.per_request and param.belongs(tasks)
    }
