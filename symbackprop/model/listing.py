"""A model in a few readable lines, much like the text of a `.model` file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from symbackprop.model.records import Equation, Tensor
from symbackprop.model.words import bracketed, written

_DECLARED = ("input", "target", "constant", "parameter")


def listing(model: Any) -> str:
    """Its name, declarations and equations, each on a line; neighbours of one role share theirs."""
    return "\n".join(_lines(model))


def _lines(model: Any) -> Iterator[str]:
    yield f"# {model.name}"
    for fact in model.size_facts:
        yield f"size {written(fact)} >= 0"
    leaves = [tensor for tensor in model.tensors if tensor.role in _DECLARED]
    for role, group in itertools.groupby(leaves, key=lambda tensor: tensor.role):
        yield f"{role} {', '.join(map(_declared, group))}"
    if model.samples is not None:
        yield repr(model.samples)
    for equation in model.order:
        yield f"{'loss ' if equation.tensor == model.loss else ''}{_defined(equation)}"
    if model.cost is not None:
        yield f"cost {_defined(model.cost)}"
    padded = sorted({name for equation in model.equations for name in equation.padded})
    if padded:
        yield f"pad {', '.join(padded)}"


def _declared(tensor: Tensor) -> str:
    return repr(tensor).removeprefix(f"{tensor.role} ")


def _defined(equation: Equation) -> str:
    return f"{equation.tensor}{bracketed(equation.indices)} = {written(equation.expression)}"
