"""Models that can be done without."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.errors import ModelNotFoundError
from hubocr.models import optional_model


def test_a_released_model_that_was_not_fetched_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert optional_model("PP-OCRv6_small_rec", "without") == "PP-OCRv6_small_rec"
    monkeypatch.setattr("hubocr.models.find.resolve_path", lambda path: None)
    assert optional_model("PP-OCRv6_tiny_rec", "all lines are read by the other") is None
    (record,) = caplog.records
    assert "all lines are read by the other" in record.message
    assert "hubocr models fetch PP-OCRv6_tiny_rec" in record.message


def test_a_path_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        optional_model(str(tmp_path / "mine"), "without")


def test_no_model_is_no_model() -> None:
    assert optional_model(None, "without") is None
