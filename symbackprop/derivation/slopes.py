r"""The slope of each scalar function of a model, derived once from its formula: \(\sigma' = \sigma (1 - \sigma)\).

The formula is differentiated, by the quotient rule where it is a quotient; the result is written in the formula itself,
and then in the function's own value, the form in which derivations fold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, Mul, Piecewise, Pow, S, cos, erf, exp, fraction, log, sin

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.folding import VALUE, fold_function
from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import Apply, entry, tensor_of, text_of
from symbackprop.algebra.unevaluated import shown_put_in, unevaluated_product, unevaluated_sum
from symbackprop.derivation.checks import DEFINITION, Checker
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.lines import REASONS, Line, with_lines
from symbackprop.derivation.steps import Step, StepKind, of_kind
from symbackprop.model.functions import ELEMENTARY, FUNCTIONS

VARIABLES = ("u", "v", "t", "s", "x", "y", "z", "w", "r", "q", "p", "xi", "zeta", "omega")
"""Letters for the argument of a function, the usual one first."""

_SYMPY = {exp: "exp", log: "log", sin: "sin", cos: "cos", erf: "erf"}


def function_slopes(derivation: Derivation) -> tuple[Step, ...]:
    """One step for each function with a formula whose slope the derivation uses, in the order in which it does.

    Each is of kind SLOPE: `tensor` is the function's name, `left` its derivative at a letter that nothing else bears,
    `before` its formula differentiated, `after` the same in the function's own value, `kinks` what was chosen where
    there is no slope. Its first substep is of kind FORWARD and states the formula (none where SymPy has the function
    itself); the others are its lines. Opaque functions have no formula and no step.
    """
    at = _variable(derivation)
    known = {**FUNCTIONS, **derivation.space.functions}
    used = (known[name] for name in _used(derivation) if name in known)
    return tuple(function_slope(f, derivation.space, at) for f in used if f.expression is not None)


def function_slope(function: ScalarFunction, space: Space, at: Expr) -> Step:
    """The slope of a function with a formula, at the letter `at`, as `function_slopes` has it.

    Raises:
        ValueError: a function without a formula.
    """
    folded = fold_function(function, space)
    if folded is None or function.expression is None:
        raise ValueError(f"{function.name} has no formula")
    own = function.name in ELEMENTARY
    formula, folded = (expr.xreplace({function.variable: at}) for expr in (function.expression, folded))
    raw = formula.diff(at)
    value = formula if own else Apply(function.name, at)
    after = folded.xreplace({VALUE: value})
    before = after if own else _differentiated(formula, at)
    checker = Checker(space)
    step = Step(
        StepKind.SLOPE,
        function.name,
        Apply(function.name, at, 1),
        before,
        after,
        f"the slope of {function.name}",
        checker.equal(raw, after, {}),
        kinks=tuple(f"{function.name}'({kink.at}) = {kink.value} by choice" for kink in function.kinks),
    )
    if own:
        return step
    shown = _opened(_put_in(folded, formula, space), space)
    lines = [Line(StepKind.REGROUPED, shown, REASONS[StepKind.REGROUPED])]
    last = Line(StepKind.IN_VALUES, after, "in the function's own value")
    done = with_lines(step, lines, {}, checker, last)
    return _with_formula(done, value, formula)


def _with_formula(step: Step, value: Expr, formula: Expr) -> Step:
    stated = Step(StepKind.FORWARD, step.tensor, value, formula, formula, "its formula", DEFINITION)
    return replace(step, substeps=(stated, *step.substeps))


def _differentiated(formula: Expr, at: Expr) -> Expr:
    r"""The derivative, of a quotient by its rule: \((p' q - p q') / q^2\)."""
    above, below = fraction(formula)
    if isinstance(formula, Piecewise) or not below.has(at):
        return formula.diff(at)
    terms = (above.diff(at) * below, Mul(S.NegativeOne, above, below.diff(at)))
    return unevaluated_product([unevaluated_sum(terms), Pow(below, -2)])


def _put_in(folded: Expr, formula: Expr, space: Space) -> Expr:
    """A slope in a function's own value with its formula for that, branch by branch where it has cases."""
    cases = isinstance(folded, Piecewise) and isinstance(formula, Piecewise)
    if cases and [c for _, c in folded.args] == [c for _, c in formula.args]:
        pairs = zip(folded.args, formula.args, strict=True)
        branches = ((_put_in(slope, branch, space), condition) for (slope, condition), (branch, _) in pairs)
        return Piecewise(*branches, evaluate=False)
    name = tensor_of(VALUE) or ""
    return shown_put_in(folded, (name,), {}, space.with_definitions({name: Array((), (), formula)}))


def _opened(expr: Expr, space: Space) -> Expr:
    """`expr` with the formula of each function that is named in it."""
    for part in sorted(expr.atoms(Apply), key=text_of):
        function = space.functions.get(part.name) or FUNCTIONS.get(part.name)
        if part.order == 0 and function is not None and function.expression is not None:
            expr = expr.xreplace({part: function.expression.xreplace({function.variable: part.argument})})
    return expr


def _variable(derivation: Derivation) -> Expr:
    """A letter that nothing of the model bears, small or capital: no tensor, of whatever layer, no size, no index."""
    names = [*(tensor.name for tensor in derivation.model.tensors), *(s.name for s in derivation.space.sizes)]
    names += [index.name for equation in derivation.source.equations for index in equation.indices]
    taken = {name.rpartition(".")[2].rstrip("0123456789").casefold() for name in names} | set(names)
    letters = (*VARIABLES, *(f"u{number}" for number in range(len(taken) + 1)))
    return entry(next(letter for letter in letters if letter not in taken))


def _used(derivation: Derivation) -> tuple[str, ...]:
    """The names of the functions through which the derivation goes, in its order."""
    found: dict[str, None] = {}
    for step in derivation.steps:
        for part in of_kind(step, StepKind.CONTRIBUTION):
            equation = derivation.space.definitions[part.through or ""]
            found.update(dict.fromkeys(_read_through(equation.expression, step.tensor)))
    return tuple(found)


def _read_through(expr: Expr, tensor: str) -> Iterator[str]:
    """The functions in `expr` whose arguments read the tensor, outer ones first."""
    if tensor not in tensors_in(expr):
        return
    if isinstance(expr, Apply):
        yield expr.name
    elif isinstance(expr, Pow) and expr.exp in (S.Half, -S.Half):
        yield "sqrt"
    elif type(expr) in _SYMPY:
        yield _SYMPY[type(expr)]
    for part in sorted((a for a in expr.args if isinstance(a, Expr)), key=text_of):
        yield from _read_through(part, tensor)
