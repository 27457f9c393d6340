r"""Eliminating an intermediate: its definition put in where it stands, and the result brought to its compact form.

At an index that is not provably in range the definition comes under its guards: eliminating h[t-1] = σ(z[t-1]) at
t = 0 must give 0, not ½.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sympy import Add, Expr, Mul, S, Symbol, cancel, factor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import rebind
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.display import assemble, common_factor, with_facts, with_signs
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Fact, Ranges, Space
from symbackprop.algebra.symbols import BINDERS, Guard, body_of, bounds_of, indices_of, tensor_of, text_of
from symbackprop.algebra.terms import Term, terms_of


@dataclass(frozen=True, slots=True)
class Compact:
    """An expression after elimination, with the facts that it rests on."""

    expression: Expr
    facts: tuple[Fact, ...]


def put_in(expr: Expr, names: Collection[str], ranges: Ranges, space: Space) -> Expr:
    """`expr` with each entry of the named tensors replaced by its definition, guarded where it may be out of range."""
    name = tensor_of(expr)
    if name is not None:
        return definition_at(expr, name, ranges, space) if name in names else expr
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    if isinstance(expr, BINDERS):
        inner = {**ranges, **dict(bounds_of(expr))}
        return rebind(expr, put_in(body_of(expr), names, inner, space), bounds_of(expr))
    arguments = [put_in(a, names, ranges, space) if isinstance(a, Expr) or a.args else a for a in expr.args]
    return expr if all(a is b for a, b in zip(arguments, expr.args, strict=True)) else expr.func(*arguments)


def definition_at(read: Expr, name: str, ranges: Ranges, space: Space) -> Expr:
    """The definition of the entry `read` of the tensor `name`, under guards where it may be out of range."""
    array, indices = space.definitions[name], indices_of(read)
    guards = [
        guard
        for position, extent in zip(indices, array.shape, strict=True)
        for guard in (position, (extent - 1 - position).expand())
        if not is_nonnegative(guard, ranges, space)
    ]
    return Mul(*(Guard(guard) for guard in guards), array.at(*indices))


def eliminate(expr: Expr, names: Collection[str], ranges: Ranges, space: Space) -> Compact:
    """`expr` with the definitions of the named tensors put in, in the shortest form that was found."""
    facts: list[Fact] = []
    raw = put_in(expr, names, ranges, space)
    plain = compact(raw, ranges, space, facts)
    return Compact(plain, tuple(facts))


def compact(expr: Expr, ranges: Ranges, space: Space, facts: list[Fact]) -> Expr:
    """The shortest of: products multiplied out and cancelled, factored, or left as they stand; facts put in."""
    kept = assemble([t for term in terms_of(expr) for t in collapse(term, ranges, space)], ranges, space)
    if size_of(kept) > _LARGE:
        return kept
    terms = [t for term in expanded(expr) for t in collapse(term, ranges, space)]
    used: list[Fact] = []
    flat = with_facts(assemble(terms, ranges, space), ranges, space, used)
    forms = [kept, *(_forms(flat))]
    sizes = {form: size_of(form) for form in forms}
    shortest = [form for form, size in sizes.items() if size == min(sizes.values())]
    best = shortest[0] if len(shortest) == 1 else min(shortest, key=text_of)
    if best != kept:
        facts.extend(fact for fact in used if fact not in facts)
    return best


def expanded(expr: Expr) -> list[Term]:
    """Terms multiplied out and cancelled, also the plain factors within each."""
    result = []
    for term in terms_of(expr):
        product = cancel_products(Mul(term.coefficient, *term.factors))
        for part in Add.make_args(product):
            result.extend(
                Term(p.coefficient, p.factors, (*term.bounds, *p.bounds), (*term.guards, *p.guards))
                for p in terms_of(part)
            )
    return result


def cancel_products(expr: Expr) -> Expr:
    """A rational expression in entries, cancelled and multiplied out where that leaves a polynomial or less to read."""
    plain, back = _with_symbols(expr)
    forms = [plain]
    if plain.is_rational_function():
        cancelled = cancel(plain)
        forms += [cancelled, cancelled.expand()]
    else:
        forms.append(plain.expand(power_exp=False, power_base=False, log=False))
    return forms[-1].xreplace(back)


def _with_symbols(expr: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """`expr` with entries, binders, deltas and guards as plain symbols, and the way back."""
    atoms: list[Expr] = []

    def walk(part: Expr) -> None:
        if isinstance(part, Symbol) or part.is_number:
            return
        if isinstance(part, Add | Mul) or (part.is_Pow and part.args[1].is_Integer):
            for argument in part.args:
                walk(argument)
        elif part not in atoms:
            atoms.append(part)

    walk(expr)
    atoms.sort(key=text_of)
    forward = {atom: Symbol(f"_atom{number}", real=True) for number, atom in enumerate(atoms)}
    return expr.xreplace(forward), {symbol: atom for atom, symbol in forward.items()}


def _forms(flat: Expr) -> list[Expr]:
    """Ways to write a sum: as it is, with common factors out, factored."""
    plain, back = _with_symbols(flat)
    forms = [flat, common_factor(flat)]
    if plain != S.Zero and len(Add.make_args(plain)) <= _TERMS and len(plain.free_symbols) <= _SYMBOLS:
        forms.append(with_signs(factor(plain)).xreplace(back))
    return forms


_LARGE = 200  # nodes beyond which no compact form is looked for
_TERMS, _SYMBOLS = 8, 8  # beyond these a factored form is neither found quickly nor short
