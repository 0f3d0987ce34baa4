"""What is known of a request while it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import Scope

if TYPE_CHECKING:
    from hubocr.server.dialects.base import Dialect

_KEY = "hubocr.request"

CLIENT_CLOSED = 499
"""Status in the log of a request whose client left before its answer; nginx's number."""


@dataclass
class RequestRecord:
    """The state of one request; each field is written by one place.

    Attributes:
        id: The request's id.
        arrival: When it came, on the clock of ``time.monotonic()``.
        dialect: What its errors are written in.
        module: Name of the request's module; empty until it is found. Names that aren't served
            are the client's and never stand here.
        error: Name of the error that it is answered with; empty where there is none.
        status: The HTTP status that was sent; 0 before that.
    """

    id: str
    arrival: float
    dialect: Dialect
    module: str = ""
    error: str = ""
    status: int = 0


def attach_record(scope: Scope, record: RequestRecord) -> None:
    """Make a record the request's."""
    scope[_KEY] = record


def record_of(scope: Scope) -> RequestRecord:
    """Return the record of a request."""
    record = scope[_KEY]
    if not isinstance(record, RequestRecord):
        raise TypeError("the request has no record")
    return record
