from __future__ import annotations

import dataclasses
import math
import os
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubocr.errors import SettingsError
from hubocr.settings import (
    ClassificationSettings,
    DecodingSettings,
    DetectionSettings,
    EngineSettings,
    ModelSettings,
    OcrOptions,
    PipelineSettings,
    RecognitionSettings,
)
from hubocr.settings.pipeline import ImageSettings
from hubocr.settings.rule import Rule, rules

CLASSES: tuple[Any, ...] = (
    EngineSettings,
    ImageSettings,
    DetectionSettings,
    ClassificationSettings,
    RecognitionSettings,
    OcrOptions,
    ModelSettings,
)
FIELDS = [(cls, field, rule) for cls in CLASSES for field, rule in rules(cls).items()]


def of_kind(*kinds: str) -> list[tuple[Any, str, Rule]]:
    return [row for row in FIELDS if row[2].kind in kinds]


# PaddleOCR 2.10: tools/infer/utility.py for a stage alone, deploy/hubserving for the rest.
REFERENCE_DEFAULTS = {
    "det_limit_side_len": 960,
    "det_limit_type": "max",
    "det_db_thresh": 0.3,
    "det_db_box_thresh": 0.6,
    "det_db_unclip_ratio": 1.5,
    "use_dilation": False,
    "det_db_score_mode": "fast",
    "det_box_type": "quad",
    "cls_image_shape": (3, 48, 192),
    "cls_batch_num": 30,
    "cls_thresh": 0.9,
    "rec_image_shape": (3, 48, 320),
    "rec_batch_num": 6,
    "drop_score": 0.5,
    "use_space_char": True,
    "use_gpu": False,
    "gpu_id": 0,
    "gpu_mem": 8000,
}


def test_the_defaults_are_the_references() -> None:
    ours = {rule.name: getattr(cls(), field) for cls, field, rule in FIELDS}
    assert {name: ours[name] for name in REFERENCE_DEFAULTS} == REFERENCE_DEFAULTS


def test_the_pipeline_detects_as_the_references_system_module() -> None:
    detection = PipelineSettings().options.detection
    assert (detection.box_thresh, detection.unclip_ratio) == (0.5, 1.6)
    assert dataclasses.replace(detection, box_thresh=0.6, unclip_ratio=1.5) == DetectionSettings()


def test_every_field_of_a_settings_class_has_a_rule_and_a_name_of_its_own() -> None:
    names = [rule.name for _, _, rule in FIELDS]
    assert len(names) == len(set(names))
    # The settings of images and stages are the only fields that are no single value.
    fields = {(cls, f.name) for cls in CLASSES for f in dataclasses.fields(cls)}
    parts = ("image", "detection", "classification", "recognition")
    stages = {(OcrOptions, name) for name in parts}
    assert fields - {(cls, field) for cls, field, _ in FIELDS} == stages
    assert all(rule.help for _, _, rule in FIELDS)


@pytest.mark.parametrize("cls", [*CLASSES, PipelineSettings])
def test_settings_are_values(cls: Any) -> None:
    one, other = cls(), cls()
    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(FrozenInstanceError):
        setattr(one, dataclasses.fields(cls)[0].name, None)


@given(st.sampled_from(of_kind("integer")), st.integers(-(10**7), 10**7))
def test_an_integer_is_taken_within_its_limits_only(row: tuple[Any, str, Rule], value: int) -> None:
    cls, field, rule = row
    if rule.low <= value <= rule.high:
        assert getattr(cls(**{field: value}), field) == value
    else:
        with pytest.raises(SettingsError, match=f"^{rule.name} must be an integer from"):
            cls(**{field: value})


@given(
    st.sampled_from(of_kind("number")),
    st.floats() | st.floats(0, 10) | st.integers(-20, 20) | st.sampled_from([0, 1, 0.1, 10]),
)
def test_a_number_is_taken_within_its_limits_only(row: tuple[Any, str, Rule], value: float) -> None:
    cls, field, rule = row
    if not math.isnan(value) and rule.low <= value <= rule.high:
        assert getattr(cls(**{field: value}), field) == value
    else:
        with pytest.raises(SettingsError, match=f"^{rule.name} must be a number from"):
            cls(**{field: value})


@pytest.mark.parametrize("row", of_kind("integer", "number"), ids=lambda row: row[2].name)
def test_the_limits_themselves_are_taken(row: tuple[Any, str, Rule]) -> None:
    cls, field, rule = row
    assert rule.low < rule.high
    for limit in (rule.low, rule.high):
        cls(**{field: limit})


