from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "hubocr"
LAYERS: tuple[tuple[str, ...], ...] = (
    ("_version", "bounded_yaml", "errors"),
    ("optional", "paths", "settings"),
    ("imaging", "models"),
    ("documents",),
    ("conversion",),
    ("engines",),
    ("runtime",),
    ("families",),
    ("classification", "detection", "recognition", "synth"),
    ("layout",),
    ("evaluation", "pipeline"),
    ("exporters", "labelling", "training"),
    ("services",),
    ("api",),
    ("hub",),
    ("ui",),
    ("server",),
    ("cluster", "integrations", "mcp"),
    ("cli",),
    ("__main__",),
)
"""The parts of the package from the ground up: each may import those below its own layer."""

LAYER = {name: place for place, layer in enumerate(LAYERS) for name in layer}
INTERFACES = {
    "services",
    "api",
    "hub",
    "server",
    "training",
    "cluster",
    "integrations",
    "mcp",
    "cli",
}
DOMAIN = set(LAYER) - INTERFACES - {"__main__"}

MOST_LINES = 400
MOST_PARAMETERS = 8
MANY_PARAMETERS = {("hubocr.api.pipeline", "predict"): "PaddleX's signature, in its order"}
TRAINING = {"lmdb", "matplotlib", "onnx", "torch"}
WEB = {"fastapi", "paddlehub", "starlette", "uvicorn"}
ENGINES = {"nncf", "onnxruntime", "openvino", "paddle"}


class Import(NamedTuple):
    """One imported module, by its full name, and when it is imported."""

    importer: str
    module: str
    at_import: bool
    for_types: bool = False


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> list[Import]:
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: list[Import] = []

    def visit(node: ast.AST, at_import: bool, for_types: bool = False) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(name, alias.name, at_import, for_types) for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
            # hubocr.optional.require("nncf", ...) imports nncf when it is called.
            found.append(Import(name, ast.literal_eval(node.args[0]), False))
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*base, source]).rstrip(".")
            folder = PACKAGE.parent / source.replace(".", "/")
            for alias in node.names:
                # "from hubocr import server" imports hubocr.server.
                is_module = (folder / alias.name).is_dir() or (
                    folder / f"{alias.name}.py"
                ).is_file()
                target = f"{source}.{alias.name}" if is_module else source
                found.append(Import(name, target, at_import, for_types))
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        is_for_types = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.iter_child_nodes(node):
            visit(child, at_import and not is_function, for_types or is_for_types)

    visit(ast.parse(path.read_text(encoding="utf-8")), True)
    return found


