"""The name in a module's @moduleinfo, read without running the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.errors import SettingsError
from hubocr.hub.moduleinfo import declared_name
from hubocr.services import SERVICES
from tests.server.running import ROOT

CLASS = """
@moduleinfo(name="ocr_rec", version="1.0.0")
class Module:
    pass
"""


def module_of(folder: Path, text: str) -> Path:
    (folder / "module.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "text",
    [
        CLASS,
        CLASS.replace("@moduleinfo", "@hub.module.moduleinfo"),
        f'OTHER = dict(name="decoy")\n{CLASS}',
        f'@register(name="decoy")\nclass Base:\n    pass\n{CLASS}',
        CLASS.replace("@moduleinfo", '@trace(name="decoy")\n@moduleinfo'),
        f'def moduleinfo_of():\n    return moduleinfo(name="decoy")\n{CLASS}',
        f'raise SystemExit("it was run")\n{CLASS}',
    ],
)
def test_only_the_decorator_of_a_class_counts(tmp_path: Path, text: str) -> None:
    assert declared_name(module_of(tmp_path, text)) == "ocr_rec"


@pytest.mark.parametrize(
    "text", ["", "class", "@moduleinfo(name=NAME)\nclass A: ...", 'moduleinfo(name="x")', "\0"]
)
def test_a_module_without_a_name_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"module\.py"):
        declared_name(module_of(tmp_path, text))
    with pytest.raises(SettingsError, match="can't be read"):
        declared_name(tmp_path / "nowhere")


def test_our_modules_are_named_as_their_services() -> None:
    folders = {path.parent for path in ROOT.glob("deploy/hubserving/*/module.py")}
    assert {folder.name: declared_name(folder) for folder in folders} == {n: n for n in SERVICES}
