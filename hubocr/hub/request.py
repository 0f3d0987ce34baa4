"""The keys of a request besides ``images``."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hubocr.errors import RequestError, SettingsError
from hubocr.settings import OcrOptions, Task, apply_options


def options_of_request(
    options: OcrOptions, arguments: Mapping[str, object], tasks: Collection[Task]
) -> OcrOptions:
    """Return the options of one request.

    Args:
        options: The module's options.
        arguments: The request's keys without ``images``, over ``predict_args``: ``options``, an
            object, or options by themselves. Anything else is refused by name.
        tasks: The stages that the module has.

    Raises:
        RequestError: ``paths`` is among them.
        SettingsError: An option is unknown or out of range.
    """
    if "paths" in arguments:
        raise RequestError(
            "paths is refused: the server opens no files that a client names; send the files' "
            "contents in images"
        )
    direct = dict(arguments)
    nested = direct.pop("options", None) or {}
    if not isinstance(nested, dict):
        raise SettingsError("options must be an object of option names and values")
    options = apply_options(options, direct, tasks, "request")
    return apply_options(options, nested, tasks, "options")
