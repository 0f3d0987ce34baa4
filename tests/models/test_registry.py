from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import get_args

import pytest

import hubocr.models
from hubocr.errors import ModelNotFoundError
from hubocr.models import RegistryEntry, registry, registry_entry
from hubocr.models.registry import ModelTask
from hubocr.settings import ModelSettings, pipeline_settings

RAW = json.loads(
    (Path(hubocr.models.__file__).parent / "registry.json").read_text(encoding="utf-8")
)["models"]
ENTRIES = pytest.mark.parametrize("entry", registry().values(), ids=lambda entry: entry.name)


def test_every_model_of_the_file_is_there_once() -> None:
    assert list(registry()) == [raw["name"] for raw in RAW]
    assert len({entry.folder for entry in registry().values()}) == len(RAW)


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: raw["name"])
def test_an_entry_says_what_the_file_says(raw: dict[str, object]) -> None:
    entry = registry_entry(str(raw["name"]))
    files = raw["files"]
    assert isinstance(files, list)
    for field in ("name", "task", "folder", "description", "license", "wheel", "default"):
        assert getattr(entry, field) == raw[field]
    assert [(f.name, f.size, f.sha256) for f in entry.files] == [
        (f["name"], f["size"], f["sha256"]) for f in files
    ]
    assert entry.size == sum(f["size"] for f in files)


@ENTRIES
def test_an_entry_is_complete_and_safe_to_write(entry: RegistryEntry) -> None:
    assert entry.task in get_args(ModelTask)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9.]+", entry.wheel)
    assert entry.files and entry.description and entry.license
    # Fetching writes under these names: they must not leave the models folder.
    for name in (entry.folder, *(file.name for file in entry.files)):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name)
    for file in entry.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size > 0


def test_the_models_of_the_default_settings_are_the_default_ones() -> None:
    fetched = {entry.name for entry in registry().values() if entry.default}
    models = ModelSettings()
    assert {models.det_model, models.cls_model, models.rec_model} <= fetched
    general = pipeline_settings(profile="general").models
    named = {general.det_model, general.cls_model, general.rec_model, general.page_model}
    assert named <= fetched


@pytest.mark.parametrize("name", ["PP-OCRv9", "", "pp-ocrv4_mobile_det"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ModelNotFoundError) as refusal:
        registry_entry(name)
    assert repr(name) in refusal.value.message
    assert all(raw["name"] in refusal.value.message for raw in RAW)


def test_entries_cannot_be_changed() -> None:
    entry = next(iter(registry().values()))
    with pytest.raises(FrozenInstanceError):
        entry.folder = "elsewhere"  # type: ignore[misc]
