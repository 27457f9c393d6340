"""Numbers beside the formulas: the value of every node of a scalar network, and the derivative by it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbackprop.algebra.proving.evaluate import evaluate
from symbackprop.algebra.symbols import Apply, adjoint
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.graph import extents
from symbackprop.derivation.scalars import ScalarNetwork
from symbackprop.errors import DataError, UsageError, suggestion
from symbackprop.model.model import Model


def numbers_of(network: ScalarNetwork, derivation: Derivation, values: Mapping[str, Any]) -> dict[str, float]:
    """The value of each leaf and node by its name, and of each derivative by the adjoint's name.

    Raises:
        DataError: values that do not fit the model, or for which a node has no real value.
        UsageError: a function without a formula.
    """
    source = network.source
    arrays = checked_arrays(source, network.sizes, values)
    refuse_opaque(source)
    whole: dict[str, float] = {
        name: float(arrays[tensor][position]) for name, (tensor, position) in network.graph.leaves.items()
    }
    for operation in network.graph.operations.values():
        operands = [_value(o, whole, source) for o in operation.operands]
        if operation.word == "sum":
            result = math.fsum(sign * o for sign, o in zip(operation.signs, operands, strict=True))
        elif operation.value is None:
            result = math.prod(operands)
        else:
            result = _value(operation.value, whole, source)
        whole[operation.name] = result
    found = {leaf.name: whole[leaf.name] for leaf in network.leaves if leaf.name in whole}
    for name, terms in network.cut.given.items():
        found[name] = math.fsum(sign * _value(term, whole, source) for sign, term in terms)
    for equation in network.model.order:
        found[equation.tensor] = _value(equation.expression, found, source)
    for step in derivation.steps:
        if step.array is not None:
            found[adjoint(step.tensor)] = _value(step.array.expression, found, source)
    return found


def checked_arrays(model: Model, sizes: Mapping[Symbol, int], values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """An array for every tensor that no equation defines, of its shape, without what is no number.

    Raises:
        DataError: an array missing, unknown, of another shape, or with an entry that is no finite number.
    """
    leaves = [tensor.name for tensor in model.tensors if not model.defines(tensor.name) and tensor.role != "cost"]
    for name in values:
        if name not in leaves:
            fix = suggestion(name, leaves) or f"It takes {', '.join(leaves)}."
            raise DataError(f"the model takes no values for {name}", fix=fix, name=name)
    missing = [name for name in leaves if name not in values]
    if missing:
        raise DataError(f"no values were given for {', '.join(missing)}", fix="Give all or none.", name=missing[0])
    return {name: _checked(name, values[name], extents(model, name, sizes)) for name in leaves}


def _checked(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"the values of {name} are no array of real numbers", name=name) from None
    if array.shape != shape:
        if array.size != math.prod(shape) or math.prod(shape) > 1:
            raise DataError(
                f"the values of {name} have the shape {_shown(array.shape)}",
                because=f"{name} has the shape {_shown(shape)} at these sizes.",
                fix="Give an array of that shape.",
                name=name,
            )
        array = array.reshape(shape)
    if not np.isfinite(array).all():
        raise DataError(f"the values of {name} have an entry that is no finite number", name=name)
    return array


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "of a single number"


def refuse_opaque(model: Model) -> None:
    """Numbers need a formula for every function.

    Raises:
        UsageError: the model applies one that has none.
    """
    for equation in model.equations:
        for part in sorted(equation.expression.atoms(Apply), key=str):
            function = model.functions.get(part.name)
            if function is None or function.expression is None:
                raise UsageError(
                    f"{part.name} has no formula, so nothing that reads it has a number",
                    fix=f"Define it in the model, as in: function {part.name}(x) = x^2.",
                    name=part.name,
                )


def _value(expr: Expr, known: Mapping[str, float], model: Model) -> float:
    try:
        found = float(evaluate(expr, known, {}, functions=model.functions))
    except (ArithmeticError, ValueError) as error:
        raise DataError(
            f"{expr} has no real value at the values given", because=f"{error}.", fix="Choose other values."
        ) from None
    if not math.isfinite(found):
        raise DataError(f"{expr} is not finite at the values given", fix="Choose smaller values.")
    return found
