"""What must never be: backward rules by hand, rendering that computes, bytes that depend on the run."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import symbackprop
from symbackprop.algebra.matrices.grammar import ForEach
from symbackprop.derivation.steps import walk
from symbackprop.derivation.sweep import derive
from symbackprop.model.functions import FUNCTIONS
from tests.oracles.random_models import case_of
from tests.oracles.slopes import leaves
from tests.other_process import elsewhere
from tests.peers.test_peers import NETWORKS

PACKAGE = Path(symbackprop.__file__).parent

SPECIAL = {"softmax", "log_softmax", "logsumexp", "cross_entropy", "dense", "conv", "attention", "lstm", "layer_norm"}
REWRITES = {
    "collapse",
    "contraction",
    "derivative",
    "display",
    "elimination",
    "equality",
    "evaluate",
    "folding",
    "lifting",
    "naming",
    "normal",
    "ranges",
    "terms",
    "zero",
}
COMPUTING = {
    "diff",
    "expand",
    "subs",
    "xreplace",
    "doit",
    "simplify",
    "factor",
    "cancel",
    "together",
    "collect",
    "evalf",
}


def files(*places: str) -> list[Path]:
    return sorted(path for place in places for path in (PACKAGE / place).rglob("*.py"))


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PACKAGE)) for path in paths]


def words(path: Path) -> dict[str, int]:
    """The names and the short strings in a module's code, docstrings left out, each with a line."""
    found: dict[str, int] = {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.Attribute):
            found.setdefault(node.attr, node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.setdefault(node.value, node.lineno)
    return found


SWEEP = [*files("derivation"), PACKAGE / "algebra/derivative.py", PACKAGE / "algebra/collapse.py"]


@pytest.mark.parametrize("path", SWEEP, ids=ids(SWEEP))
def test_the_sweep_knows_no_function(path: Path) -> None:
    """Neither the sweep nor the derivative names a scalar function, a layer or a loss: there is no table of rules."""
    plain = {"exp", "log", "sqrt", "sin", "cos", "erf", "identity"}  # SymPy's own, which may stand in an expression
    known = (set(FUNCTIONS) | SPECIAL) - plain
    found = {word: line for word, line in words(path).items() if word.lower() in known}
    assert not found


@pytest.mark.parametrize("path", files("model"), ids=ids(files("model")))
def test_layers_are_forward_equations_alone(path: Path) -> None:
    """Nothing in model/ is called a backward, a gradient or an adjoint of something."""
    pattern = re.compile(r"backward|backprop(?!\w*\.)|adjoint|vjp|jvp|_grad|grad_|jacobian", re.IGNORECASE)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert not [name for name in defined if pattern.search(name)]


RENDERING = files("rendering")


@pytest.mark.parametrize("path", RENDERING, ids=ids(RENDERING))
def test_rendering_computes_nothing(path: Path) -> None:
    """Rendering imports no rewriting of expressions and calls none of SymPy's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symbackprop.algebra"):
            assert (node.module or "").split(".")[-1] not in REWRITES, f"{path.name}:{node.lineno}"
        if isinstance(node, ast.ImportFrom) and "derive" in {alias.name for alias in node.names}:
            raise AssertionError(f"{path.name}:{node.lineno}: rendering reads a derivation and makes none")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in COMPUTING, f"{path.name}:{node.lineno} calls {node.func.attr}"


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 20))])
def test_a_gradient_has_the_shape_of_its_variable(seed: int) -> None:
    """Each adjoint, and each matrix form, has the shape of the tensor it belongs to, as symbols."""
    case = case_of(seed, 1 + seed % 8)
    derivation = derive(case.model, wrt=leaves(case.model), checks=False)
    for name in derivation.adjoints:
        array, tensor = derivation.gradient(name), derivation.model.tensor(name)
        assert array.shape == tensor.shape
        assert len(array.indices) == len(array.shape) == len(set(array.indices))
        integers = {symbol for symbol in array.expression.free_symbols if symbol.is_integer}
        assert {symbol for symbol in integers if not symbol.is_positive} <= set(array.indices)
        matrix = derivation.matrix(name)
        if matrix is not None and not isinstance(matrix, ForEach) and len(tensor.shape) == 2:
            assert matrix.shape == tensor.shape


def all_steps(every: bool) -> str:
    """Every step and substep of networks and of random models, a line each; of some of them unless `every`."""
    shown = ("two_layers", "recurrent")
    checked = shown if every else shown[:1]  # a proof of every step costs more than all else
    models = [(make(), name in checked) for name, make in NETWORKS.items() if every or name in shown]
    models += [(case_of(seed, 3).model, False) for seed in range(5 if every else 1)]
    lines: list[str] = []
    for model, checks in models:
        derivation = derive(model, wrt=leaves(model), checks=checks)
        for whole in (derivation, *([derivation.one_sample] if derivation.one_sample else [])):
            steps = walk((*whole.forward, *whole.steps, *whole.updates))
            lines += (str(replace(step, substeps=())) for step in steps)
    return "\n".join(lines)


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_same_model_gives_the_same_bytes(every: bool) -> None:
    """A process of its own with another hash seed makes the same steps as this one, word for word."""
    other = elsewhere("from tests.test_invariants import all_steps", f"all_steps({every})")
    here = all_steps(every)
    assert len(here) > 10_000
    for one, two in zip(here.splitlines(), other.splitlines(), strict=True):
        assert one == two
