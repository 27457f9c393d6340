"""Local derivatives in values of the forward pass: found by elimination, right in numbers, without new poles."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, Piecewise, S, Symbol, erf, exp, log, sqrt, tanh

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.folding import VALUE, fold, fold_function, match, unfold
from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import Apply, entry, index, size, total

x = Symbol("x", real=True)
a = VALUE
i, j, k = (index(name) for name in "ijk")
n = size("n")

SIGMOID = ScalarFunction("sigmoid", x, 1 / (1 + exp(-x)))
TANH = ScalarFunction("tanh", x, tanh(x))


def sigma(argument: Expr, order: int = 0) -> Expr:
    return Apply("sigmoid", argument, order)


FOLDS: list[tuple[str, Expr, Expr]] = [
    ("sigmoid", 1 / (1 + exp(-x)), a * (1 - a)),
    ("tanh", tanh(x), 1 - a**2),
    ("exp", exp(x), a),
    ("sqrt", sqrt(x), 1 / (2 * a)),
    ("reciprocal", 1 / x, -(a**2)),
    ("inverse root", 1 / sqrt(x), -(a**3) / 2),
    ("softplus", log(1 + exp(x)), sigma(x)),
    ("elu", Piecewise((x, x > 0), (exp(x) - 1, True)), Piecewise((1, x > 0), (a + 1, True))),
    ("relu", Piecewise((x, x > 0), (0, True)), Piecewise((1, x > 0), (0, True))),
    ("square", x**2, 2 * x),
    ("swish", x * sigma(x), x * sigma(x) * (1 - sigma(x)) + sigma(x)),
    ("double sigmoid", 2 / (1 + exp(-x)) - 1, None),
    ("gelu", x * (1 + erf(x / sqrt(2))) / 2, None),
    ("logarithm", log(x), 1 / x),
    ("softplus of a reciprocal", -log(1 / (1 + exp(x))), sigma(x)),
    ("swish written out", x * exp(x) / (1 + exp(x)), None),
]

BY_ITS_VALUE: dict[str, tuple[Expr, Expr]] = {
    "sigmoid by e^x": (exp(x) / (1 + exp(x)), a * (1 - a)),
    "1 - sigmoid by e^x": (1 / (1 + exp(x)), a * (a - 1)),
    "1 - sigmoid by e^-x": (exp(-x) / (1 + exp(-x)), a * (a - 1)),
    "sigmoid of 2x": (exp(2 * x) / (1 + exp(2 * x)), 2 * a * (1 - a)),
    "sigmoid of -3x, scaled": (3 * exp(-3 * x) / (2 + exp(-3 * x)), a * (a - 3)),
    "tanh by e^x and e^-x": ((exp(x) - exp(-x)) / (exp(x) + exp(-x)), 1 - a**2),
    "tanh by e^2x": ((exp(2 * x) - 1) / (exp(2 * x) + 1), 1 - a**2),
    "tanh by e^-2x": ((1 - exp(-2 * x)) / (1 + exp(-2 * x)), 1 - a**2),
    "tanh from sigmoid": (2 / (1 + exp(-2 * x)) - 1, 1 - a**2),
    "softmax of two": (exp(x) / (exp(x) + exp(3)), a * (1 - a)),
    "exp": (exp(5 * x), 5 * a),
}


def space(*more: ScalarFunction) -> Space:
    return Space(functions={f.name: f for f in (SIGMOID, TANH, *more)})


@pytest.mark.parametrize(("name", "formula", "expected"), FOLDS, ids=[row[0] for row in FOLDS])
def test_fold_of_a_function(name: str, formula: Expr, expected: Expr | None) -> None:
    """The fold is the textbook's form, and has the value of the derivative by high-precision differences."""
    function = ScalarFunction(name, x, formula)
    found = fold_function(function, space(function))
    assert found is not None
    if expected is not None:
        assert found == expected
    plain = unfold(formula, space())
    for point in (S(1) / 3, S(7) / 5):
        value = plain.xreplace({x: point})
        folded = unfold(found, space()).xreplace({a: value, x: point}).evalf(30)
        slope = mpmath.diff(
            lambda t: mpmath.mpf(plain.xreplace({x: S(str(t))}).evalf(40)), mpmath.mpf(point.p) / point.q
        )
        assert abs(folded - slope) < 1e-12


