"""The exception tree of hubocr.

::

    HubocrError                      500  "101"
    +-- RequestError                 400  "101"   the caller's input is wrong
    |   +-- ImageError               422  "101"   one image can't be used
    |   |   +-- ImageTooLargeError   413  "101"
    |   |   +-- TooManyLinesError    413  "101"
    |   +-- DocumentError            422  "101"   a file, folder, address or PDF can't be used
    |   |   +-- DocumentPasswordError
    |   |   +-- DocumentTooLargeError  413  "101"   more pages, bytes or memory than the limit
    |   |   +-- DocumentTimeoutError
    |   |   +-- PageRangeError
    |   |   +-- UrlError
    |   |   |   +-- UrlRefusedError  403  "101"   URLs or this one are not allowed
    |   +-- SettingsError            400  "101"   an option is unknown or out of range
    |       +-- DatasetError         400  "101"   labelled data are missing or can't be used
    +-- ModelError                   500  "101"   a model folder is missing or unusable
    |   +-- ModelNotFoundError
    |   +-- ModelHashError
    |   +-- ModelFetchError
    |   +-- VocabularyError
    +-- EngineError                  500  "101"   an inference engine is missing or failed
    |   +-- MissingPackageError                   a package of an extra is not installed
    +-- CallCancelledError           499  "101"   the caller has left before the result
    +-- DeadlineError                504  "101"   the result took longer than allowed
    +-- InferenceError               500  "101"   an unexpected fault while working on an image

Each error owns its public message (safe to show to a client), the hubserving status it is
answered with and the HTTP code that fits it.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CallCancelledError",
    "DatasetError",
    "DeadlineError",
    "DocumentError",
    "DocumentPasswordError",
    "DocumentTimeoutError",
    "DocumentTooLargeError",
    "EngineError",
    "HubocrError",
    "ImageError",
    "ImageTooLargeError",
    "InferenceError",
    "MissingPackageError",
    "ModelError",
    "ModelFetchError",
    "ModelHashError",
    "ModelNotFoundError",
    "PageRangeError",
    "RequestError",
    "SettingsError",
    "TooManyLinesError",
    "UrlError",
    "UrlRefusedError",
    "VocabularyError",
]


class HubocrError(Exception):
    """Base of every error that hubocr raises on purpose.

    Args:
        message: The public message. It names what is wrong and, where there is one, the
            field and the index; it never holds a stack trace.
        setting: The setting that the message begins with, where it is about one.
    """

    hub_status: ClassVar[str] = "101"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, setting: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.setting = setting

    @property
    def http_headers(self) -> dict[str, str]:
        """The headers that an HTTP answer with this error has besides the usual ones."""
        return {}


class RequestError(HubocrError):
    """The caller's input is wrong."""

    http_status: ClassVar[int] = 400


class ImageError(RequestError):
    """The bytes of one image can't be used."""

    http_status: ClassVar[int] = 422

    def at(self, where: str) -> ImageError:
        """Return the same error with the place of the image, such as ``images[2]``, in front."""
        return type(self)(f"{where}: {self.message}")


class ImageTooLargeError(ImageError):
    """The image's header announces more pixels than the limit."""

    http_status: ClassVar[int] = 413


class TooManyLinesError(ImageError):
    """The image holds more lines of text than the limit."""

    http_status: ClassVar[int] = 413


class DocumentError(RequestError):
    """A file, folder, address or document can't be opened or holds nothing that can be read."""

    http_status: ClassVar[int] = 422


class DocumentPasswordError(DocumentError):
    """The document is encrypted and the password is missing or wrong."""


class DocumentTooLargeError(DocumentError):
    """The document has more pages or bytes, or takes more memory, than the limit."""

    http_status: ClassVar[int] = 413


class DocumentTimeoutError(DocumentError):
    """The document, or one page of it, takes longer to open or render than the limit."""


class PageRangeError(DocumentError):
    """A page range names a page that the document doesn't have."""


class UrlError(DocumentError):
    """What a URL refers to can't be fetched."""


class UrlRefusedError(UrlError):
    """URLs are not allowed, or this one leads where the server must not go."""

    http_status: ClassVar[int] = 403


class SettingsError(RequestError):
    """A setting or option is unknown, of the wrong type or out of range."""

    def within(self, where: str) -> SettingsError:
        """Return the error with the layer that holds the setting, such as ``options``, in front."""
        setting = f"{where}.{self.setting}" if self.setting else ""
        return type(self)(f"{where}.{self.message}", setting=setting)


class DatasetError(SettingsError):
    """Labelled data are not there, or can't be used."""


class ModelError(HubocrError):
    """A model can't be found, fetched or used."""


class ModelNotFoundError(ModelError):
    """No model has that name, or no model files are at that path."""


class ModelHashError(ModelError):
    """A model file differs from what the registry says."""


class ModelFetchError(ModelError):
    """The source of a model can't be reached, read or written."""


class VocabularyError(ModelError):
    """The dictionary is missing or doesn't fit the recogniser."""


class EngineError(HubocrError):
    """An inference engine is missing, refuses a model or failed on a tensor."""


class MissingPackageError(EngineError):
    """A package that only some features need is not installed; the message names its extra."""


class CallCancelledError(HubocrError):
    """The caller has left before the result; what hadn't begun was dropped."""

    http_status: ClassVar[int] = 499


class DeadlineError(HubocrError):
    """The result took longer than allowed; what hadn't begun was dropped."""

    http_status: ClassVar[int] = 504


class InferenceError(HubocrError):
    """An unexpected fault while working on an image; the cause is chained and logged."""
