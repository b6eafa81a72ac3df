"""The plan of the house, held against the sources: who imports whom, sizes, docstrings, names."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2]

# A unit, which is a module or a whole folder, may import what stands in the rows below its own;
# everyone may import ``config``.
LAYERS: tuple[set[str], ...] = (
    {"__main__"},
    {"cli"},
    {"testing", "corpus"},
    {"__init__"},
    {"server"},
    {"app"},
    {"startup", "front_door", "extending"},
    {"fallback"},
    {"http"},
    {"console"},
    {"ocapi", "inventory_service", "webdav", "account_manager", "control"},
    {"shared"},
    {"workspace", "fixture"},
    {"recording", "evidence"},
    {"family", "request"},
    {
        "store",
        "clock",
        "config",
        "entity_tag",
        "header",
        "json_pointer",
        "xml_text",
    },
)
# What these know of the rows below.
NARROW = {
    "http": {"workspace.failpoint", "family"},
    "front_door": {
        "fallback.answer",
        "ocapi.wire.url",
        "clock",
        "recording.exchange",
        "recording.log",
        "workspace.error",
        "workspace.failpoint",
        "workspace.registry",
        "workspace.workspace",
        "family",
        "store",
    },
}
FAMILIES = {"ocapi", "inventory_service", "webdav", "account_manager", "control"}
MAX_LOOSE_MODULES = 15
# These do no I/O for a request and could be used without a server.
WITHOUT_FLASK = (
    "ocapi.wire.select",
    "ocapi.wire.state",
    "ocapi.schema.faults",
    "store",
    "store.tree",
    "workspace.registry",
    "workspace.workspace",
    "shared",
    "shared.workspace",
)
UNFIT_NAMES = {"utils", "helpers", "manager", "common"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def sources() -> dict[str, ast.Module]:
    """Return the syntax trees of all modules but tests, by name without ``emulator.``."""
    files = (file for file in PACKAGE.rglob("*.py") if not file.is_relative_to(PACKAGE / "tests"))
    return {module_name(file): ast.parse(file.read_text()) for file in sorted(files)}


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


@cache
def imports(name: str) -> set[str]:
    """Return the full names of all modules that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(sources()[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively in line {node.lineno}"
            found.update(origins(node))
    return found


def origins(node: ast.ImportFrom) -> Iterator[str]:
    """Yield what ``from a import b`` imports: ``a.b`` if that is a module of ours, else ``a``."""
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        yield whole if whole.removeprefix("emulator.") in sources() else str(node.module)


def own_imports(name: str) -> set[str]:
    """Return the modules of the package that a module imports, without ``emulator.``."""
    own = {found for found in imports(name) if found.partition(".")[0] == "emulator"}
    return {found.partition(".")[2] or "__init__" for found in own}


def unit(name: str) -> str:
    return name.partition(".")[0]


def row(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if unit(name) in layer)


def may_import(importer: str, imported: str) -> bool:
    if unit(importer) == unit(imported) or imported == "config":
        return True
    if unit(importer) in NARROW:
        return imported in NARROW[unit(importer)]
    return row(imported) > row(importer)


def all_imports(name: str) -> set[str]:
    """Return what a module imports, itself or through modules of the package."""
    reached: set[str] = set()
    waiting = {name}
    seen: set[str] = set()
    while waiting:
        seen |= waiting
        reached |= {found for module in waiting for found in imports(module)}
        waiting = {own for module in waiting for own in own_imports(module)} - seen
    return reached


def functions() -> Iterator[tuple[str, Function]]:
    """Yield all functions and methods of the package, nested ones too, with their places."""
    for name, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}.{node.name} (line {node.lineno})", node


def body_length(function: Function) -> int:
    """Return how many lines a function's body has, its docstring left out."""
    documented = ast.get_docstring(function, clean=False) is not None
    statements = function.body[1:] if documented else function.body
    if not statements:
        return 0
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1


def public(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes and functions below a node that are no parts of functions."""
    for child in node.body:
        if isinstance(child, (ast.ClassDef, Function)) and not child.name.startswith("_"):
            yield f"{prefix}.{child.name}", child
            if isinstance(child, ast.ClassDef):
                yield from public(child, f"{prefix}.{child.name}")


def test_every_unit_has_its_layer() -> None:
    placed = [name for layer in LAYERS for name in layer]
    assert sorted(placed) == sorted({unit(name) for name in sources()})


def test_imports_go_downwards_only() -> None:
    upwards = [
        (name, found)
        for name in sources()
        for found in sorted(own_imports(name))
        if not may_import(name, found)
    ]
    assert upwards == []


def test_families_never_import_each_other() -> None:
    crossing = [
        (name, found)
        for name in sources()
        for found in own_imports(name)
        if {unit(name), unit(found)} <= FAMILIES and unit(name) != unit(found)
    ]
    assert crossing == []


@pytest.mark.parametrize("name", WITHOUT_FLASK)
def test_what_needs_no_server_knows_no_flask(name: str) -> None:
    assert [found for found in all_imports(name) if unit(found) == "flask"] == []


def test_imports_are_seen() -> None:
    assert "flask" in imports("ocapi.access.oauth")
    assert {"front_door", "control.app", "ocapi.app", "startup"} <= own_imports("app")
    assert "flask" in all_imports("server")
    assert own_imports("cli.serve") >= {"config", "server"}
    assert not may_import("store.memory", "ocapi.app")
    assert not may_import("control.app", "ocapi.schema.faults")
    assert not may_import("http.listener", "ocapi.app")


def test_redis_is_known_to_its_engine_alone() -> None:
    knowing = [name for name in sources() if {"redis"} & set(map(unit, imports(name)))]
    assert knowing == ["store.redis"]


def test_redis_is_not_loaded_where_it_is_not_wanted() -> None:
    program = "import sys, emulator.cli.main, emulator.server; sys.exit('redis' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)  # noqa: S603
    assert finished.returncode == 0


def test_few_modules_lie_loose_in_the_package() -> None:
    loose = [file.name for file in PACKAGE.glob("*.py")]
    assert len(loose) <= MAX_LOOSE_MODULES, loose


def test_half_of_all_functions_have_at_most_6_lines() -> None:
    assert statistics.median(body_length(function) for _, function in functions()) <= 6


def test_nine_of_ten_functions_have_at_most_20_lines() -> None:
    lengths = [body_length(function) for _, function in functions()]
    assert statistics.quantiles(lengths, n=10)[-1] <= 20


def test_no_function_has_more_than_45_lines() -> None:
    assert [place for place, function in functions() if body_length(function) > 45] == []


def test_every_function_says_what_it_returns() -> None:
    assert [place for place, function in functions() if function.returns is None] == []


def test_what_is_public_has_a_docstring() -> None:
    for name, tree in sources().items():
        documented = ((name, tree), *public(tree, name))
        assert [place for place, node in documented if not docstring(node)] == []


def docstring(node: ast.AST) -> str | None:
    assert isinstance(node, (ast.Module, ast.ClassDef, Function))
    return ast.get_docstring(node)


def test_a_module_is_named_after_its_subject() -> None:
    parts = {part for name in sources() for part in name.split(".")}
    assert parts & UNFIT_NAMES == set()
    assert not [part for part in parts if part.startswith("handle_")]
