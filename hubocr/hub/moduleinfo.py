"""What PaddleHub's own parts of a module say: ``@moduleinfo``, and its keys of ``init_args``."""

from __future__ import annotations

import ast
from pathlib import Path

from hubocr.errors import SettingsError

HUB_ARGS = ("name", "version", "directory", "source", "update", "branch", "ignore_env_mismatch")
"""Keys of ``init_args`` that ``hub.Module`` takes itself."""


def declared_name(folder: Path) -> str:
    """Return the name in a module's @moduleinfo, read without running it, as hub install does."""
    path = folder / "module.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise SettingsError(f"{path} can't be read as a hub module") from error
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                name = _moduleinfo_name(decorator)
                if name is not None:
                    return name
    raise SettingsError(f"{path} has no class with @moduleinfo and a name that is written out")


def _moduleinfo_name(decorator: ast.expr) -> str | None:
    """Return the name in ``@moduleinfo(name="...")``; None where it is another decorator."""
    if not isinstance(decorator, ast.Call):
        return None
    called = decorator.func.attr if isinstance(decorator.func, ast.Attribute) else decorator.func
    if (called.id if isinstance(called, ast.Name) else called) != "moduleinfo":
        return None
    for keyword in decorator.keywords:
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None
