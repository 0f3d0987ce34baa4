"""The body of a gateway's request."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubocr.errors import RequestError

_PART = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", re.ASCII)
_MOST_PAGES = 10_000


class UnprocessableError(RequestError):
    """A request that is JSON and can't be answered."""

    http_status = 422


class ImageUrl(BaseModel):
    """An image as chats write it."""

    url: str
    detail: str | None = None


class DocumentUrl(BaseModel):
    """A document: a data URI, or a URL where the server allows these."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["document_url"] = "document_url"
    document_url: str
    document_name: str | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return self.document_url


class ImageOfUrl(BaseModel):
    """An image: a data URI, or a URL where the server allows these."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["image_url"] = "image_url"
    image_url: str | ImageUrl

    @property
    def url(self) -> str:
        """Where it is."""
        return self.image_url if isinstance(self.image_url, str) else self.image_url.url


class GatewayRequest(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        None, description="the name of a module that reads pages; another one is not looked at"
    )
    document: DocumentUrl | ImageOfUrl
    pages: list[int] | str | None = Field(
        None, description="pages, counted from 0: a list, or a text such as 0,2-4"
    )
    include_image_base64: bool | None = Field(None, description="no images are cut out of pages")
    include_blocks: bool = Field(True, description="paragraphs and headings with their boxes")
    confidence_scores_granularity: Literal["page", "block"] | None = None
    options: dict[str, Any] = Field({}, description="hubocr's own options, such as scene")
    id: str | None = None
    image_limit: int | None = None
    image_min_size: int | None = None
    table_format: str | None = None
    extract_header: bool | None = None
    extract_footer: bool | None = None
    bbox_annotation_format: None = Field(None, description="only null: there is no language model")
    document_annotation_format: None = Field(None, description="only null")
    document_annotation_prompt: None = Field(None, description="only null")

    @property
    def page_range(self) -> str | None:
        """The pages as `hubocr.documents.PageRange` writes them, counted from 1.

        Raises:
            UnprocessableError: It is no list of pages.
        """
        if self.pages is None:
            return None
        parts = self.pages.split(",") if isinstance(self.pages, str) else map(str, self.pages)
        ranges = [_counted_from_1(part) for part in list(parts)[:_MOST_PAGES]]
        if not ranges:
            raise UnprocessableError("pages is empty: leave it out for all pages")
        return ",".join(ranges)


def _counted_from_1(part: str) -> str:
    found = _PART.fullmatch(part)
    if found is None:
        raise UnprocessableError(
            f"pages must be page numbers from 0 and ranges such as 0,2-4, not {part[:40]!r}"
        )
    return "-".join(str(int(number) + 1) for number in found.groups() if number is not None)


def parsed(content: object) -> GatewayRequest:
    """Return the request of a JSON value.

    Raises:
        UnprocessableError: A key is missing, unknown or wrong; the message names it.
    """
    try:
        return GatewayRequest.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if isinstance(content, dict) and isinstance(content.get("document"), dict):
            kind = content["document"].get("type")
            if kind == "file":
                raise UnprocessableError(
                    "document.file_id: there is no store of files here; send a data URI as "
                    "document_url"
                ) from None
            # Of the two kinds of documents the errors of the one that is meant.
            others = {"document_url": "ImageOfUrl", "image_url": "DocumentUrl"}
            found = [one for one in found if others.get(str(kind)) not in one["loc"]] or found
        shown = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in found[:5])
        raise UnprocessableError(shown) from None


def _place(location: tuple[int | str, ...]) -> str:
    names = (str(part) for part in location if part not in ("DocumentUrl", "ImageOfUrl"))
    return ".".join(names) or "the body"
