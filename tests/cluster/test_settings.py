"""What a Serve application is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubocr.cluster.settings import ClusterSettings
from hubocr.errors import SettingsError

CONFIG: dict[str, Any] = {"modules_info": {"ocr_rec": {}}}


def test_a_file_and_its_content_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"modules_info": {"ocr_rec": {}}}', encoding="utf-8")
    by_path = ClusterSettings.from_args({"config": str(path)})
    by_content = ClusterSettings.from_args({"config": CONFIG})
    assert by_path == by_content


def test_replicas_are_fixed_or_scaled() -> None:
    fixed = ClusterSettings.from_args({"config": CONFIG, "replicas": 3})
    assert fixed.scaling == {"num_replicas": 3}
    scaled = ClusterSettings.from_args({"config": CONFIG, "min_replicas": 2, "max_replicas": 4})
    assert scaled.scaling["autoscaling_config"]["min_replicas"] == 2
    assert scaled.scaling["autoscaling_config"]["max_replicas"] == 4


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ({}, "config"),
        ({"config": 3}, "config"),
        ({"config": "/no/such/file"}, "/no/such/file"),
        ({"config": CONFIG, "other": 1}, "config"),
        ({"config": CONFIG, "replicas": 0}, "replicas"),
        ({"config": CONFIG, "num_cpus": 1.5}, "num_cpus"),
    ],
)
def test_mistakes_are_named(args: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        ClusterSettings.from_args(args)
