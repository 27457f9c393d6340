"""Whether a line is right, by complex steps alone: no derivation has a part in it."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

import numpy as np
from sympy import Symbol

import symbackprop as sb
from tests.oracles.draws import draw
from tests.oracles.slopes import leaves, slopes
from tests.planted.examples import load

SIZES = {"m": 4, "n": 3, "h": 5, "h1": 5, "h2": 6, "k": 7}
SEEDS = (11, 12, 14)


def _f(x: Any) -> Any:
    """What stands for an activation without a formula; it takes complex numbers."""
    return np.sin(x) + x * x / 4


def _f_slope(x: np.ndarray) -> np.ndarray:
    return np.imag(_f(x + 1e-30j)) / 1e-30


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@lru_cache(maxsize=64)
def world(name: str, scale: str, seed: int) -> dict[str, Any]:
    """All values by name; `d` before a name for its adjoint, of each sample's own loss where it has one per sample."""
    model = load(name)
    whole = scale == "all samples"
    model = model if whole else model.one_sample()
    sizes = {Symbol(key, integer=True, positive=True): count for key, count in SIZES.items()}
    data = draw(model, sizes, seed)
    opaque = {"f": _f}
    first = slopes(model, sizes, data, opaque=opaque)
    found: dict[str, Any] = dict(first.values)
    mean = _mean(model) if whole else 1
    inner = {e.tensor for e in model.equations} - {model.loss}
    for tensor in inner:
        stored = {**data, tensor: first.values[tensor]}
        slope = slopes(model, sizes, stored, wrt=[tensor], opaque=opaque).slopes[tensor]
        found[f"d{tensor}"] = slope * mean
    for leaf in leaves(model):
        found[f"d{leaf}"] = first.slopes[leaf]
    functions = {"np": np, "s": sigmoid, "sp": lambda z: sigmoid(z) * (1 - sigmoid(z)), "f": _f, "fp": _f_slope}
    return {**SIZES, **functions, **found}


def _mean(model: sb.Model) -> int:
    """m for a cost that is a mean over the samples."""
    assert model.cost is not None
    return SIZES["m"] if "m" in {s.name for s in model.cost.expression.free_symbols} and _divides(model) else 1


def _divides(model: sb.Model) -> bool:
    assert model.cost is not None
    return any(p.exp == -1 for p in model.cost.expression.atoms(type(Symbol("q") ** -1)))


def is_right(line: str, name: str, scale: str) -> bool:
    """Whether a line holds at data from every seed."""
    return all(holds(line, world(name, scale, seed)) for seed in SEEDS)


def holds(line: str, scope: dict[str, Any]) -> bool:
    """Whether both sides of `left, right` are the same numbers in the same shape."""
    tree = ast.parse(line, mode="eval").body
    assert isinstance(tree, ast.Tuple), line
    left, right = (ast.unparse(part) for part in tree.elts)
    try:
        one, other = (np.asarray(eval(part, dict(scope)), float) for part in (left, right))
    except ValueError:
        return False  # shapes that do not fit
    if np.squeeze(one).shape != np.squeeze(other).shape or (one.ndim == other.ndim and one.shape != other.shape):
        return False
    return bool(np.allclose(np.squeeze(one), np.squeeze(other), rtol=1e-8, atol=1e-10))
