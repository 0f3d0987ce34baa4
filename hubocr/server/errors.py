"""Errors that only the HTTP server knows; see `hubocr.errors` for the tree."""

from __future__ import annotations

from typing import ClassVar

from hubocr.errors import HubocrError, RequestError


class NoJsonError(RequestError):
    """The JSON body is null, which PaddleHub answers with a status of its own."""

    hub_status: ClassVar[str] = "112"


class MalformedJsonError(RequestError):
    """The body is not JSON; PaddleHub's answer to that isn't HTTP 200 either."""


class ContentTypeError(RequestError):
    """The content type is none that the route takes."""

    http_status: ClassVar[int] = 415


class EncodingError(ContentTypeError):
    """The body has a content encoding that the server doesn't know."""

    @property
    def http_headers(self) -> dict[str, str]:
        """See `HubocrError.http_headers`; RFC 9110, section 15.5.16."""
        return {"Accept-Encoding": "gzip, deflate"}


class MethodError(RequestError):
    """The method is none that is answered."""

    http_status: ClassVar[int] = 405

    @property
    def http_headers(self) -> dict[str, str]:
        """See `HubocrError.http_headers`."""
        return {"Allow": "POST"}


class LimitError(RequestError):
    """The request asks for more than a limit allows."""

    http_status: ClassVar[int] = 413


class SlowClientError(RequestError):
    """The client took too long to send its request."""

    http_status: ClassVar[int] = 408


class UnauthorizedError(RequestError):
    """The API key is missing or wrong."""

    http_status: ClassVar[int] = 401

    @property
    def http_headers(self) -> dict[str, str]:
        """See `HubocrError.http_headers`."""
        return {"WWW-Authenticate": "Bearer"}


class UnknownModuleError(RequestError):
    """No module of that name is served."""

    hub_status: ClassVar[str] = "111"
    http_status: ClassVar[int] = 404


class NotReadyError(HubocrError):
    """The models aren't loaded yet."""

    http_status: ClassVar[int] = 503


class OverloadedError(HubocrError):
    """The queue is full.

    Args:
        message: The public message.
        retry_after_s: When to try again, in seconds.
    """

    http_status: ClassVar[int] = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def http_headers(self) -> dict[str, str]:
        """See `HubocrError.http_headers`."""
        return {"Retry-After": str(self.retry_after_s)}
