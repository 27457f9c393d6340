"""What a recurrence does not compute itself is computed before its loop, for all steps at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Add, Basic, Expr, Mul
from sympy.functions.elementary.piecewise import ExprCondPair

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.symbols import remade, tensor_of
from symbackprop.compiling.program import Elementwise
from symbackprop.compiling.programs.definitions import Definition, Known, Workshop, box_of
from symbackprop.compiling.programs.guards import is_guard
from symbackprop.compiling.programs.keys import Extents, indices_in, key_of


@dataclass(slots=True)
class Hoist:
    """The tensors that hold what was taken out of one component, by name."""

    component: frozenset[str]
    shop: Workshop
    names: list[str] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)

    def without_parts(self, definition: Definition) -> Definition:
        """The definition with entries for the parts of its expression that read nothing of the component."""
        if len(definition.statements) != 1 or not isinstance(definition.statements[0], Elementwise):
            return definition
        statement = definition.statements[0]
        self.shop.begin(definition.equation, recurrent=True, guarded=False)
        expression = self._outside(statement.expression, dict(statement.box))
        return replace(definition, statements=(replace(statement, expression=expression),))

    def _outside(self, expr: Expr, extents: Extents) -> Expr:
        if self._is_still(expr):
            return self._named(expr, extents) if _is_work(expr) else expr
        if tensor_of(expr) is not None:
            return expr
        if not isinstance(expr, Add | Mul):
            return remade(expr, (self._argument(argument, extents) for argument in expr.args))
        still = [argument for argument in expr.args if self._is_still(argument) and not is_guard(argument)]
        together = expr.func(*still)
        if _is_work(together):
            together = self._named(together, extents)
        return expr.func(
            together, *(self._outside(argument, extents) for argument in expr.args if argument not in still)
        )

    def _argument(self, part: Basic, extents: Extents) -> Basic:
        if isinstance(part, ExprCondPair):
            return ExprCondPair(self._outside(part.expr, extents), part.cond)
        return self._outside(part, extents) if isinstance(part, Expr) else part

    def _is_still(self, expr: Expr) -> bool:
        return not tensors_in(expr) & self.component

    def _named(self, expr: Expr, extents: Extents) -> Expr:
        """An entry of the tensor that holds the expression at all steps."""
        key, free = key_of(expr, extents)
        if key not in self.known:
            used = indices_in(expr)
            indices = tuple(v for v in extents if v in used)
            made = self.shop.define(
                "part", indices, extents, (Elementwise("", indices, box_of(indices, extents), expr),)
            )
            self.names.append(str(tensor_of(made)))
            self.known[key] = free, made
        names, made = self.known[key]
        return substitute(made, dict(zip(names, free, strict=True)))


def _is_work(expr: Expr) -> bool:
    """Whether there is anything to compute in values: more than an entry and a number."""
    return bool(tensors_in(expr)) and tensor_of(expr.as_coeff_Mul()[1]) is None