WRONG_TYPES: dict[str, tuple[object, ...]] = {
    "integer": (True, 1.0, "1", None, [1]),
    "number": (True, "0.5", None, [0.5], 1j),
    "boolean": (0, 1, "true", None),
    "choice": ("", "AUTO", None, 0, ["auto"]),
    "text": ("", 3, None, b"x"),
    "charset": ("", 3, None, ["digits"], "x" * 10_001),
    "length": (
        *("", None, 4, "-1", "4-", "6-4", "0", "0-0", "65", "1-100", "4 ", "four", "４", "1-2-3"),
        *("4\n", ["4"]),
    ),
    "texts": ("general", 3, None, (1,), ("",)),
    "shape": (None, [3, 48, 320], (3, 48), (3, 48, 320, 1), (1, 48, 320), "3,48,320", (3, 48.0, 9)),
}


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row[2].name)
def test_a_wrong_type_is_refused_by_name_and_value(row: tuple[Any, str, Rule]) -> None:
    cls, field, rule = row
    for value in WRONG_TYPES[rule.kind]:
        if value is None and rule.optional:
            cls(**{field: None})
            continue
        with pytest.raises(SettingsError) as refusal:
            cls(**{field: value})
        assert refusal.value.message.startswith(f"{rule.name} must be ")
        shown = repr(value) if len(repr(value)) <= 100 else f"{repr(value)[:97]}..."
        assert refusal.value.message.endswith(f"not {shown}")


@pytest.mark.parametrize("row", of_kind("choice"), ids=lambda row: row[2].name)
def test_every_choice_is_taken_and_listed_in_the_refusal(row: tuple[Any, str, Rule]) -> None:
    cls, field, rule = row
    assert getattr(cls(), field) in rule.choices
    for choice in rule.choices:
        assert getattr(cls(**{field: choice}), field) == choice
    with pytest.raises(SettingsError) as refusal:
        cls(**{field: "neither"})
    assert all(repr(choice) in refusal.value.message for choice in rule.choices)


@given(st.integers(-10, 1100), st.integers(-10, 9000))
@example(8, 8)
@example(7, 8)
@example(8, 7)
@example(1024, 8192)
@example(1025, 8192)
@example(1024, 8193)
def test_a_shape_has_a_height_and_a_width_within_limits(height: int, width: int) -> None:
    shape = (3, height, width)
    if 8 <= height <= 1024 and 8 <= width <= 8192:
        assert RecognitionSettings(image_shape=shape).image_shape == shape
    else:
        with pytest.raises(SettingsError, match="rec_image_shape must be three integers"):
            RecognitionSettings(image_shape=shape)


@pytest.mark.parametrize(
    ("length", "limits"),
    [("any", (0, None)), ("4", (4, 4)), ("3-6", (3, 6)), ("0-1", (0, 1)), ("64", (64, 64))],
)
def test_a_length_is_a_number_or_limits(length: str, limits: tuple[int, int | None]) -> None:
    assert RecognitionSettings(length=length).length_limits == limits


@pytest.mark.parametrize(
    ("field", "value"),
    [("charset", "digits"), ("length", "1-64"), ("case", "lower"), ("strip_spaces", True)],
)
def test_what_restricts_a_text(field: str, value: Any) -> None:
    assert RecognitionSettings(**{field: value}).is_restricted
    # What is wanted besides the text restricts nothing.
    more = RecognitionSettings(char_scores=True, alternatives=5, beam_width=3)
    assert not more.is_restricted


def test_threads_are_the_number_asked_for() -> None:
    assert EngineSettings(cpu_threads=5).threads == 5


def test_no_number_of_threads_means_all_that_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 7, 9}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert EngineSettings().threads == 3
    # macOS has no affinity, and a sandbox may not know its processors.
    monkeypatch.delattr(os, "sched_getaffinity")
    assert EngineSettings().threads == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert EngineSettings().threads == 1


def test_a_limit_is_shown_in_full() -> None:
    with pytest.raises(SettingsError, match="gpu_mem must be an integer from 1 to 1048576,"):
        EngineSettings(gpu_mem=0)


def test_a_misspelt_charset_is_refused_in_python_too() -> None:
    with pytest.raises(SettingsError, match=r"^rec_charset: there is no set 'digit'; 'digits' is"):
        DecodingSettings(charset="digit")
    with pytest.raises(SettingsError, match=r"^rec_charset: the range z-a is upside down"):
        RecognitionSettings(charset="z-a")
