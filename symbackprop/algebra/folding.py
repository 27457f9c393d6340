r"""Folding: a local derivative in values that the forward pass already has.

From the forward equation a = F, one kernel of F (an exponential, a logarithm, a root) is solved for and put into the
derivative: σ' becomes a(1 - a), √' becomes 1/(2a), softmax's becomes \(p_i(\delta_{ij} - p_j)\). There is no list of
special cases. A candidate with a pole where the original has none is rejected; the shortest that is proved by putting
a = F back is taken, the raw derivative being a candidate too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from sympy import Add, Expr, Mul, Piecewise, Pow, S, Symbol, cancel, erf, exp, factor, fraction, log, tanh, together
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import free_indices, replaced, substitute
from symbackprop.algebra.display import display, with_signs
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.ranges import is_nonnegative
from symbackprop.algebra.space import Ranges, ScalarFunction, Space
from symbackprop.algebra.symbols import BINDERS, Apply, Guard, remade, text_of

KERNELS = (exp, log, tanh, erf)
VALUE = Symbol("a", real=True)


def unfold(expr: Expr, space: Space) -> Expr:
    """`expr` with every named function replaced by its definition, opaque ones kept."""
    if not expr.has(Apply):
        return expr
    arguments = [unfold(a, space) if isinstance(a, Expr) or a.args else a for a in expr.args]
    if isinstance(expr, Apply):
        function = space.functions.get(expr.name)
        if function is None or function.expression is None:
            return Apply(expr.name, arguments[1], expr.order)
        definition = unfold(function.expression, space)
        return definition.diff(function.variable, expr.order).xreplace({function.variable: arguments[1]})
    return remade(expr, arguments)


def fold_function(function: ScalarFunction, space: Space) -> Expr | None:
    r"""f'(x) in x and the value a = f(x), `VALUE` standing for a; None for an opaque function.

    Where f' is another named function, that is its shortest form (softplus' = σ).
    """
    if function.expression is None:
        return None
    return _fold_function(function, function.expression, tuple(sorted(space.functions.items())))


@lru_cache(maxsize=1024)
def _fold_function(function: ScalarFunction, forward: Expr, table: tuple[tuple[str, ScalarFunction], ...]) -> Expr:
    space = Space(functions=dict(table))
    derivative = forward.diff(function.variable)
    raw = _fold_nested(derivative, space)
    candidates = [raw, *candidates_of(raw, forward, VALUE)]
    named = _named(unfold(raw, space), function.variable, space)
    if named is not None:
        candidates.append(named)

    def check(candidate: Expr) -> bool:
        difference = unfold(candidate.xreplace({VALUE: forward}) - derivative, space)
        return is_zero(difference, {}, space) is not None

    return _shortest(raw, candidates, check)


def _fold_nested(expr: Expr, space: Space) -> Expr:
    """Derivatives of the named functions inside a definition, each folded by that function's own value."""
    for part in sorted(expr.atoms(Apply), key=text_of):
        if part.order == 1 and part.name in space.functions:
            inner = fold_function(space.functions[part.name], space)
            if inner is not None:
                value = {VALUE: Apply(part.name, part.argument), space.functions[part.name].variable: part.argument}
                expr = expr.xreplace({part: inner.xreplace(value)})
    return expr


def _named(raw: Expr, variable: Symbol, space: Space) -> Apply | None:
    """The named function that equals `raw`, if there is one: tried at two points, then proved."""
    if not raw.has(exp) or raw.has(Piecewise):
        return None
    points = (S(1) / 3, S(-5) / 4)
    for name, function in sorted(space.functions.items()):
        if function.expression is None or function.expression.has(Piecewise, Apply):
            continue
        definition = function.expression.xreplace({function.variable: variable})
        if all(abs((definition - raw).xreplace({variable: p}).evalf(20)) < 1e-15 for p in points) and is_zero(
            definition - raw, {}, space
        ):
            return Apply(name, variable)
    return None


def _shortest(raw: Expr, candidates: list[Expr], check: Callable[[Expr], bool]) -> Expr:
    for candidate in sorted(candidates, key=lambda c: (size_of(c), isinstance(c, Add), text_of(c))):
        if candidate == raw or check(candidate):
            return candidate
    return raw


