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
TOPS = sorted({path.relative_to(PACKAGE).parts[0] for path in MODULES})
EACH = pytest.mark.parametrize(  # a test for each module would be thousands that take no time but for their number
    "modules", [[path for path in MODULES if path.relative_to(PACKAGE).parts[0] == top] for top in TOPS], ids=TOPS
)

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


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(path)))


def nodes_of(modules: list[Path]) -> Iterator[tuple[Path, ast.AST]]:
    return ((path, node) for path in modules for node in nodes(path))


def place(path: Path, node: ast.expr | ast.stmt | ast.ExceptHandler) -> str:
    return f"{path.relative_to(PACKAGE)}:{node.lineno}"


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


DOTTED = frozenset(map(dotted, MODULES))


def floor(module: str) -> int:
    parts = module.split(".")
    return FLOORS[parts[1] if len(parts) > 1 else "__init__"]


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a module imports, `from package import module` followed to the module."""
    module, is_package = dotted(path), path.name == "__init__.py"
    for node in nodes(path):
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


@EACH
def test_imports_go_downward(modules: list[Path]) -> None:
    """A module imports from floors below its own, or from its own package, and from no floor above."""
    for module, target in ((dotted(path), target) for path in modules for target in imported(path)):
        same_package = module.split(".")[1:2] == target.split(".")[1:2]
        allowed = floor(target) < floor(module) or (same_package and len(module.split(".")) > 1) or floor(module) == 10
        assert allowed, f"{module} (floor {floor(module)}) imports {target} (floor {floor(target)})"


def test_no_import_cycle() -> None:
    """The modules can be put in an order in which each imports only earlier ones."""
    graph = {dotted(path): set(imported(path)) - {dotted(path)} for path in MODULES}
    assert len(tuple(graphlib.TopologicalSorter(graph).static_order())) >= len(MODULES)


@EACH
def test_no_import_inside_a_function(modules: list[Path]) -> None:
    """Imports stand at the top of a module, where they can be seen."""
    for path, node in nodes_of(modules):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inner, f"{place(path, inner[0])}: import inside a function"


@EACH
def test_forbidden_calls(modules: list[Path]) -> None:
    """No module runs text, and none calls what is known to go wrong on index expressions."""
    for path, node in nodes_of(modules):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            name = "" if node.func.value.id == "re" else name  # re.compile makes a pattern
        if name == "S" and _is_number(node.args[0]):
            continue
        assert name not in FORBIDDEN_CALLS, f"{place(path, node)} calls {name}, which {FORBIDDEN_CALLS[name]}"
        if name == "sympify":
            strict = [k.value for k in node.keywords if k.arg == "strict"]
            is_strict = bool(strict) and isinstance(strict[0], ast.Constant) and strict[0].value is True
            assert is_strict, f"{place(path, node)}: sympify reads text unless strict=True"


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int)


@EACH
def test_errors_are_named(modules: list[Path]) -> None:
    """No `except` catches everything but the last one of the command line, and nothing raises a bare Exception."""
    for path, node in nodes_of(modules):
        if isinstance(node, ast.ExceptHandler):
            last_resort = path.relative_to(PACKAGE) == Path("cli/ending.py")
            caught = ast.unparse(node.type) if node.type else "everything"
            too_much = {"everything", "BaseException", *(() if last_resort else ("Exception",))}
            assert caught not in too_much, place(path, node)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            assert ast.unparse(node.exc.func) not in ("Exception", "BaseException"), place(path, node)


@EACH
def test_no_module_state(modules: list[Path]) -> None:
    """No function rebinds a name of its module."""
    assert [place(path, node) for path in modules for node in nodes(path) if isinstance(node, ast.Global)] == []


def test_file_names_say_something() -> None:
    """No module bears a name that fits everything."""
    assert [str(path) for path in MODULES if path.stem in EMPTY_NAMES] == []


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
