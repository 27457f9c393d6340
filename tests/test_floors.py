"""The house keeps its floors: what imports what, and what no module may call."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import symbackprop

PACKAGE = Path(symbackprop.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE.parent)) for path in MODULES]

FLOORS = {
    "errors": 0,
    "calls": 1,
    "files": 1,
    "algebra": 1,
    "model": 2,
    "notation": 3,
    "derivation": 4,
    "compiling": 5,
    "verifying": 6,
    "training": 6,
    "evaluation": 7,
    "rendering": 8,
    "exercises": 9,
    "cli": 10,
    "displays": 10,
    "face": 10,
    "__init__": 10,
    "__main__": 10,
}

FORBIDDEN_CALLS = {
    "eval": "runs text",
    "exec": "runs text",
    "compile": "makes code of text",
    "parse_expr": "runs text",
    "parse_latex": "misreads a^{[2]} and drops order",
    "S": "sympifies text; S.Zero and the like are attributes",
    "simplify": "takes minutes and proves nothing",
    "nsimplify": "guesses",
    "doit": "wrong on sums of deltas",
    "subs": "captures under sums; binding.substitute does not",
    "__import__": "hides an import",
    "import_module": "hides an import",
    "globals": "hides state",
}

EMPTY_NAMES = ("utils", "util", "helpers", "helper", "base", "manager", "common", "misc")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


DOTTED = frozenset(map(dotted, MODULES))


def floor(module: str) -> int:
    parts = module.split(".")
    return FLOORS[parts[1] if len(parts) > 1 else "__init__"]


def imported(tree: ast.Module, module: str, is_package: bool) -> Iterator[str]:
    """The modules of the package that a module imports, `from package import module` followed to the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "symbackprop")
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = module.split(".")[: len(module.split(".")) - node.level + is_package]
                origin = ".".join([*above, *([node.module] if node.module else [])])
            if origin.split(".")[0] != "symbackprop":
                continue
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield inner if inner in DOTTED else origin


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_imports_go_downward(path: Path) -> None:
    """A module imports from floors below its own, or from its own package, and from no floor above."""
    module = dotted(path)
    for target in imported(parsed(path), module, path.name == "__init__.py"):
        same_package = module.split(".")[1:2] == target.split(".")[1:2]
        allowed = floor(target) < floor(module) or (same_package and len(module.split(".")) > 1) or floor(module) == 10
        assert allowed, f"{module} (floor {floor(module)}) imports {target} (floor {floor(target)})"


def test_no_import_cycle() -> None:
    """The modules can be put in an order in which each imports only earlier ones."""
    graph = {
        dotted(path): set(imported(parsed(path), dotted(path), path.name == "__init__.py")) - {dotted(path)}
        for path in MODULES
    }
    assert len(tuple(graphlib.TopologicalSorter(graph).static_order())) >= len(MODULES)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_import_inside_a_function(path: Path) -> None:
    """Imports stand at the top of a module, where they can be seen."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = [n.lineno for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inner, f"{path.name}: import inside a function, lines {inner}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_forbidden_calls(path: Path) -> None:
    """No module runs text, and none calls what is known to go wrong on index expressions."""
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            name = "" if node.func.value.id == "re" else name  # re.compile makes a pattern
        if name == "S" and _is_number(node.args[0]):
            continue
        assert name not in FORBIDDEN_CALLS, f"{path.name}:{node.lineno} calls {name}, which {FORBIDDEN_CALLS[name]}"
        if name == "sympify":
            strict = [k.value for k in node.keywords if k.arg == "strict"]
            is_strict = bool(strict) and isinstance(strict[0], ast.Constant) and strict[0].value is True
            assert is_strict, f"{path.name}:{node.lineno}: sympify reads text unless strict=True"


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_errors_are_named(path: Path) -> None:
    """No `except` catches everything but the last one of the command line, and nothing raises a bare Exception."""
    last_resort = path.relative_to(PACKAGE) == Path("cli/ending.py")
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            too_much = {"everything", "BaseException", *(() if last_resort else ("Exception",))}
            assert caught not in too_much, f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            assert ast.unparse(node.exc.func) not in ("Exception", "BaseException"), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_module_state(path: Path) -> None:
    """No function rebinds a name of its module."""
    found = [node.lineno for node in ast.walk(parsed(path)) if isinstance(node, ast.Global)]
    assert not found, f"{path.name}: global, lines {found}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_file_names_say_something(path: Path) -> None:
    """No module bears a name that fits everything."""
    assert path.stem not in EMPTY_NAMES


def test_all_is_exactly_the_public_names() -> None:
    """`symbackprop.__all__` lists what a caller may use, no more and no less."""
    public = {n for n, v in vars(symbackprop).items() if not n.startswith("_") and not isinstance(v, ModuleType)}
    public -= {"annotations"}
    assert len(symbackprop.__all__) == len(set(symbackprop.__all__))
    assert set(symbackprop.__all__) - {"__version__"} == public


def test_every_file_has_a_floor() -> None:
    """Whatever stands at the top of the package has its floor in docs/architecture.md."""
    tops = {
        path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if not path.name.startswith("__py")
    }
    assert {top for top in tops if top not in FLOORS} <= {"templates", "py"}
