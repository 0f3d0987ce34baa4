"""Servers that several tests share."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.server.running import ROOT, Server, running

FIXTURES = ROOT / "tests" / "fixtures"


def encoded(name: str) -> str:
    """Base64 of a fixture image."""
    return base64.b64encode((FIXTURES / name).read_bytes()).decode()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All four modules with default settings."""
    names = ("ocr_det", "ocr_cls", "ocr_rec", "ocr_system")
    with running(tmp_path_factory.mktemp("server"), modules=names) as started:
        yield started


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with default limits but for a shorter deadline."""
    folder = tmp_path_factory.mktemp("attacked")
    flags = ("--limit-deadline-s", "6", "--threads", "2")
    with running(folder, *flags, modules=("ocr_rec", "ocr_det", "ocr_system")) as started:
        yield started