@pytest.mark.parametrize("name", BY_ITS_VALUE)
def test_fold_by_the_value_alone(name: str) -> None:
    """However its exponentials are written, the slope is one of the value alone: as a function, and as an equation."""
    formula, expected = BY_ITS_VALUE[name]
    assert fold_function(ScalarFunction("f", x, formula), space()) == expected
    forward, value = formula.xreplace({x: z(i)}), entry("q", i)
    premises = Space(shapes={"z": (n,), "q": (n,)}).with_definitions({"q": Array((i,), (n,), forward)})
    slope = formula.diff(x).xreplace({x: z(i)})
    found = fold(slope, forward, value, {i: n}, premises)
    assert (found - expected.xreplace({a: value})).expand() == 0
    elsewhere = fold(slope.xreplace({i: j}), forward, value, {i: n, j: n}, premises)
    assert (elsewhere - expected.xreplace({a: entry("q", j)})).expand() == 0


@pytest.mark.parametrize("formula", [x * exp(x) / (1 + exp(x)), x / (1 + exp(-x))])
def test_no_mixture_of_value_and_exponentials(formula: Expr) -> None:
    """x σ(x) has no fold by its value, which is 0 where its slope is ½: the slope stays as it is."""
    forward = formula.xreplace({x: z(i)})
    premises = Space(shapes={"z": (n,), "q": (n,)}).with_definitions({"q": Array((i,), (n,), forward)})
    slope = formula.diff(x).xreplace({x: z(i)})
    assert fold(slope, forward, entry("q", i), {i: n}, premises) == slope


def test_a_softmax_of_two_by_hand() -> None:
    """p = e^u / (e^u + e^v): p (1 - p) by u, and -p (1 - p) by v."""
    u, v, p = entry("u"), entry("v"), entry("p")
    forward = exp(u) / (exp(u) + exp(v))
    premises = Space(shapes={"u": (), "v": (), "p": ()}).with_definitions({"p": Array((), (), forward)})
    for by, expected in ((u, p * (1 - p)), (v, -p * (1 - p))):
        assert (fold(forward.diff(by), forward, p, {}, premises) - expected).expand() == 0


def test_an_opaque_function_has_no_fold() -> None:
    """Of f alone nothing is known."""
    assert fold_function(ScalarFunction("f", x, None), Space()) is None


def test_no_new_pole() -> None:
    """swish' by its own value would divide by x, which is 0 where swish' is ½."""
    swish = ScalarFunction("swish", x, x / (1 + exp(-x)))
    found = fold_function(swish, Space(functions={"swish": swish}))
    at_zero = found.xreplace({a: S.Zero, x: S.Zero})
    assert at_zero == S.Half


def z(at: Expr) -> Expr:
    return entry("z", at)


def test_softmax() -> None:
    """The softmax Jacobian is p_i (δ_ij - p_j), though the exponential of another index has to be folded."""
    from_sum = total(exp(z(k)), (k, n))
    forward = exp(z(i)) / from_sum
    premises = Space(shapes={"z": (n,), "p": (n,)})
    raw = -exp(z(i)) * exp(z(j)) / from_sum**2
    assert fold(raw, forward, entry("p", i), {i: n, j: n}, premises.with_definitions(_p(forward))) == -entry(
        "p", i
    ) * entry("p", j)


def test_softmax_out_of_range() -> None:
    """An exponential read where p has no entry is not folded: p reads 0 there, the exponential does not."""
    forward = exp(z(i)) / total(exp(z(k)), (k, n))
    premises = Space(shapes={"z": (n,), "p": (n,)}).with_definitions(_p(forward))
    found = fold(exp(z(i + 1)) / exp(z(i)), forward, entry("p", i), {i: n}, premises)
    assert not found.has(entry("p", i + 1))


def _p(forward: Expr) -> dict:
    return {"p": Array((i,), (n,), forward)}


def test_match() -> None:
    """A kernel is recognised at another index, and at no other tensor."""
    variables = frozenset({i})
    assert match(exp(entry("z", i)), exp(entry("z", j + 1)), variables) == {i: j + 1}
    assert match(exp(entry("z", i)), exp(entry("w", j)), variables) is None
    assert match(exp(entry("z", i, i)), exp(entry("z", i, j)), variables) is None
