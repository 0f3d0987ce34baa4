"""What a training run may be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubocr.errors import SettingsError
from hubocr.training.request import TRAINING_PARAMS, TrainingRequest


def request(**changes: Any) -> TrainingRequest:
    return TrainingRequest(**{"data": ("a.tsv",), "out": Path("m"), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"device": "gpu"}, "device must be one of 'auto', 'cpu', 'cuda', not 'gpu'"),
        ({"precision": "fp16"}, "precision must be one of 'auto', 'fp32', 'bf16', not 'fp16'"),
        ({"batch_size": 0}, "batch_size must be an integer from 1 to"),
        ({"learning_rate": 0}, "learning_rate must be a number from"),
        ({"learning_rate": float("inf")}, "learning_rate must be a number from"),
        ({"ratios": (0.0,)}, "ratios must be a list of numbers from"),
        ({"ratios": (1.0, 2.0)}, "2 `ratios` are given for 1 sources of `data`"),
        ({"charset": "digit"}, "charset: there is no set 'digit'"),
        ({"preset": "none such"}, "preset must be one of"),
        ({"width": 8}, "width must be an integer from 16 to 4096"),
        ({"scratch": True, "base_dictionary": "d.txt"}, "`base_dictionary` goes with `base`"),
        ({"scratch": True, "interpolation": 0.5}, "`interpolation` goes with `base`"),
        ({"widening": 1.25}, "`widening` goes with images that keep their shape"),
        ({"preset": "line", "width": 96, "widening": 2.0}, "`widening` goes with images that keep"),
        ({"recombination": 0.5, "stream": "on"}, "`recombination` doesn't go with `stream`"),
        ({"data": "a.tsv"}, "data must be a list of texts"),
        ({"seed": -1}, "seed must be an integer from 0"),
    ],
)
def test_mistakes_are_named_by_their_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}"):
        request(**changes)


def test_what_is_optional_may_be_left_open() -> None:
    for name, param in TRAINING_PARAMS.items():
        if param.rule.optional:
            assert getattr(request(**{param.field: None}), param.field) is None, name


def test_a_charset_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "digit"
    path.write_text("1\n2\n", encoding="utf-8")
    assert request(charset=str(path)).charset == str(path)