IMPORTS = [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def part(module: str) -> str:
    """The part of the package that a module belongs to: ``hubocr.hub.payload`` -> ``hub``."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "hubocr" else ""


def top(module: str) -> str:
    return module.split(".")[0]


def test_the_check_sees_the_imports() -> None:
    assert {part(found.importer) for found in IMPORTS} >= DOMAIN - {"_version", "errors"} | {
        "hub",
        "server",
    }
    assert {top(found.module) for found in IMPORTS} >= ENGINES | {"fastapi", "cv2"}
    assert Import("hubocr.cli", "hubocr.cli.serve", True) in IMPORTS


@pytest.mark.parametrize("name", sorted(DOMAIN))
def test_a_domain_part_knows_nothing_of_the_ways_to_call_it(name: str) -> None:
    wrong = [
        found
        for found in IMPORTS
        if part(found.importer) == name
        and (part(found.module) in INTERFACES or top(found.module) in WEB)
    ]
    assert wrong == []


def test_every_part_is_in_a_layer() -> None:
    parts = {part(module_name(path)) for path in PACKAGE.rglob("*.py")} - {""}
    assert parts == set(LAYER)


def test_the_documentation_shows_the_layers() -> None:
    text = (PACKAGE.parent / "docs/architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ")]
    named = [set(re.findall(r"`(\w+)`", row)) for row in rows]
    shown = [row for row in named if row]
    hidden = {"_version", "__main__"}
    assert shown == [row for row in (set(layer) - hidden for layer in reversed(LAYERS)) if row]


def test_every_arrow_points_down() -> None:
    upward = {
        (found.importer, found.module)
        for found in IMPORTS
        if part(found.importer) and part(found.module)
        if part(found.importer) != part(found.module)
        if LAYER[part(found.importer)] <= LAYER[part(found.module)]
    }
    assert upward == set()


def test_modules_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for found in IMPORTS:
        if found.for_types or found.module == found.importer:
            continue
        if found.module.startswith("hubocr."):
            graph.setdefault(found.importer, set()).add(found.module)
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError, with the circle


SOURCES = sorted(
    path
    for top in ("hubocr", "benchmarks", "deploy", "tests", "tools")
    for path in (PACKAGE.parent / top).rglob("*.py")
    if ".envs" not in path.parts
)


def test_no_file_is_long() -> None:
    long = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in SOURCES
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }
    assert long == set()


def test_no_function_has_many_parameters() -> None:
    many = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
                count = len(names) + len(node.args.kwonlyargs) - (names[:1] in (["self"], ["cls"]))
                if count > MOST_PARAMETERS and part(module_name(path)) != "settings":
                    many.add((module_name(path), node.name))
    assert many == set(MANY_PARAMETERS)


def test_only_engines_and_conversion_touch_inference_engines_and_only_when_used() -> None:
    uses = [found for found in IMPORTS if top(found.module) in ENGINES | {"paddle2onnx"}]
    assert {part(found.importer) for found in uses} == {"conversion", "engines"}
    assert [found for found in uses if found.at_import] == []


def test_only_training_touches_its_libraries_and_only_when_used() -> None:
    uses = [found for found in IMPORTS if top(found.module) in TRAINING]
    parts = {"training", "evaluation", "synth", "cli"}
    assert {part(found.importer) for found in uses} == parts
    for name in ("evaluation", "synth"):
        assert {top(found.module) for found in uses if part(found.importer) == name} == {"lmdb"}
    assert [found for found in uses if found.at_import and part(found.importer) != "training"] == []


def test_only_the_server_touches_the_web_framework() -> None:
    uses = [found for found in IMPORTS if top(found.module) in {"fastapi", "starlette", "uvicorn"}]
    assert {part(found.importer) for found in uses} == {"cluster", "mcp", "server"}
    others = {found.importer for found in uses if part(found.importer) != "server"}
    assert others == {"hubocr.cluster.entry", "hubocr.cluster.forward", "hubocr.mcp.http"}


def test_pdfium_is_only_loaded_in_the_process_that_renders() -> None:
    uses = {found.importer for found in IMPORTS if top(found.module) == "pypdfium2"}
    assert uses == {"hubocr.documents.pdf.worker", "hubocr.documents.pdf.characters"}
    importers = {
        found.importer
        for found in IMPORTS
        if found.module.startswith(tuple(uses)) and found.importer not in uses
    }
    assert importers == set()


def test_the_package_runs_without_paddlehub() -> None:
    # Only deploy/hubserving/*/module.py, which PaddleHub itself loads, imports it.
    assert [found for found in IMPORTS if top(found.module) == "paddlehub"] == []


def test_the_modules_of_paddlehub_know_only_its_interface() -> None:
    found = {
        imported.module
        for path in (PACKAGE.parent / "deploy").rglob("*.py")
        for imported in imports_of(path)
        if top(imported.module) == "hubocr"
    }
    assert found == {"hubocr.hub"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("hubocr", {"cv2", "numpy", "PIL", "yaml"} | ENGINES | WEB),
        ("hubocr.errors", {"cv2", "numpy", "PIL", "yaml"} | ENGINES | WEB),
        ("hubocr.models", {"cv2", "numpy", "PIL"} | ENGINES | WEB),
        ("hubocr.pipeline", ENGINES | WEB),
        ("hubocr.detection.quantize", ENGINES | WEB),
        ("hubocr.documents.pdf", {"cv2", "numpy", "PIL", "yaml"} | ENGINES | WEB),
        ("hubocr.hub", ENGINES | WEB),
        ("hubocr.evaluation", {"cv2", "numpy", "rapidfuzz"} | ENGINES | TRAINING | WEB),
        ("hubocr.training", {"cv2", "numpy"} | ENGINES | TRAINING | WEB),
        ("hubocr.cli", {"rapidfuzz"} | ENGINES | TRAINING | WEB),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module: str, absent: set[str]) -> None:
    script = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert set(result.stdout.split()) & absent == set()
