"""Fixtures of the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training import (
    digit_strings,
    write_directions,
    write_pages,
    write_set,
    write_tiny_base,
    write_tiny_classifier,
    write_tiny_detector,
)


@pytest.fixture(scope="session")
def training() -> Iterator[None]:
    """What training needs is installed; one thread, as other tests may run beside."""
    reason = "hubocr[train] is not installed; make test runs these in .venv-train"
    torch = pytest.importorskip("torch", reason=reason)
    pytest.importorskip("onnx", reason=reason)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_base(training: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.tsv of 20 images and val.tsv of 8 others."""
    folder = tmp_path_factory.mktemp("digits")
    write_set(folder, digit_strings(20))
    write_set(folder, digit_strings(8, seed=1), "val.tsv", seed=100)
    return folder


@pytest.fixture(scope="session")
def tiny_detector(training: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_detector(tmp_path_factory.mktemp("tiny_detector"))


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with det.tsv of 8 pages and val.tsv of 3 others."""
    folder = tmp_path_factory.mktemp("pages")
    write_pages(folder, 8)
    write_pages(folder, 3, "val.tsv", seed=100)
    return folder


@pytest.fixture(scope="session")
def tiny_classifier(training: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_classifier(tmp_path_factory.mktemp("tiny_classifier"))


@pytest.fixture(scope="session")
def directions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cls.tsv of 24 words, a third of them upside down, and val.tsv of 9 others."""
    folder = tmp_path_factory.mktemp("directions")
    write_directions(folder, 24)
    write_directions(folder, 9, "val.tsv", seed=100)
    return folder
