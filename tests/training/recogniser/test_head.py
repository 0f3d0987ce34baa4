"""Cutting the classifier leaves the other characters as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubocr.conversion.to_onnx import onnx_file
from hubocr.errors import ModelError
from hubocr.recognition import TextRecognizer, load_vocabulary
from hubocr.settings import EngineName, EngineSettings
from tests.training import draw_text
from tests.training.graph.test_network import RELEASED, inputs, released

pytestmark = pytest.mark.usefixtures("training")


@pytest.mark.parametrize("name", RELEASED)
def test_kept_classes_have_the_same_logits(name: str) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.head import find_head
    from hubocr.training.graph.network import Network
    from hubocr.training.recogniser.head import cut_head

    files = released(name)
    graph = Graph.load(onnx_file(files))
    head = find_head(graph)
    known = load_vocabulary(files, graph.metadata, class_count=head.classes).characters
    wanted = (*"7ax何", "\ue000", " ")
    cut = cut_head(graph, known, wanted)
    assert find_head(cut).classes == len(wanted) + 1
    old = Network(graph, head.logits).logits(inputs()[1])
    new = Network(cut, find_head(cut).logits).logits(inputs()[1])
    places = [0, *(known.index(character) + 1 for character in wanted if character in known)]
    kept = [0, *(n for n, character in enumerate(wanted, start=1) if character in known)]
    assert len(kept) == len(wanted)
    assert np.abs(new[..., kept] - old[..., places]).max() < 1e-4
    fresh = new[..., wanted.index("\ue000") + 1]
    # Neither surely there nor surely not: among the logits of the others.
    assert old.min() < fresh.min() <= fresh.max() < old.max()


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("wanted", ["7", "a\u3000 ", "\u3000", " ", "#\t字\U0001f40d "])
def test_engines_find_the_characters_in_the_file(
    tiny_base: Path, tmp_path: Path, wanted: str, engine: EngineName
) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.recogniser.head import cut_head
    from hubocr.training.recogniser.publish import export_model, served_graph
    from hubocr.training.recogniser.shape import InputShape

    cut = cut_head(Graph.load(tiny_base / "inference.onnx"), "0123456789ab", wanted)
    for width in (None, 96):
        graph = served_graph(cut, wanted, InputShape(48, width))
        export_model(graph, {}, wanted, "", tmp_path / "m")
        recognizer = TextRecognizer.load(tmp_path / "m", EngineSettings(engine=engine))
        assert recognizer.vocabulary.characters == tuple(wanted)
        recognizer.recognize([draw_text("12")])


def test_the_characters_have_to_be_the_networks(tiny_base: Path) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.recogniser.head import cut_head

    graph = Graph.load(tiny_base / "inference.onnx")
    with pytest.raises(ModelError, match="13 classes, its characters 3"):
        cut_head(graph, "ab", "a")