def candidates_of(raw: Expr, forward: Expr, value: Expr) -> Iterator[Expr]:
    """Forms of `raw` in which a kernel of `forward` is expressed by `value`; none has a new pole."""
    if isinstance(forward, Piecewise):
        yield from _by_branches(raw, forward, value)
        return
    for kernel in sorted(forward.atoms(*KERNELS), key=text_of):
        for solution in _solutions(forward, kernel, value):
            for put_in in dict.fromkeys((_in_powers(raw, kernel, solution), raw.xreplace({kernel: solution}))):
                yield from _tidy(put_in, raw, value)
    for root in sorted(forward.atoms(Pow), key=text_of):
        if forward == root and root.exp.is_Rational:
            yield from _tidy(_by_root(raw, root, value), raw, value, poles=True)
    quotient = _over_exponentials(cancel, raw / forward)
    yield from _tidy(value * quotient, raw, value)


def _by_branches(raw: Expr, forward: Piecewise, value: Expr) -> Iterator[Expr]:
    """Each branch by itself, where derivative and function branch on the same conditions."""
    if not isinstance(raw, Piecewise) or [c for _, c in raw.args] != [c for _, c in forward.args]:
        return
    branches = []
    for (slope, condition), (branch, _) in zip(raw.args, forward.args, strict=True):
        shorter = [c for c in candidates_of(slope, branch, value) if size_of(c) < size_of(slope)]
        branches.append((min(shorter, key=lambda c: (size_of(c), text_of(c)), default=slope), condition))
    yield Piecewise(*branches)


def _solutions(forward: Expr, kernel: Expr, value: Expr) -> Iterator[Expr]:
    """`kernel` from \\(forward = value\\), where the equation is linear in it, or its logarithm can be undone."""
    if isinstance(forward, log):
        inner = forward.args[0]
        for part in sorted(inner.atoms(exp), key=text_of):
            if part == kernel:
                yield from _linear(inner, part, exp(value))
        return
    yield from _linear(forward, kernel, value)


def _linear(forward: Expr, kernel: Expr, value: Expr) -> Iterator[Expr]:
    """The kernel from an equation that is linear in it, its powers read as such, or else as values of their own."""
    unknown = Symbol("_kernel", real=True)
    for left in dict.fromkeys((_in_powers(forward, kernel, unknown), forward.xreplace({kernel: unknown}))):
        numerator, denominator = fraction(together(left))
        equation = (numerator - value * denominator).expand(power_exp=False, power_base=False, log=False)
        slope = equation.coeff(unknown, 1)
        rest = equation - slope * unknown
        rest = rest.expand(power_exp=False, power_base=False, log=False)
        if slope != 0 and not slope.has(unknown) and not rest.has(unknown):
            yield -rest / slope
            return


def _in_powers(expr: Expr, kernel: Expr, by: Expr) -> Expr:
    """`expr` with `by` for a kernel, and for an exponential its powers for the kernel's: exp(2 w) is exp(w)²."""
    if not isinstance(kernel, exp):
        return expr.xreplace({kernel: by})
    ratios = {part: _ratio(part.args[0], kernel.args[0]) for part in expr.atoms(exp)}
    return expr.xreplace({part: by**ratio for part, ratio in ratios.items() if ratio is not None})


def _ratio(one: Expr, other: Expr) -> Expr | None:
    """The whole number by which one exponent is a multiple of another."""
    number, rest = Add.make_args(other)[0].as_coeff_Mul()
    ratio = one.expand().coeff(rest) / number
    return ratio if ratio.is_Integer and (one - ratio * other).expand() == 0 else None


def _by_root(raw: Expr, root: Pow, value: Expr) -> Expr:
    """g**s as a power of `value` = g**r, wherever s/r is whole."""

    def replaced(power: Expr) -> Expr:
        if isinstance(power, Pow) and power.base == root.base and (power.exp / root.exp).is_Integer:
            return value ** (power.exp / root.exp)
        return power

    return raw.replace(lambda e: isinstance(e, Pow), replaced)


def _tidy(candidate: Expr, raw: Expr, value: Expr, *, poles: bool = False) -> Iterator[Expr]:
    """The candidate, cancelled and factored, if it speaks of `value` and brings no pole that `raw` has not."""
    forms = {candidate} if candidate.has(*BINDERS, Piecewise) else set()
    if not forms:
        cancelled = _over_exponentials(cancel, candidate)
        forms = {cancelled, with_signs(_over_exponentials(factor, cancelled))}
    for form in sorted(forms, key=text_of):
        if form.has(value) and (poles or _poles(form) <= _poles(raw)):
            yield form


