"""What `make serve` installs runs everything that README's "Requests" shows."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.documentation import README, README_ZH, blocks
from tests.server.running import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="Python 3.10 has no TOML parser of its own")

CLIENT = (ROOT / "tools/test_hubserving.py").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def extras_of_serve() -> list[str]:
    """The extras that the rule of `make serve` installs."""
    rule = (ROOT / "Makefile").read_text(encoding="utf-8").split("$(VENV)/.serve:")[1]
    match = re.search(r"-e '\.\[([\w,]+)\]'", rule)
    assert match is not None
    return match[1].split(",")


def installed_with(extras: list[str]) -> set[str]:
    """The distributions that come with hubocr and extras, by what is installed here."""
    named = list(PROJECT["dependencies"])
    for extra in extras:
        named += PROJECT["optional-dependencies"][extra]
    waiting, found = [Requirement(line) for line in named], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        if name in found:
            continue
        found.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # for another system
        for line in lines:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate(e) for e in environments):
                waiting.append(needed)
    return found


def imported(program: str) -> set[str]:
    """The modules that a program imports, without the standard library."""
    names = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"hubocr"}


@pytest.mark.parametrize(
    "program", [CLIENT, *blocks(README, "python"), *blocks(README_ZH, "python")]
)
def test_make_serve_installs_what_is_imported(program: str) -> None:
    available = installed_with(extras_of_serve())
    providers = packages_distributions()
    for module in imported(program):
        distributions = {canonicalize_name(name) for name in providers[module]}
        # opencv-python and opencv-python-headless give the same module.
        assert distributions & available, f"{module}: {distributions}"
