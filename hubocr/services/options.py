"""The options of a request, from its keys besides the images."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hubocr.errors import RequestError, SettingsError
from hubocr.settings import PipelineSettings, Task, apply_request


def request_settings(
    settings: PipelineSettings,
    arguments: Mapping[str, object],
    tasks: Collection[Task],
    where: str = "request",
) -> PipelineSettings:
    """Return the settings of one request: the options, and the models where it names a scene.

    Args:
        settings: Those of requests that bring none.
        arguments: The request's keys without the images: ``options``, an object, or options by
            themselves. Anything else is refused by name.
        tasks: The stages that there are.
        where: What errors call the request.

    Raises:
        RequestError: ``paths`` is among them.
        SettingsError: An option is unknown or out of range.
    """
    direct = dict(arguments)
    # An empty list opens nothing, and clients of the reference send it beside their images.
    if direct.pop("paths", []) != []:
        raise RequestError(
            "paths is refused: the server opens no files that a client names; send the files' "
            "contents in images"
        )
    nested = direct.pop("options", None) or {}
    if not isinstance(nested, dict):
        raise SettingsError("options must be an object of option names and values")
    settings = apply_request(settings, direct, tasks, where)
    return apply_request(settings, nested, tasks, "options")