def _over_exponentials(operation: Callable[[Expr], Expr], expr: Expr) -> Expr:
    """`operation` with each exponential a symbol, and a whole power of another one a power of its symbol.

    SymPy would take exp(x³/1000 + x) for a thousandth power of exp(x³) and factor polynomials of such degrees.
    """
    symbols: dict[Expr, Symbol] = {}
    powers: dict[Expr, Expr] = {}
    atoms = [part for part in expr.atoms(exp) if not part.has(*BINDERS)]
    for part in sorted(atoms, key=lambda e: (abs(e.args[0].as_coeff_Mul()[0]), text_of(e))):
        argument = part.args[0]
        root = next((known for known in symbols if (argument / known).is_Integer), argument)
        symbol = symbols.setdefault(root, Symbol(f"_exp{len(symbols)}", positive=True))
        powers[part] = symbol ** (argument / root)
    result = operation(replaced(expr, powers))
    return replaced(result, {symbol: exp(root) for root, symbol in symbols.items()})


def _poles(expr: Expr) -> set[Expr]:
    """The factors of an expression's denominator that are not known to be free of zeros."""
    _, denominator = fraction(together(expr))
    factors = Mul.make_args(_over_exponentials(factor, denominator))
    return {f.as_base_exp()[0] for f in factors if not f.is_number and not _is_positive(f)}


def _is_positive(expr: Expr) -> bool:
    """Whether an expression is positive at all real values: sums and products of exponentials, squares, numbers > 0."""
    if isinstance(expr, Add | Mul):
        return all(_is_positive(argument) for argument in expr.args)
    if isinstance(expr, Pow):
        return _is_positive(expr.base)
    return isinstance(expr, exp) or bool(expr.is_positive)


def fold(raw: Expr, forward: Expr, value: Expr | None, ranges: Ranges, space: Space) -> Expr:
    r"""A local derivative of the equation `value` = `forward` (an entry with free indices), in entries of the value.

    Without a value, only derivatives of named functions are folded, in those functions.

    Derivatives of named functions go first, by their own value; where the value of f(x) is what the equation defines,
    it is written as `value`. Then kernels of the equation are eliminated at every index at which they occur: what comes
    of it has fewer exponentials, or it is no gain.
    """
    named = _fold_named(raw, forward, value, space)
    if value is None:
        return named
    present = _surface_kernels(named)
    kernels = sorted((k for k in _surface_kernels(forward)), key=text_of)
    candidates = [named]
    for kernel in kernels:
        for solution in _linear(forward, kernel, value):
            candidates.extend(_tidy_indexed(_everywhere(named, kernel, solution, ranges, space), named))
        candidates.extend(_by_gated_kernel(named, display(forward, ranges, space), kernel, value, ranges, space))
    candidates[1:] = [candidate for candidate in candidates[1:] if _surface_kernels(candidate) < present]
    if isinstance(forward, Pow) and forward.exp.is_Rational and not (forward.exp.is_Integer and forward.exp > 0):
        candidates.append(_by_root(named, forward, value))
    return _shortest(named, candidates, _check(raw, value, ranges, space))


def _check(raw: Expr, value: Expr, ranges: Ranges, space: Space) -> Callable[[Expr], bool]:
    name = str(value.base.label) if isinstance(value, Indexed) else str(value)
    return lambda candidate: is_zero(candidate - raw, ranges, space, using=(name,)) is not None


def _fold_named(raw: Expr, forward: Expr, value: Expr | None, space: Space) -> Expr:
    """Each f'(x) in `raw` by its fold, with `value` for f(x) where the equation says so."""
    for part in sorted(raw.atoms(Apply), key=text_of):
        function = space.functions.get(part.name)
        result = fold_function(function, space) if function is not None and part.order == 1 else None
        if function is not None and result is not None:
            plain = Apply(part.name, part.argument)
            known = value if value is not None and plain == forward else plain
            raw = replaced(raw, {part: result.xreplace({VALUE: known, function.variable: part.argument})})
    return raw


def _surface_kernels(expr: Expr) -> set[Expr]:
    """Exponentials outside every binder."""
    if isinstance(expr, BINDERS) or not expr.args or isinstance(expr, Indexed):
        return set()
    if isinstance(expr, exp):
        return {expr}
    return set().union(*(_surface_kernels(argument) for argument in expr.args))


def _everywhere(expr: Expr, kernel: Expr, solution: Expr, ranges: Ranges, space: Space) -> Expr:
    """`expr` with the kernel and its powers replaced outside binders, at whatever index they occur."""
    variables = free_indices(kernel) & set(ranges)
    for instance in sorted(_surface_kernels(expr), key=text_of):
        for ratio in _ratios(instance, kernel):
            found = match(kernel, exp((instance.args[0] / ratio).expand()), variables)
            if found is not None and in_range(found, ranges, ranges, space):
                expr = replaced(expr, {instance: substitute(solution, found) ** ratio})
                break
    return expr


