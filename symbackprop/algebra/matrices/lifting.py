r"""Index notation to matrix notation: `lift` finds the matrix expression that a person would write.

A term is a product of factors under sums. Each factor becomes a block on the indices it has (an entry itself; a
function, a power, a sum of terms through what is inside it), and `contraction` puts the blocks together:

    Σ_j W2[j,i] ∂z2[j] a1[i] (1 - a1[i])       W2ᵀ dz2 ⊙ a1 ⊙ (1 - a1)
    exp(z[i]) / Σ_k exp(z[k])                  softmax(z)
    p[i] ∂p[i] - p[i] Σ_k p[k] ∂p[k]           p ⊙ (dp - (pᵀ dp) 1)

Above rank 2, and where an index is shifted (h[t-1, i]), leading indices are held fixed: "for each t", or Σ_t of
matrices.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Function, KroneckerDelta, Mul, Piecewise, Pow, Rational, S, Sum, Symbol, exp, log
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import boxed, fresh, substitute
from symbackprop.algebra.matrices.contraction import Network, arrange, contract
from symbackprop.algebra.matrices.factors import (
    Factored,
    Scope,
    common_coefficient,
    common_factor,
    distributed,
    has_moving_delta,
    has_scalar_tensors,
    parse,
    pulled,
)
from symbackprop.algebra.matrices.forms import (
    DIAGONAL_COST,
    SUM_COST,
    Block,
    Form,
    Work,
    cheaper,
    either,
    hadamard,
    transposed,
    vector,
)
from symbackprop.algebra.matrices.grammar import (
    Constant,
    DiagonalOf,
    ForEach,
    Identity,
    Indicator,
    Leaf,
    LogSumExp,
    Map,
    Matrix,
    Ones,
    Plus,
    Power,
    Scale,
    Softmax,
    SumOver,
    leaves,
    parts,
)
from symbackprop.algebra.matrices.preparation import (
    FUNCTIONS,
    RELATIONS,
    alike,
    distinct,
    is_indicator,
    rewritten,
    shape_of,
)
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Apply, bounds_of, is_adjoint, tensor_of, text_of

BUDGET = 2000
"""States of the search that one lift may look at."""


def lift(array: Array, space: Space, budget: int = BUDGET) -> Matrix | None:
    """The matrix expression for `array`, or None if none is found within `budget` states of the search.

    A vector is a column; of two indices the first runs down, the second across; leading ones above that are held fixed.
    """
    rank = len(array.indices)
    work = Work(budget, {name: place for place, name in enumerate(space.shapes)})
    for held in range(max(rank - 2, 0), rank + 1):
        scope, expression = _prepared(array, space, work, held)
        rows, columns = (*array.indices[held:], None, None)[:2]
        form = _lift(expression, rows, columns, scope)
        if form is not None and (held == 0 or any(not leaf.is_scalar for leaf in leaves(form.matrix))):
            return ForEach(array.indices[:held], form.matrix) if held else form.matrix
    return None


def _prepared(array: Array, space: Space, work: Work, held: int) -> tuple[Scope, Expr]:
    """The expression made ready, with the first `held` indices fixed, and what holds for it."""
    expression = boxed(array.expression, array.ranges)
    avoid = set(expression.free_symbols) | set(array.indices)
    sizes = dict(array.ranges)
    expression = distinct(expression, avoid, sizes)
    single = [i for i, extent in zip(array.indices[held:], array.shape[held:], strict=True) if extent == 1]
    unit = single[0] if single else fresh(avoid)
    sizes[unit] = S.One
    scope = Scope(space, sizes, frozenset(array.indices[:held]), unit, work)
    return scope, rewritten(expression, space, unit)


# ---------------------------------------------------------------------------------------------- sums of terms


def _lift(expr: Expr, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    """`expr` as a matrix whose entry at (rows, columns) it is; None if there is none."""
    key = (expr, rows, columns)
    if key not in scope.known and not scope.work.take():
        return None
    if key not in scope.known:
        scope.known[key] = _sum(expr, rows, columns, scope) if expr.is_Add else _term(expr, rows, columns, scope)
    return scope.known[key]


def _sum(expr: Expr, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    indices = scope.moving(expr)
    if (rows is not None and rows not in indices) or (columns is not None and columns not in indices):
        return _term(expr, rows, columns, scope)
    terms = [parse(term, scope) for term in expr.args]
    common = common_coefficient(terms)
    if common != 1:
        rest = _plus([term.expression / common for term in terms], rows, columns, scope)
        return rest and _scaled(common, (), rest)
    factor = common_factor(terms, scope)
    if factor is None:
        return _plus([term.expression for term in terms], rows, columns, scope)
    return _plus(pulled(factor, terms), rows, columns, scope)


def _plus(terms: list[Expr], rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    forms = [_lift(term, rows, columns, scope) for term in terms]
    found = [form for form in forms if form is not None]
    if len(found) < len(forms):
        return None
    if len(found) == 1:
        return found[0]
    found.sort(key=lambda form: _term_order(form.matrix, scope))
    parts: list[Matrix] = []
    for form in found:
        parts.extend(form.matrix.terms if isinstance(form.matrix, Plus) else (form.matrix,))
    return Form(Plus(tuple(parts)), sum(form.cost for form in found))


def _term_order(matrix: Matrix, scope: Scope) -> tuple:
    """Positive terms first; numbers, products, single tensors, then scalar tensors."""
    coefficient = matrix.by.value if isinstance(matrix, Scale) and isinstance(matrix.by, Constant) else S.One
    if isinstance(matrix, Constant):
        coefficient = matrix.value
    named = list(leaves(matrix))
    rank = min(len(named), 2) if named else (3 if coefficient.is_number else 0)
    primals = not any(is_adjoint(leaf.name) for leaf in named)
    negative = bool(coefficient.could_extract_minus_sign())
    return (negative, -rank, primals, scope.work.reading(matrix), _size(matrix), text_of(coefficient))


def _size(matrix: Matrix) -> int:
    return 1 + sum(map(_size, parts(matrix)))


# ------------------------------------------------------------------------------------------- one term


def _term(expr: Expr, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    term = parse(expr, scope)
    if scope.unit in scope.moving(Mul(*term.factors)) and scope.unit not in (rows, columns):
        term = Factored(term.coefficient, term.factors, (*term.bounds, (scope.unit, S.One)))
    held = _to_hold(term, scope)
    if held:
        return _sum_over(term, held, rows, columns, scope)
    blocks = _blocks(term, scope)
    if blocks is None:
        spread = distributed(term)
        return None if spread is None else _plus(spread, rows, columns, scope)
    coefficient = term.coefficient
    if not blocks and has_scalar_tensors(coefficient):
        coefficient, blocks = _scalars(coefficient)
    network = contract(Network(tuple(blocks), term.bounds), scope.work)
    if network is None or any({*block.ends} - {rows, columns} for block in network.blocks):
        return None
    shape = (scope.extent(rows), scope.extent(columns))
    scalars, form = arrange(network, rows, columns, shape, scope.work)
    return _assembled(coefficient, scalars, form, shape, scope.work)


def _scalars(coefficient: Expr) -> tuple[Expr, list[Block]]:
    """A constant that scalar tensors make up, as 1×1 blocks."""
    rest, blocks = S.One, []
    for part in Mul.make_args(coefficient):
        base, exponent = part.as_base_exp()
        name = tensor_of(base)
        if name is None:
            rest *= part
            continue
        leaf = Leaf(name, (S.One, S.One))
        form = Form(leaf if exponent == 1 else Power(leaf, exponent))
        blocks.append(Block((), (form, form)))
    return rest, blocks


def _assembled(coefficient: Expr, scalars: list[Form], form: Form | None, shape: tuple[Expr, Expr], work: Work) -> Form:
    for scalar in scalars:
        if isinstance(scalar.matrix, Constant):
            coefficient *= scalar.matrix.value
    scalars = [scalar for scalar in scalars if not isinstance(scalar.matrix, Constant)]
    if form is None and shape == (S.One, S.One) and scalars:
        return _scaled(coefficient, (), hadamard(scalars, work))
    if form is None and shape == (S.One, S.One):
        return Form(Constant(coefficient))
    return _scaled(coefficient, tuple(scalars), form or Form(Ones(shape)))


def _scaled(coefficient: Expr, scalars: tuple[Form, ...], form: Form) -> Form:
    matrix, cost = form.matrix, form.cost
    for scalar in reversed(scalars):
        matrix, cost = Scale(scalar.matrix, matrix), cost + scalar.cost + 1
    if coefficient == 1:
        return Form(matrix, cost)
    if isinstance(matrix, Scale) and isinstance(matrix.by, Constant):
        coefficient, matrix = coefficient * matrix.by.value, matrix.of
        return _scaled(coefficient, (), Form(matrix, cost))
    return Form(Scale(Constant(coefficient), matrix), cost)


def _to_hold(term: Factored, scope: Scope) -> frozenset[Symbol]:
    """The bound indices that must be held fixed: shifted ones, all before these, leading ones of ranks above 2."""
    bound = {variable for variable, _ in term.bounds}
    entries = sorted(Mul(*term.factors).atoms(Indexed), key=text_of)
    held: frozenset[Symbol] = frozenset()
    while more := frozenset(i for entry in entries for i in _held_in(entry, held, scope)) & bound - held:
        held |= more
    return held


def _held_in(entry: Indexed, held: frozenset[Symbol], scope: Scope) -> frozenset[Symbol]:
    """The indices of one entry that must be held fixed where `held` are."""
    moving = [scope.moving(i) for i in entry.indices]
    fixed = [n for n, i in enumerate(entry.indices) if moving[n] & held or (moving[n] and not isinstance(i, Symbol))]
    count = max((n + 1 for n in fixed), default=0)
    plain = [indices for indices in moving[count:] if indices]
    if len(plain) > 2:
        return plain[0].union(*moving[:count])
    return frozenset().union(*moving[:count])


def _sum_over(
    term: Factored, held: frozenset[Symbol], rows: Symbol | None, columns: Symbol | None, scope: Scope
) -> Form | None:
    outer = tuple(bound for bound in term.bounds if bound[0] in held)
    inner = Factored(S.One, term.factors, tuple(bound for bound in term.bounds if bound[0] not in held))
    form = _lift(inner.expression, rows, columns, scope.holding(held))
    if form is None or all(leaf.is_scalar for leaf in leaves(form.matrix)):
        return None
    return _scaled(term.coefficient, (), Form(SumOver(outer, form.matrix), form.cost + 3))


# ------------------------------------------------------------------------------------------- factors


def _blocks(term: Factored, scope: Scope) -> list[Block] | None:
    blocks, factors = _softmaxes(list(term.factors), scope)
    if any(factor.is_Add and has_moving_delta(factor, scope) for factor in factors):
        return None
    for factor in factors:
        block = _block(factor, scope)
        if block is None:
            return None
        blocks.append(block)
    return sorted(blocks, key=lambda block: scope.work.reading(block.forms[0].matrix))


def _block(factor: Expr, scope: Scope) -> Block | None:
    if isinstance(factor, Indexed):
        return _leaf(factor, scope)
    ends = tuple(sorted(scope.moving(factor), key=text_of))
    if isinstance(factor, KroneckerDelta):
        if factor.args[0] == factor.args[1] or set(ends) != set(factor.args):
            return None
        unit = Form(Identity(scope.sizes[ends[0]]))
        return Block(ends, (unit, unit)) if scope.sizes[ends[0]] == scope.sizes[ends[1]] else None
    if len(ends) > 2:
        return None
    first, second = (*ends, None, None)[:2]
    forms = [_function(factor, *way, scope) for way in ((first, second), (second, first))]
    if forms[0] is None or forms[1] is None:
        return None
    turned = transposed(forms[1]), transposed(forms[0])
    return Block(ends, (cheaper(turned[0], forms[0]), cheaper(turned[1], forms[1])))  # log(A)ᵀ before log(Aᵀ)


def _leaf(entry: Expr, scope: Scope) -> Block | None:
    """An entry: leading indices held fixed, then none, one or two plain ones; A[i,i] is the diagonal of A."""
    places = list(entry.indices)
    shape = shape_of(tensor_of(entry), scope.space)
    if shape is None or len(shape) != len(places):
        return None
    count = next((n for n, i in enumerate(places) if scope.moving(i)), len(places))
    fixed, free = tuple(places[:count]), tuple(places[count:])
    if len(free) > 2 or any(not isinstance(i, Symbol) for i in free) or not set(free) <= set(scope.sizes) - scope.fixed:
        return None
    if any(scope.sizes[i] != extent for i, extent in zip(free, shape[count:], strict=True)):
        return None
    size = (*shape[count:], S.One, S.One)
    form = Form(Leaf(tensor_of(entry) or "", (size[0], size[1]), fixed))
    if len(free) == 2 and free[0] == free[1]:
        return vector(free[0], Form(DiagonalOf(form.matrix), DIAGONAL_COST))
    return Block(free, (form, transposed(form)))


def _function(factor: Expr, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    """A sum, a power, a function or an indicator: what is inside, lifted, and the same done entry by entry."""
    match factor:
        case Pow(base=base, exp=Rational() as exponent):
            return _mapped(base, rows, columns, scope, lambda inside: Power(inside, exponent))
        case Apply():
            return _mapped(factor.argument, rows, columns, scope, lambda inside: Map(factor.name, inside, factor.order))
        case Piecewise():
            return _indicator(factor, rows, columns, scope)
        case log(args=(Sum(function=exp()),)):
            return _log_sum_exp(factor.args[0], rows, columns, scope)
        case Function() if type(factor).__name__ in FUNCTIONS:
            return _mapped(factor.args[0], rows, columns, scope, lambda inside: Map(type(factor).__name__, inside))
        case _ if factor.is_Add:
            return _lift(factor, rows, columns, scope)
        case _:
            return None


def _mapped(
    inner: Expr, rows: Symbol | None, columns: Symbol | None, scope: Scope, wrap: Callable[[Matrix], Matrix]
) -> Form | None:
    form = _lift(inner, rows, columns, scope)
    return form and Form(wrap(form.matrix), form.cost)


def _indicator(factor: Piecewise, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    condition = factor.args[0][1]
    if not is_indicator(factor) or type(condition) not in RELATIONS or scope.has_index_value(condition):
        return None
    left, right, relation = condition.lhs, condition.rhs, RELATIONS[type(condition)]
    if left.is_number:
        left, right, relation = right, left, {">": "<", "<": ">", ">=": "<=", "<=": ">="}[relation]
    return _mapped(left - right, rows, columns, scope, lambda inside: Indicator(inside, relation))


def _log_sum_exp(sums: Sum, rows: Symbol | None, columns: Symbol | None, scope: Scope) -> Form | None:
    """log Σ_k exp(g): a row if k runs down g, a column if it runs across."""
    (along, _), *more = bounds_of(sums)
    if more or (rows is not None and columns is not None):
        return None
    inner = sums.function.args[0]
    if columns is None:
        across = _lift(inner, rows, along, scope) if rows is not None else None
        if across is not None:
            return Form(LogSumExp(across.matrix, 1), across.cost + SUM_COST)
    down = _lift(inner, along, columns, scope)
    return down and Form(LogSumExp(down.matrix, 0), down.cost + SUM_COST)


def _softmaxes(factors: list[Expr], scope: Scope) -> tuple[list[Block], list[Expr]]:
    """Each pair exp(g_i), 1 / Σ_k exp(g_k) as a block of its own; the factors that remain."""
    blocks: list[Block] = []
    for bottom in [factor for factor in factors if _is_partition(factor)]:
        for top in [factor for factor in factors if isinstance(factor, exp)]:
            block = _softmax(top.args[0], bottom.base, scope)
            if block is not None:
                factors.remove(bottom)
                factors.remove(top)
                blocks.append(block)
                break
    return blocks, factors


def _is_partition(factor: Expr) -> bool:
    return isinstance(factor, Pow) and factor.exp == -1 and isinstance(factor.base, Sum)


def _softmax(inner: Expr, sums: Sum, scope: Scope) -> Block | None:
    if not isinstance(sums.function, exp) or len(sums.limits) != 1:
        return None
    (bound, extent), ends = bounds_of(sums)[0], tuple(sorted(scope.moving(inner), key=text_of))
    body = sums.function.args[0]
    along = [i for i in ends if scope.sizes[i] == extent and alike(substitute(body, {bound: i}), inner)]
    if not along or len(ends) > 2:
        return None
    first, second = (*ends, None, None)[:2]
    ways = [_mapped(inner, first, second, scope, lambda x: Softmax(x, 0 if first == along[0] else 1))]
    ways.append(_mapped(inner, second, first, scope, lambda x: Softmax(x, 0 if second == along[0] else 1)))
    return None if ways[0] is None or ways[1] is None else either(ends, ways[0], ways[1])
