"""The options of one call: those of documents, and those of pages."""

from __future__ import annotations

from collections.abc import Mapping

from hubocr.documents import DocumentOptions
from hubocr.errors import SettingsError
from hubocr.settings import TASKS, Effective, PipelineSettings
from hubocr.settings.declared import change, declared
from hubocr.settings.params import PARAMS
from hubocr.settings.profiles import options_params, with_profile_name

DOCUMENT_PARAMS = declared(DocumentOptions)
"""The options of documents by public name."""

Values = Mapping[str, object]


def document_options(
    defaults: DocumentOptions, values: Values, where: str = "predict"
) -> tuple[DocumentOptions, dict[str, object]]:
    """Return the options of documents with those of a call, and what else the call says.

    Raises:
        SettingsError: A value is wrong.
    """
    own = {name: value for name, value in values.items() if name in DOCUMENT_PARAMS}
    rest = {name: value for name, value in values.items() if name not in own}
    return change(defaults, DOCUMENT_PARAMS, own, where), rest


def page_settings(effective: Effective, values: Values, where: str = "predict") -> PipelineSettings:
    """Return the options of pages with those of a call over the pipeline's, and the scene's models.

    A call may set every option of `OcrOptions`, not only those that a request to a server may.

    Raises:
        SettingsError: An option is unknown, belongs to the pipeline as a whole, or is wrong.
    """
    values = with_profile_name(values, where)
    requestable = options_params(TASKS, effective.pipeline.models)
    rest = {name: value for name, value in values.items() if name not in requestable}
    for name in rest:
        if name not in PARAMS:
            known = sorted({*DOCUMENT_PARAMS, *requestable})
            raise SettingsError(
                f"{where}: unknown option {name!r} (besides PaddleX's: {', '.join(known)})",
                setting=name,
            )
        if PARAMS[name].path[:1] != ("options",):
            raise SettingsError(
                f"{where}: {name} is set when the pipeline is made, not in a call", setting=name
            )
    asked = {name: value for name, value in values.items() if name in requestable}
    return effective.with_options(asked, where).with_layer(rest, where).pipeline
