"""Packages of extras: what is missing is named, with the command that installs it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from hubocr.errors import EngineError, MissingPackageError
from hubocr.optional import absent, installed_version, require, require_installed


def test_what_is_there_is_returned() -> None:
    import json.decoder

    assert require("json.decoder", "any", "the test") is json.decoder
    require_installed(("json", "pathlib"), "any", "the test")
    assert installed_version("numpy")


def test_what_is_missing_is_named_with_its_extra() -> None:
    message = r"^the test needs no_such_package, which is not .*: pip install 'hubocr\[train\]'$"
    with pytest.raises(MissingPackageError, match=message):
        require("no_such_package.inner", "train", "the test")
    with pytest.raises(EngineError, match=message):
        require_installed(("json", "no_such_package"), "train", "the test")
    assert installed_version("no-such-package") is None


def test_a_package_whose_own_need_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "half_installed.py").write_text("import no_such_need")
    with pytest.raises(MissingPackageError, match="needs no_such_need, which is not installed"):
        require("half_installed", "train", "the test")
    (tmp_path / "broken_build.py").write_text("raise ImportError('libX.so: cannot open')")
    with pytest.raises(MissingPackageError, match=r"broken_build, which can't .*: libX\.so"):
        require("broken_build", "train", "the test")
    assert "broken_build" not in sys.modules


def test_a_package_can_be_absent_for_a_while() -> None:
    with absent("this"), pytest.raises(ImportError):
        importlib.import_module("this")
    assert "this" not in sys.modules
    with absent("json"):
        assert importlib.import_module("json") is sys.modules["json"]
    assert sys.modules["json"]
