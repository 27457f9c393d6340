r"""Adjoints of which a row has several factors: `d\Gamma_o`, and the part by way of one reader, `du|v`."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.algebra.symbols import is_adjoint, part_of
from symbackprop.errors import NotationError
from symbackprop.notation.claims import differentials
from symbackprop.notation.claims.adjoints import operated
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve, derivative
from symbackprop.notation.claims.gates import outer
from symbackprop.notation.claims.leaves import leaf_of
from symbackprop.notation.claims.neighbours import Row, is_indices
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.surface.tree import Fence, Listing, Node, Product, Scripted


def operated_factor(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    r"""`d\Gamma_o`, `\delta\mathbf{y}^t`, `d\tilde c`: the adjoint of what stands behind the sign."""
    if len(row) < 2 or row[1][0] != "":
        return None
    target = operated(row[0][1], row[1][1], context)
    if target is None:
        return None
    span = row[0][1].span.to(row[1][1].span)
    count = 2
    if len(row) > 2 and is_indices(row[2]):
        target, count = differentials.with_indices(target, row[2][1]), 3  # type: ignore[arg-type]
    found = reference_of(target, context)
    if found is None:
        return None
    return derivative(outer(found, context), "", span, context, resolve), count


def part_by_way(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    r"""`du|v`, \(du \big|_v\): the part of an adjoint that comes by way of v; of `d u|v` the d stands before."""
    found, count, node = sides_of_bar(row[0][1]), 1, row[0][1]
    if found is None and len(row) > 1 and row[1][0] == "":
        found, count = sides_of_bar(row[1][1]), 2
        if found is None or leaf_of(node) is None or operated(node, found[0], context) is None:
            return None
        found = Product((("", node), ("", found[0])), node.span.to(found[0].span)), found[1]
    through = None if found is None else leaf_of(found[1])
    reference = None if through is None else reference_of(through, context)
    if found is None or reference is None:
        return None
    whole = resolve(found[0], context)
    name = whole.base if isinstance(whole, syntax.Subscript) else whole
    if not isinstance(name, syntax.Name) or not is_adjoint(name.name):
        return None
    part = replace(name, name=part_of(name.name, reference.tensor))
    if part.name not in context.symbols.shapes:
        written = context.source.written
        raise NotationError(
            f"{written(found[0].span)} has no part by way of {written(found[1].span)}",
            where=context.source.locate(node.span),
            because=f"{written(found[1].span)} does not read it.",
            fix="Name a tensor whose equation reads it.",
        )
    return replace(whole, base=part) if isinstance(whole, syntax.Subscript) else part, count


def sides_of_bar(node: Node) -> tuple[Node, Node] | None:
    """The two sides of the bar in the part of an adjoint."""
    match node:
        case Listing((base, through), ("|",)):
            return base, through
        case Scripted(Fence(".", base, closing="|"), (through,), (), 0):
            return base, through
    return None
