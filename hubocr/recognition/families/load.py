"""Loading a recogniser of whatever family its files say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hubocr.errors import CharsetError
from hubocr.models import ModelFiles, resolve_path
from hubocr.models.onnx_graph import find_argmax_input, read_graph
from hubocr.recognition.charset import Charset, load_charset
from hubocr.recognition.families.base import Family
from hubocr.recognition.families.ddddocr import CHARSETS_FILE, DdddOcrFamily, read_charsets
from hubocr.recognition.families.modelscope import (
    VOCABULARY_FILE,
    ModelScopeFamily,
    is_modelscope,
)
from hubocr.recognition.families.ppocr import PpOcrFamily
from hubocr.runtime import Network


def load_family(
    model: ModelFiles,
    load: Callable[[ModelFiles], Network],
    *,
    dict_path: str | None,
    use_space_char: bool,
) -> tuple[Network, Family, Charset]:
    """Load a recogniser.

    Args:
        model: Its files.
        load: Loads a network.
        dict_path: The dictionary, or ``charsets.json`` under any name that ends in ``.json``;
            None: the model's own.
        use_space_char: Whether a space follows the characters of a PP-OCR dictionary.

    Raises:
        ModelError: The files don't fit together.
        EngineError: No engine can run the model.
    """
    charsets_file = _charsets_file(model, dict_path)
    if charsets_file is not None and model.onnx is not None:
        charsets = read_charsets(charsets_file)
        content = model.onnx.read_bytes()
        logits = find_argmax_input(read_graph(content, str(model.onnx)))
        network = load(replace(model, output=logits))
        family = DdddOcrFamily(charsets, network, of_trainer=logits is not None)
        return network, family, charsets.charset
    network = load(model)
    classes = network.output_dimensions[-1] if network.output_dimensions else None
    if is_modelscope(model, network):
        vocabulary = dict_path or str(model.folder / VOCABULARY_FILE)
        charset = load_charset(model, {}, dict_path=vocabulary, use_space_char=False)
        return network, ModelScopeFamily(charset, vocabulary, classes), charset
    charset = load_charset(
        model,
        network.metadata,
        dict_path=dict_path,
        use_space_char=use_space_char,
        class_count=classes,
    )
    return network, PpOcrFamily(network, charset), charset


def _charsets_file(model: ModelFiles, dict_path: str | None) -> Path | None:
    if dict_path is not None and dict_path.lower().endswith(".json"):
        found = resolve_path(dict_path)
        if found is None:
            raise CharsetError(f"{dict_path} does not exist")
        return found
    own = model.folder / CHARSETS_FILE
    if not own.is_file():
        return None
    if dict_path is not None:
        raise CharsetError(
            f"the characters of this model are those of {own}: leave rec_char_dict_path "
            f"({dict_path}) out"
        )
    return own
