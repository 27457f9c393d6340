"""From one sample to all: the sample index in every tensor that has an entry per sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import apart, fresh, substitute
from symbackprop.algebra.symbols import entry, indices_of, remade, tensor_of
from symbackprop.model.reads import names_read
from symbackprop.model.records import Equation, Samples, Tensor

Parts = tuple[tuple[Tensor, ...], tuple[Equation, ...], str]


def sampled_tensors(tensors: Iterable[Tensor], equations: Iterable[Equation], loss: str) -> frozenset[str]:
    """The tensors with one value per sample: inputs, targets, the loss, and all that reads one of them."""
    sampled = {tensor.name for tensor in tensors if tensor.role in ("input", "target")} | {loss}
    reads = {equation.tensor: names_read(equation.expression) for equation in equations}
    grown = True
    while grown:
        more = {name for name, read in reads.items() if read & sampled} - sampled
        sampled |= more
        grown = bool(more)
    return frozenset(sampled)


def batched_parts(
    tensors: tuple[Tensor, ...],
    equations: tuple[Equation, ...],
    loss: str,
    samples: Samples,
    cost: Equation | None,
) -> Parts:
    """The tensors and equations of all samples at once, and the name of the new loss: the cost, else the loss.

    The index of the samples bears the name of no tensor.
    """
    samples = replace(samples, index=fresh([Symbol(tensor.name) for tensor in tensors], samples.index))
    sampled = sampled_tensors(tensors, equations, loss)
    whole = [_tensor(t, samples) if t.name in sampled else t for t in tensors]
    root = loss if cost is None else cost.tensor
    if cost is not None:
        whole = [replace(t, role={loss: "intermediate", root: "loss"}.get(t.name, t.role)) for t in whole]
    found = [_equation(e, sampled, samples) if e.tensor in sampled else e for e in equations]
    return tuple(whole), (*found, *((cost,) if cost is not None else ())), root


def _placed(parts: tuple, part: object, samples: Samples) -> tuple:
    """`part` first for samples in rows, last for samples in columns."""
    return (part, *parts) if samples.side == "rows" else (*parts, part)


def _tensor(tensor: Tensor, samples: Samples) -> Tensor:
    shift = 1 if samples.side == "rows" else 0
    facts = tuple(f if f.axis is None else replace(f, axis=f.axis + shift) for f in tensor.facts)
    return replace(tensor, shape=_placed(tensor.shape, samples.size, samples), facts=facts)


def _equation(equation: Equation, sampled: frozenset[str], samples: Samples) -> Equation:
    """The equation with the sample index, its other indices renamed where they bear that name."""
    index, own = samples.index, []
    for variable in equation.indices:
        own.append(fresh([index, *own, *(set(equation.indices) - {variable})], variable))
    expression = substitute(equation.expression, dict(zip(equation.indices, own, strict=True)))
    expression = _per_sample(apart(expression, [index, *own]), sampled, samples)
    return replace(equation, indices=_placed(tuple(own), index, samples), expression=expression)


def _per_sample(expr: Expr, sampled: frozenset[str], samples: Samples) -> Expr:
    name = tensor_of(expr)
    if name is not None:
        indices = tuple(_per_sample(i, sampled, samples) for i in indices_of(expr))
        return entry(name, *(_placed(indices, samples.index, samples) if name in sampled else indices))
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    return remade(expr, (_per_sample(a, sampled, samples) for a in expr.args))
