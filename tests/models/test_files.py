from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.errors import ModelError, ModelNotFoundError
from hubocr.models import ModelFiles, inspect_model


def folder_with(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("stem", ["inference", "model"])
@pytest.mark.parametrize(
    ("endings", "fields", "program"),
    [
        (["pdmodel", "pdiparams"], ["pdmodel", "params"], "pdmodel"),
        (["json", "pdiparams"], ["pir", "params"], "json"),
        # PaddleOCR 2.10 takes the JSON program where both are there.
        (["json", "pdmodel", "pdiparams"], ["pir", "pdmodel", "params"], "json"),
        (["onnx"], ["onnx"], None),
        (["onnx", "pdmodel", "pdiparams"], ["onnx", "pdmodel", "params"], "pdmodel"),
        (["xml", "bin"], ["xml", "bin"], None),
        (["onnx", "xml"], ["onnx", "xml"], None),
    ],
)
def test_the_files_of_a_folder(
    tmp_path: Path, stem: str, endings: list[str], fields: list[str], program: str | None
) -> None:
    folder_with(tmp_path, *(f"{stem}.{ending}" for ending in endings), "inference.yml", "notes.txt")
    files = inspect_model(tmp_path)
    assert files.folder == tmp_path
    places = dict(zip(fields, (tmp_path / f"{stem}.{ending}" for ending in endings), strict=True))
    for field in ("pdmodel", "pir", "params", "onnx", "xml", "bin"):
        assert getattr(files, field) == places.get(field)
    assert files.paddle_program == (tmp_path / f"{stem}.{program}" if program else None)


def test_inference_files_come_before_model_files(tmp_path: Path) -> None:
    folder_with(tmp_path, "model.onnx", "inference.onnx")
    assert inspect_model(tmp_path).onnx == tmp_path / "inference.onnx"


@pytest.mark.parametrize("name", ["rec.onnx", "REC.ONNX", "a.b.onnx"])
def test_an_onnx_file_can_be_named_itself(tmp_path: Path, name: str) -> None:
    path = folder_with(tmp_path, name, "inference.pdmodel") / name
    assert inspect_model(path) == ModelFiles(folder=tmp_path, onnx=path)


def test_a_single_onnx_file_may_have_any_name(tmp_path: Path) -> None:
    folder_with(tmp_path, "ch_rec.onnx", "keys.txt")
    assert inspect_model(tmp_path) == ModelFiles(folder=tmp_path, onnx=tmp_path / "ch_rec.onnx")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "holds no model"),
        (["inference.pdiparams"], "holds no model"),
        (["inference.pdmodel"], "has inference.pdmodel but no .pdiparams"),
        (["model.json"], "has model.json but no .pdiparams"),
        (["inference.xml"], "has inference.xml but no inference.bin"),
        (["inference.bin"], "holds no model"),
        (["b.onnx", "a.onnx"], r"several ONNX files \(a.onnx, b.onnx\)"),
    ],
)
def test_an_incomplete_folder_says_what_is_missing(
    tmp_path: Path, names: list[str], message: str
) -> None:
    folder_with(tmp_path, *names)
    with pytest.raises(ModelNotFoundError, match=message) as refusal:
        inspect_model(tmp_path)
    assert str(tmp_path) in refusal.value.message


def test_nothing_and_other_files_are_refused_by_name(tmp_path: Path) -> None:
    absent, other = tmp_path / "absent", folder_with(tmp_path, "inference.pdmodel")
    with pytest.raises(ModelNotFoundError, match=f"there is no model at {absent}"):
        inspect_model(absent)
    with pytest.raises(ModelNotFoundError, match="name the model's folder instead"):
        inspect_model(other / "inference.pdmodel")


def test_a_folder_is_no_onnx_file(tmp_path: Path) -> None:
    (tmp_path / "old.onnx").mkdir()
    with pytest.raises(ModelNotFoundError, match="holds no model"):
        inspect_model(tmp_path)


def test_the_description_is_the_yaml_file(tmp_path: Path) -> None:
    files = ModelFiles(folder=tmp_path)
    assert files.description() == {}
    text = "Global:\n  model_name: 我的模型\nPostProcess:\n  character_dict: ['a', '中']\n"
    (tmp_path / "inference.yml").write_text(text, encoding="utf-8")
    assert files.description() == {
        "Global": {"model_name": "我的模型"},
        "PostProcess": {"character_dict": ["a", "中"]},
    }


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text"])
def test_a_description_without_fields_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "inference.yml").write_text(text, encoding="utf-8")
    assert ModelFiles(folder=tmp_path).description() == {}


@pytest.mark.parametrize(
    "data",
    [
        b"a: [1, 2",
        b"a: b: c",
        b"\xff\xfe\x00",
        b"a: \x07",
        b"? {a: 1}\n: 2",
        b"a: !!python/object:os.system {}",
        b"released: 2024-13-45",
        b"[" * 5000,
    ],
)
def test_a_description_that_is_no_yaml_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "inference.yml"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"{path} is not valid YAML"):
        ModelFiles(folder=tmp_path).description()
