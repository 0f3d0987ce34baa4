from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hubocr.errors import ModelFetchError, ModelHashError
from hubocr.models import RegistryEntry, check_model
from hubocr.models.fetch import fetch_models
from tests.models import CONTENT, entry_for, put, read

ENTRY = entry_for()
# Files are found in a source by what they are, not by their place or name.
MEMBERS = {"pkg/deep/a.bin": CONTENT["inference.pdmodel"], "b": CONTENT["inference.pdiparams"]}


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_folder(path: Path, members: Mapping[str, bytes]) -> Path:
    for name, data in members.items():
        put((path / name).parent, {Path(name).name: data})
    return path


def write_source(path: Path, members: Mapping[str, bytes]) -> Path:
    """A source of the kind that the name tells."""
    writers = {".whl": write_zip, ".zip": write_zip, ".tar": write_tar, ".gz": write_tar}
    return writers.get(path.suffix, write_folder)(path, members)


def fetch(models: Path, source: object, *entries: RegistryEntry) -> list[Path]:
    return fetch_models(entries or [ENTRY], models, source=str(source), progress=False)


SOURCES = pytest.mark.parametrize("name", ["m.whl", "m.zip", "m.tar", "m.tar.gz", "folder"])


@SOURCES
def test_models_come_out_of_any_source(tmp_path: Path, name: str) -> None:
    source = write_source(tmp_path / name, {**MEMBERS, "README": b"other"})
    models = tmp_path / "new" / "inference"
    assert fetch(models, source) == [models / ENTRY.folder]
    assert read(models) == {f"{ENTRY.folder}/{file}": data for file, data in CONTENT.items()}
    assert check_model(ENTRY, models).state == "present"


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    entry = entry_for({"inference.onnx": b"graph" * 100})
    source = put(tmp_path, {"rec.onnx": b"graph" * 100}) / "rec.onnx"
    fetch(tmp_path / "inference", source, entry)
    assert check_model(entry, tmp_path / "inference").state == "present"


@SOURCES
def test_a_source_that_lacks_a_file_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    source = write_source(tmp_path / name, {"b": CONTENT["inference.pdiparams"]})
    models = put(tmp_path / "inference", {"README.md": b"mine"})
    with pytest.raises(ModelFetchError, match=r"no file inference\.pdmodel of 3500"):
        fetch(models, source)
    assert {path.name for path in models.iterdir()} == {"README.md"}


@SOURCES
@pytest.mark.parametrize("content", [b"another release", b"X" * 3500])
def test_a_file_with_another_content_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    source = write_source(tmp_path / name, {**CONTENT, "inference.pdmodel": content})
    models = tmp_path / "inference"
    with pytest.raises(ModelHashError, match=f"inference.pdmodel.*{ENTRY.files[0].sha256}"):
        fetch(models, source)
    assert read(tmp_path / "inference") == {}


def test_of_several_files_of_the_size_the_right_one_is_taken(tmp_path: Path) -> None:
    decoys = {f"decoy{i}/inference.pdmodel": bytes([i]) * 3500 for i in range(3)}
    fetch(tmp_path / "inference", write_source(tmp_path / "m.zip", {**decoys, **MEMBERS}))
    assert read(tmp_path / "inference" / ENTRY.folder) == CONTENT


def test_a_member_cannot_be_written_outside(tmp_path: Path) -> None:
    source = write_zip(
        tmp_path / "m.zip", {f"../../{name}": data for name, data in CONTENT.items()}
    )
    before = set(tmp_path.iterdir())
    fetch(tmp_path / "a" / "b", source)
    assert set(tmp_path.iterdir()) - before == {tmp_path / "a"}
    assert set(read(tmp_path / "a")) == {f"b/{ENTRY.folder}/{name}" for name in CONTENT}


def test_what_is_there_needs_no_source(tmp_path: Path) -> None:
    put(tmp_path / ENTRY.folder)
    assert fetch(tmp_path, tmp_path / "nowhere.zip") == [tmp_path / ENTRY.folder]


def test_a_damaged_model_is_repaired_and_other_files_stay(tmp_path: Path) -> None:
    models = tmp_path / "inference"
    put(models / ENTRY.folder, {"inference.pdmodel": b"broken", "notes.txt": b"mine"})
    fetch(models, write_zip(tmp_path / "m.zip", MEMBERS))
    assert read(models / ENTRY.folder) == {**CONTENT, "notes.txt": b"mine"}


def test_of_several_models_all_or_none_are_written(tmp_path: Path) -> None:
    other = entry_for({"inference.onnx": b"graph"}, name="own_rec")
    models, source = tmp_path / "inference", write_zip(tmp_path / "m.zip", MEMBERS)
    with pytest.raises(ModelFetchError, match=r"no file inference\.onnx"):
        fetch(models, source, ENTRY, other)
    assert read(models) == {}
    write_zip(source, {**MEMBERS, "c": b"graph"})
    folders = fetch(models, source, other, ENTRY)
    assert folders == [models / other.folder, models / ENTRY.folder]
    assert read(folders[0]) == {"inference.onnx": b"graph"}


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFetchError, match=f"the source {tmp_path}/m.zip does not exist"):
        fetch(tmp_path, tmp_path / "m.zip")


def test_a_models_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "m.zip", MEMBERS)
    with pytest.raises(ModelFetchError, match=f"can't write models to {source}/inference"):
        fetch(source / "inference", source)


def test_progress_goes_to_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_zip(tmp_path / "m.zip", MEMBERS)
    fetch(tmp_path / "quiet", source)
    assert capsys.readouterr() == ("", "")
    fetch_models([ENTRY], tmp_path / "loud", source=str(source), progress=True)
    out, err = capsys.readouterr()
    assert (out, ENTRY.name in err) == ("", True)


def changed(data: bytes, place: int, byte: int) -> bytes:
    return data[:place] + bytes([byte]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("m.zip", lambda data: changed(data, 0, 0)),
        ("m.zip", lambda data: changed(data, 45, 0xFF)),
        ("m.zip", lambda data: changed(data, data.rindex(b"PK\1\2"), 0)),
        ("m.zip", lambda data: changed(data, data.rindex(b"PK\1\2") + 8, 1)),
        ("m.tar", lambda data: data[:2000]),
        ("m.tar.gz", lambda data: data[:60]),
    ],
    ids=["zip header", "zip data", "zip directory", "zip encrypted", "tar cut", "tar.gz cut"],
)
def test_a_damaged_archive_is_a_fetch_error(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    source = write_source(tmp_path / name, MEMBERS)
    source.write_bytes(damage(source.read_bytes()))
    with pytest.raises((ModelFetchError, ModelHashError)):
        fetch(tmp_path / "inference", source)
