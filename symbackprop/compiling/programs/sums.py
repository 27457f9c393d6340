r"""Sums of products as contractions of two tensors at a time, plain sums and scatters.

\(\sum_k c\, A_{ik} f(B_k) \cdots\): what does not depend on k stands outside, factors with the same indices become one
tensor, an index that only one of them has is summed there first, and more than two are taken in pairs. A delta between
a free index and a map of the bound ones makes the sum a scatter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Add, Expr, KroneckerDelta, Mul, Pow, S, Symbol, floor
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import fresh, substitute
from symbackprop.algebra.collapse import collapse
from symbackprop.algebra.ranges import count_of
from symbackprop.algebra.symbols import entry, indices_of, tensor_of, total
from symbackprop.algebra.terms import Bounds, Term, components, from_term
from symbackprop.compiling.program import Allocate, Contract, Elementwise, Reduce
from symbackprop.compiling.programs.definitions import Workshop, box_of
from symbackprop.compiling.programs.deltas import Scatter, by_places, pieces, scatter_of, unrolled
from symbackprop.compiling.programs.guards import argument_of, attached, is_guard, shrunk
from symbackprop.compiling.programs.keys import Extents, indices_in, is_index
from symbackprop.compiling.programs.pairs import Group, best_pair, joint

_MOST_TERMS = 8  # that one factor may be multiplied out into


def summed(body: Expr, bounds: Bounds, extents: Extents, shop: Workshop) -> Expr:
    r"""What to read for \(\sum_{\text{bounds}}\) `body`, which has no binder; `extents` are those of free indices."""
    whole = {**extents, **dict(bounds)}
    return Add(*(_product(term, bounds, extents, whole, shop) for term in _distributed(body)))


# sums over additions


def _distributed(body: Expr) -> list[Expr]:
    """The terms to be summed each by itself; those that gain nothing by it stay together."""
    body = _multiplied_out(body)
    if not isinstance(body, Add):
        return [body]
    if all(indices_in(term) < indices_in(body) for term in body.args):
        return list(body.args)
    apart = [term for term in body.args if _is_contraction(term)]
    rest = Add(*(term for term in body.args if term not in apart))
    return apart if rest == 0 else [*apart, rest]


def _is_contraction(term: Expr) -> bool:
    """Whether a product has more indices than each of its factors."""
    sets = [indices_in(factor) for factor in Mul.make_args(term)]
    return all(part < indices_in(term) for part in sets)


def _multiplied_out(body: Expr) -> Expr:
    """A product multiplied out by a sum in it that has more indices than each of its terms."""
    factors = Mul.make_args(body)
    for factor in factors:
        if not isinstance(factor, Add) or len(factor.args) > _MOST_TERMS:
            continue
        if all(indices_in(term) < indices_in(factor) for term in factor.args):
            rest = Mul(*(other for other in factors if other is not factor))
            return Add(*(_multiplied_out(rest * term) for term in factor.args))
    return body


# one product


def _product(term: Expr, bounds: Bounds, extents: Extents, whole: Extents, shop: Workshop) -> Expr:
    """What does not depend on the bound indices, times the sums of the parts that share no bound index."""
    term, bounds = _within_guards(term, bounds, shop)
    bound = {v for v, _ in bounds}
    factors = list(Mul.make_args(term))
    if shop.guarded:
        factors = attached(factors, whole, shop.totality())
    outer = [factor for factor in factors if not indices_in(factor) & bound]
    inner = [factor for factor in factors if indices_in(factor) & bound]
    result = Mul(*outer)
    for part, members in components(bounds, inner):
        result *= _part(members, part, extents, shop) if members else Mul(*(count_of(n, shop.space) for _, n in part))
    return result


def _within_guards(term: Expr, bounds: Bounds, shop: Workshop) -> tuple[Expr, Bounds]:
    """The product with a smaller box for each bound index that guards bound by themselves."""
    factors = Mul.make_args(term)
    guards = [factor for factor in factors if is_guard(factor)]
    if not guards:
        return term, bounds
    box = shrunk(guards, (v for v, _ in bounds), dict(bounds), shop.space)
    rest = Mul(*box.rest, *(factor for factor in factors if not is_guard(factor)))
    return box.moved(rest), tuple((v, box.extents[v]) for v, _ in bounds)


def _part(members: list[Expr], bounds: Bounds, extents: Extents, shop: Workshop) -> Expr:
    """The sum of one connected product: the tensor that holds it already, or a new one."""
    whole = total(Mul(*members), *bounds)
    found = shop.find(whole, extents)
    if found is not None:
        return found
    whole_again = _one_to_one(members, bounds, extents, shop)
    if whole_again is not None:
        return shop.remember(whole, extents, whole_again)
    scatter = (
        None if shop.recurrent else scatter_of(members, bounds, extents) or unrolled(members, bounds, extents, shop)
    )
    made = _contracted(members, bounds, extents, shop) if scatter is None else _scattered(scatter, extents, shop)
    return shop.remember(whole, extents, made)


def _one_to_one(members: list[Expr], bounds: Bounds, extents: Extents, shop: Workshop) -> Expr | None:
    """The sum without an index, where its deltas say how another shape counts the same entries."""
    if not any(isinstance(factor, KroneckerDelta) and factor.has(floor) for factor in members):
        return None
    terms = collapse(Term(factors=tuple(members), bounds=bounds), extents, shop.space)
    plain = len(terms) == 1 and not terms[0].bounds and not terms[0].guards
    if not plain or any(factor.has(KroneckerDelta) for factor in terms[0].factors):
        return None
    return from_term(terms[0])


def _scattered(scatter: Scatter, extents: Extents, shop: Workshop) -> Expr:
    """A tensor of zeros to which the rest of the product is added along the map."""
    scatter = by_places(scatter, extents, shop)
    around = {**{v: e for v, e in extents.items() if v not in scatter.maps}, **dict(scatter.kept)}
    value = summed(Mul(*scatter.factors), scatter.summed, around, shop)
    used = set(scatter.maps).union(*(indices_in(part) for part in (*scatter.factors, *scatter.maps.values())))
    free = [v for v in extents if v in used]
    inner = [v for v in around if v in free or v in dict(scatter.kept)]
    at = tuple(scatter.maps.get(v, v) for v in free)
    statements = [Allocate("", tuple(extents[v] for v in free)), *pieces(at, inner, value, around, shop)]
    return shop.define("sum", free, extents, statements)


def _contracted(members: list[Expr], bounds: Bounds, extents: Extents, shop: Workshop) -> Expr:
    """The sum of a connected product by contractions of two tensors at a time."""
    whole = {**extents, **dict(bounds)}
    guards = tuple(a for m in members if is_guard(m) for a in argument_of(m))
    left = {v for v, _ in bounds}
    groups = _summed_alone(_grouped(members), left, whole, guards, shop)
    while len(groups) > 2:
        first, second, gone = best_pair(groups, left, whole)
        others = [group for group in groups if group not in (first, second)]
        if gone:
            others.append(Group((_contract((first, second), gone, whole, guards, shop),)))
            left -= gone
        else:
            others.append(joint(first, second))
        groups = _summed_alone(_merged(others), left, whole, guards, shop)
    gone = {v for group in groups for v in group.indices} & left
    return (
        _contract(groups, gone, whole, guards, shop) if gone else Mul(*(f for group in groups for f in group.factors))
    )


def _grouped(factors: Iterable[Expr]) -> list[Group]:
    return _merged([Group((factor,)) for factor in factors])


def _merged(groups: Sequence[Group]) -> list[Group]:
    """Groups with the same indices together, in the order in which each set of indices first stands."""
    found: dict[frozenset[Symbol], Group] = {}
    for group in groups:
        found[group.indices] = joint(found[group.indices], group) if group.indices in found else group
    return list(found.values())


def _summed_alone(
    groups: list[Group], left: set[Symbol], whole: Extents, guards: tuple[Expr, ...], shop: Workshop
) -> list[Group]:
    """Groups with the indices that only one of them has summed there; `left` loses these."""
    if len(groups) < 2:
        return groups
    result = []
    for group in groups:
        others = frozenset().union(*(other.indices for other in groups if other is not group))
        alone = (group.indices & left) - others
        if alone:
            left -= alone
            group = Group((_contract((group,), set(alone), whole, guards, shop),))
        result.append(group)
    merged = _merged(result)
    return merged if len(merged) == len(result) else _summed_alone(merged, left, whole, guards, shop)


def _contract(
    groups: Sequence[Group], gone: set[Symbol], whole: Extents, guards: tuple[Expr, ...], shop: Workshop
) -> Expr:
    """One sum over the indices `gone`: a contraction of entries, or the sum of an expression."""
    names = frozenset().union(*(group.indices for group in groups)) - gone
    indices = tuple(v for v in whole if v in names)
    guards = tuple(guard for guard in guards if indices_in(guard) <= names | gone)
    bound = box_of((v for v in whole if v in gone), whole)
    box = box_of(indices, whole)
    factors = _entries(groups[0]) if len(groups) == 1 else tuple(_as_entry(g, whole, shop) for g in groups)
    if factors is None:
        body = Mul(*groups[0].factors)
        note_partial = shop.guarded and not shop.totality().holds(body, whole)
        made = shop.define("sum", indices, whole, (Reduce("", indices, box, "sum", body, bound),), guards=guards)
    else:
        note_partial = any(tensor_of(factor) in shop.partial for factor in factors)
        made = shop.define("sum", indices, whole, (Contract("", indices, box, S.One, factors, bound),), guards=guards)
    if note_partial:
        shop.partial.add(str(tensor_of(made)))
    return made


def _entries(group: Group) -> tuple[Expr, ...] | None:
    """The group as one or two entries; None if it is neither."""
    factors = tuple(
        base
        for factor in group.factors
        for base in ((factor.base, factor.base) if isinstance(factor, Pow) and factor.exp == 2 else (factor,))
    )
    return factors if len(factors) <= 2 and all(map(is_plain, factors)) else None


def is_plain(factor: Expr) -> bool:
    """Whether a factor is an entry at an affine map: no floor and no entry in an index."""
    return tensor_of(factor) is not None and all(_is_affine(position) for position in indices_of(factor))


def _is_affine(position: Expr) -> bool:
    indices = indices_in(position)
    if position in indices:
        return True
    return all(not (inner := indices_in(term)) or _is_multiple(term, inner) for term in Add.make_args(position))


def _is_multiple(term: Expr, indices: frozenset[Symbol]) -> bool:
    """Whether a term is one index times a number or sizes."""
    return len(indices) == 1 and not indices_in(term / next(iter(indices)))


def _as_entry(group: Group, whole: Extents, shop: Workshop) -> Expr:
    """The group as one entry: itself, or that of a tensor that holds it."""
    if len(group.factors) == 1 and is_plain(group.factors[0]):
        return group.factors[0]
    body = Mul(*group.factors)
    found = shop.find(body, whole)
    if found is not None:
        return found
    everywhere = _over_its_tensor(body, whole, shop)
    if everywhere is not None:
        return everywhere
    indices = tuple(v for v in whole if v in group.indices)
    made = shop.define("part", indices, whole, (Elementwise("", indices, box_of(indices, whole), body),))
    if shop.guarded and not shop.totality().holds(body, whole):
        shop.partial.add(str(tensor_of(made)))
    return shop.remember(body, whole, made)


def _over_its_tensor(body: Expr, whole: Extents, shop: Workshop) -> Expr | None:
    """A function of entries all at one map, such as exp(x[c, i + u]), over the whole tensor and then read at the map.

    Only where no read leaves the tensor, since the function of 0 need not be 0.
    """
    entries = body.atoms(Indexed)
    maps = {e.indices for e in entries}
    shapes = {shop.shape(str(tensor_of(e))) for e in entries}
    if len(maps) != 1 or len(shapes) != 1 or is_guard(body) or body.has(KroneckerDelta):
        return None
    (positions,), (shape,) = maps, shapes
    if shape is None or all(map(is_index, positions)):
        return None
    if not all(map(_is_affine, positions)) or not all(
        shop.is_inside(p, n, whole) for p, n in zip(positions, shape, strict=True)
    ):
        return None
    names: list[Symbol] = []
    for _ in positions:
        names.append(fresh([*names, *body.free_symbols]))  # type: ignore[list-item]
    renamed = body.xreplace({e: entry(str(tensor_of(e)), *names) for e in entries})
    if indices_in(renamed) - set(names):
        return None
    extents = dict(zip(names, shape, strict=True))
    found = shop.find(renamed, extents)
    if found is None:
        made = (Elementwise("", tuple(names), box_of(names, extents), renamed),)
        found = shop.remember(renamed, extents, shop.define("part", names, extents, made))
    return substitute(found, dict(zip(names, positions, strict=True)))