def _ratios(instance: Expr, kernel: Expr) -> list[Expr]:
    """The whole numbers by which an exponent may be a multiple of the kernel's, at some index: 1 first."""
    number = Add.make_args(kernel.args[0])[0].as_coeff_Mul()[0]
    ratios = {part.as_coeff_Mul()[0] / number for part in Add.make_args(instance.args[0])}
    return [S.One, *sorted(ratio for ratio in ratios if ratio.is_Integer and ratio not in (0, 1))]


def _by_gated_kernel(
    expr: Expr, forward: Expr, kernel: Expr, value: Expr, ranges: Ranges, space: Space
) -> Iterator[Expr]:
    r"""`expr` with the kernel and what gates it replaced together.

    \(e^{S_u} [u \le t]\) is \(P_u\) times the denominator. What gates a kernel (a guard, a
    mask, a weight) may be 0, so that the kernel alone cannot be solved for.
    """
    parts = Mul.make_args(forward)
    gate = [part for part in parts if isinstance(part, Guard | Indexed)]
    if kernel not in parts or not gate or value in gate:
        return
    solution = value / Mul(*(part for part in parts if part != kernel and part not in gate))
    variables = free_indices(Mul(kernel, *gate)) & set(ranges)
    plain, back = _closed(expr, expr)
    terms = [
        _ungated(term.xreplace(back), (kernel, *gate), solution, (variables, ranges, space))
        for term in Add.make_args(plain.expand(power_exp=False, power_base=False, log=False))
    ]
    yield from _tidy_indexed(Add(*terms), expr)


def _ungated(
    term: Expr, wanted: tuple[Expr, ...], solution: Expr, scope: tuple[frozenset[Symbol], Ranges, Space]
) -> Expr:
    """A product with each instance of the wanted factors replaced, where all of them are there."""
    kernel, *gate = wanted
    for instance in sorted(_surface_kernels(term), key=text_of):
        found = match(kernel, instance, scope[0])
        if found is None or not in_range(found, scope[1], scope[1], scope[2]):
            continue
        gates = [substitute(part, found) for part in gate]
        rest = list(Mul.make_args(term))
        if all(part in rest for part in (instance, *gates)):
            for part in (instance, *gates):
                rest.remove(part)
            term = Mul(*rest, substitute(solution, found))
    return term


def in_range(found: dict[Symbol, Expr], extents: Ranges, boxes: Ranges, space: Space) -> bool:
    """Whether each index has a value in its extent, at all free indices in `boxes`."""
    return all(
        is_nonnegative(e, boxes, space) and is_nonnegative((extents[v] - 1 - e).expand(), boxes, space)
        for v, e in found.items()
    )


def match(pattern: Expr, instance: Expr, variables: frozenset[Symbol]) -> dict[Symbol, Expr] | None:
    """The values of `variables` that make `pattern` into `instance`; None if there are none."""
    found: dict[Symbol, Expr] = {}

    def walk(left: Expr, right: Expr) -> bool:
        if left in variables:
            return found.setdefault(left, right) == right
        if left == right and not left.free_symbols & variables:
            return True
        if left.func is not right.func or len(left.args) != len(right.args) or not left.args:
            return left == right
        return all(walk(x, y) for x, y in zip(left.args, right.args, strict=True))

    return found if walk(pattern, instance) and substitute(pattern, found) == instance else None


def _tidy_indexed(expr: Expr, raw: Expr) -> Iterator[Expr]:
    """The expression cancelled and factored, if it brings no pole that `raw` has not; sums and cases stay closed."""
    (plain, back), (other, _) = _closed(expr, raw), _closed(raw, expr)
    poles = _poles(other)
    for form in (cancel(plain), with_signs(factor(plain))):
        if _poles(form) <= poles:
            yield form.xreplace(back)


def shortest_quotient(expr: Expr) -> Expr:
    """The shortest of `expr`, it cancelled, and it factored; sums and cases stay closed."""
    plain, back = _closed(expr, expr)
    cancelled = _over_exponentials(cancel, plain)
    forms = (plain, cancelled, with_signs(_over_exponentials(factor, cancelled)))
    return min(forms, key=lambda form: (size_of(form.xreplace(back)), isinstance(form, Add), text_of(form))).xreplace(
        back
    )


def _closed(expr: Expr, other: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """`expr` with sums and cases as symbols, the same ones for `other`, and the way back."""
    atoms = sorted(expr.atoms(*BINDERS, Piecewise) | other.atoms(*BINDERS, Piecewise), key=text_of)
    outer = [a for a in atoms if not any(a is not b and b.has(a) for b in atoms)]
    names = {a: Symbol(f"_sum{number}", real=True) for number, a in enumerate(outer)}
    return expr.xreplace(names), {symbol: a for a, symbol in names.items()}
