r"""Parts of stacked matrices: \(W^{(h)}\) are the rows of W that [x, h] W multiplies with h."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Add, Expr, Lt, Mul, Piecewise, S, Sum, Symbol, true
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.symbols import indices_of, tensor_of
from symbackprop.notation.claims.symbols import EARLIER, Symbols


@dataclass(frozen=True, slots=True)
class Block:
    """The entries of a matrix along one axis from number `first`, counted from 0, as many as `count`."""

    axis: int
    first: Expr
    count: Expr


def block_of(matrix: str, letter: str, symbols: Symbols) -> Block | None:
    """The part of a matrix that is multiplied by the tensor of this letter, or by what alone rests on it."""
    named = {symbols.named(letter, suffix) for suffix in ("", "t", *EARLIER)} - {None}
    blocks = tuple(_blocks(matrix, symbols))
    own = {block for part, block in blocks if part in named}
    resting = {block for part, block in blocks if any(name and symbols.depends(part, name) for name in named)}
    found = own or resting
    return next(iter(found)) if len(found) == 1 else None


def _blocks(matrix: str, symbols: Symbols) -> Iterator[tuple[str, Block]]:
    """The tensors that stand one behind the other in what a matrix is multiplied by, each with its part of it."""
    for name, read in symbols.reads.items():
        if matrix not in read:
            continue
        for total in symbols.model.space.definitions[name].expression.atoms(Sum):
            factors = [part for part in Mul.make_args(total.function) if isinstance(part, Indexed)]
            own = [part for part in factors if str(tensor_of(part)) == matrix]
            others = [part for part in factors if str(tensor_of(part)) != matrix]
            if len(own) == len(others) == 1 and len(total.limits) == 1:
                index = total.limits[0][0]
                axes = [axis for axis, at in enumerate(indices_of(own[0])) if at == index]
                if len(axes) == 1 and index in indices_of(others[0]):
                    axis = indices_of(others[0]).index(index)
                    yield from _parts(str(tensor_of(others[0])), axis, axes[0], symbols)


def _parts(stacked: str, axis: int, of_matrix: int, symbols: Symbols) -> Iterator[tuple[str, Block]]:
    """The parts of a tensor that is others, one behind the other along an axis."""
    array = symbols.model.space.definitions.get(stacked)
    if array is None or not isinstance(array.expression, Piecewise):
        return
    first: Expr = S.Zero
    for value, condition in array.expression.args:
        ends = isinstance(condition, Lt) and condition.lhs == array.indices[axis]
        end = condition.rhs if ends else array.shape[axis] if condition == true else None
        name = tensor_of(value)
        if end is None or name is None or not isinstance(value, Indexed):
            return
        block = Block(of_matrix, first, (end - first).expand())
        if linear(block.first) is None or linear(block.count) is None:
            return
        yield str(name), block
        first = end


def linear(expression: Expr) -> tuple[tuple[int, str], ...] | None:
    """A sum of sizes and whole numbers as their factors and names, "" for a number; None for another expression."""
    found: list[tuple[int, str]] = []
    for term in Add.make_args(expression.expand()):
        factor, rest = term.as_coeff_Mul()
        name = "" if rest == 1 else rest.name if isinstance(rest, Symbol) else None
        if not factor.is_Integer or name is None:
            return None
        found.append((int(factor), name))
    return tuple(found)
