"""What a recurrence does not compute itself is computed before its loop, for all steps at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy import Add, And, Expr, Mul, Not, Piecewise, S, Symbol, true
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import Indexed

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
        expression = self._outside(statement.expression, dict(statement.box), true)
        return replace(definition, statements=(replace(statement, expression=expression),))

    def _outside(self, expr: Expr, extents: Extents, where: Boolean) -> Expr:
        """The expression, which counts only `where` a condition holds, with entries for its parts."""
        if self._is_still(expr):
            return self._named(expr, extents, where) if _is_work(expr) else expr
        if tensor_of(expr) is not None:
            return expr
        if isinstance(expr, Piecewise):
            return self._cases(expr, extents, where)
        if not isinstance(expr, Add | Mul):
            inner = (self._outside(a, extents, where) if isinstance(a, Expr) else a for a in expr.args)
            return remade(expr, inner)
        still = [argument for argument in expr.args if self._is_still(argument) and not is_guard(argument)]
        moving = [argument for argument in expr.args if argument not in still]
        together = expr.func(*still)
        if _is_work(together):
            together = self._named(together, extents, where)
        return expr.func(together, *(self._outside(argument, extents, where) for argument in moving))

    def _cases(self, expr: Piecewise, extents: Extents, where: Boolean) -> Expr:
        """Cases, the conditions of which stay as they stand."""
        pairs, before = [], where
        for value, condition in expr.args:
            pairs.append((self._outside(value, extents, And(before, condition)), condition))
            before = And(before, Not(condition))
        return Piecewise(*pairs)

    def _is_still(self, expr: Expr) -> bool:
        return not tensors_in(expr) & self.component

    def _named(self, expr: Expr, extents: Extents, where: Boolean) -> Expr:
        """An entry of the tensor that holds the expression at all steps; 0 where it counts nowhere and has no value."""
        if where != true and not self.shop.totality().never_fails(expr):
            if self._reads(where):
                return expr
            expr = Piecewise((expr, where), (S.Zero, True))
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

    def _reads(self, condition: Boolean) -> bool:
        """Whether a condition depends on what the component computes."""
        return not {str(tensor_of(part)) for part in condition.atoms(Indexed, Symbol)}.isdisjoint(self.component)


def _is_work(expr: Expr) -> bool:
    """Whether there is anything to compute in values: more than an entry and a number."""
    return bool(tensors_in(expr)) and tensor_of(expr.as_coeff_Mul()[1]) is None
