r"""Scalar functions, each one SymPy expression with its domain and its kinks.

The elementary ones (exp, log, sqrt, square, sin, cos, erf, identity) are SymPy's own when applied. The others are
`Apply(name, x)`, whose meaning stands in `FUNCTIONS`, so that documents can say \(\sigma'(z)\). A user's own function
is one line:

    swish = custom("swish", "x", lambda x: x * sigmoid(x))
    a = apply(swish, z)

Where the derivative has no value, the expression is written so that SymPy's derivative gives the chosen one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sympy import Expr, Piecewise, Rational, S, Symbol, cos, erf, exp, log, pi, sin, sqrt, sympify
from sympy.logic.boolalg import Boolean, true

from symbackprop.algebra.arrays import Operators, as_array, entrywise
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.space import Kink, ScalarFunction
from symbackprop.algebra.symbols import Apply
from symbackprop.errors import ModelError, UnknownNameError, UsageError, suggestion
from symbackprop.model.forms import standard

x = Symbol("x", real=True)

SELU_SCALE = Rational("1.0507009873554804934193349852946")
SELU_ALPHA = Rational("1.6732632423543772848170429916717")


def upright(name: str) -> str:
    """A name of several letters in LaTeX."""
    escaped = name.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"


def _function(
    name: str, expression: Expr, latex: str = "", domain: Boolean = true, kink: tuple[int, Expr | int] | None = None
) -> ScalarFunction:
    kinks = (Kink(sympify(kink[0], strict=True), sympify(kink[1], strict=True)),) if kink else ()
    return ScalarFunction(name, x, expression, domain, kinks, latex or upright(name))


_ELEMENTARY = (
    _function("identity", x, r"\mathrm{id}"),
    _function("exp", exp(x), r"\exp"),
    _function("log", log(x), r"\log", x > 0),
    _function("sqrt", sqrt(x), r"\sqrt", x >= 0),
    _function("square", x**2, r"\mathrm{square}"),
    _function("sin", sin(x), r"\sin"),
    _function("cos", cos(x), r"\cos"),
    _function("erf", erf(x), r"\mathrm{erf}"),
)
_NAMED = (
    _function("sigmoid", 1 / (1 + exp(-x)), r"\sigma"),
    _function("tanh", (exp(x) - exp(-x)) / (exp(x) + exp(-x)), r"\tanh"),
    _function("relu", Piecewise((x, x > 0), (S.Zero, True)), r"\mathrm{ReLU}", kink=(0, 0)),
    _function(
        "leaky_relu",
        Piecewise((x, x > 0), (x / 100, True)),
        r"\mathrm{LeakyReLU}",
        kink=(0, Rational(1, 100)),
    ),
    _function("elu", Piecewise((x, x > 0), (exp(x) - 1, True)), r"\mathrm{ELU}"),
    _function(
        "selu",
        Piecewise((SELU_SCALE * x, x > 0), (SELU_SCALE * SELU_ALPHA * (exp(x) - 1), True)),
        r"\mathrm{SELU}",
        kink=(0, SELU_SCALE * SELU_ALPHA),
    ),
    _function("softplus", log(1 + exp(x)), r"\mathrm{softplus}"),
    _function("silu", x / (1 + exp(-x)), r"\mathrm{SiLU}"),
    _function("gelu", x * (1 + erf(x / sqrt(2))) / 2, r"\mathrm{GELU}"),
    # x/2 (1 + tanh u) is x σ(2u)
    _function("gelu_tanh", x / (1 + exp(-2 * sqrt(2 / pi) * (x + Rational(44715, 10**6) * x**3))), r"\mathrm{GELU}"),
    _function("abs", Piecewise((x, x > 0), (-x, x < 0), (S.Zero, True)), r"\mathrm{abs}", kink=(0, 0)),
)

FUNCTIONS: Mapping[str, ScalarFunction] = MappingProxyType({f.name: f for f in (*_ELEMENTARY, *_NAMED)})
ELEMENTARY = frozenset(f.name for f in _ELEMENTARY)


def apply(function: str | ScalarFunction, argument: Any) -> Any:
    """A scalar function of an expression, or of an array entry by entry.

    Raises:
        UnknownNameError: a name that `FUNCTIONS` lacks; give the function's record instead.
    """
    if isinstance(argument, Operators):
        array = as_array(argument)
        name = function if isinstance(function, str) else function.name
        sources = () if isinstance(function, str) else (function,)
        label = f"{name}({array.label})" if array.label else ""
        return entrywise(lambda e: _applied(function, e), array, label=label, sources=sources)
    return _applied(function, as_array(argument).expression)


def _applied(function: str | ScalarFunction, argument: Expr) -> Expr:
    if isinstance(function, ScalarFunction):
        known = FUNCTIONS.get(function.name)
        if known is not function:
            return Apply(function.name, argument)
        function = function.name
    if function not in FUNCTIONS:
        raise UnknownNameError(
            f"unknown function {function}",
            fix=suggestion(function, FUNCTIONS) or "Make it with custom(name, variable, formula), and apply that.",
            name=function,
        )
    if function in ELEMENTARY:
        meaning = FUNCTIONS[function]
        return substitute(meaning.expression, {meaning.variable: argument})
    return Apply(function, argument)


def custom(
    name: str,
    variable: str,
    expression: Expr | Callable[[Any], Any] | None = None,
    *,
    domain: Boolean = true,
    kinks: tuple[Kink, ...] = (),
    latex: str = "",
) -> ScalarFunction:
    """A user's own scalar function, by a formula in `variable`, or opaque where there is no formula.

    The formula is an expression in the real symbol of that name, or a Python function of it. Named functions in it are
    replaced by their own formulas.

    Raises:
        ModelError: a formula that reads something else than its variable, or a number that is not real.
    """
    symbol = Symbol(variable, real=True)
    latex = latex or (name if len(name) == 1 else upright(name))
    if expression is None:
        return ScalarFunction(name, symbol, None, domain, kinks, latex)
    made = expression(symbol) if callable(expression) and not isinstance(expression, Expr) else expression
    formula = as_array(made).expression
    formula = formula.xreplace({s: symbol for s in formula.free_symbols if s.name == variable})
    formula = spelled_out(standard(formula, f"the function {name}"))
    foreign = sorted(str(s) for s in formula.free_symbols - {symbol})
    if foreign:
        raise ModelError(
            f"the function {name} reads {', '.join(foreign)}",
            because=f"Its formula may read its variable {variable} alone.",
            fix="Put a parameter into an equation of the model instead.",
            name=foreign[0],
        )
    return ScalarFunction(name, symbol, formula, domain, kinks, latex)


def spelled_out(expression: Expr) -> Expr:
    """The expression with every function of `FUNCTIONS` replaced by its formula."""
    if not expression.has(Apply):
        return expression
    if isinstance(expression, Apply):
        meaning = FUNCTIONS.get(expression.name)
        if meaning is None or meaning.expression is None:
            raise UsageError(
                f"{expression.name} has no formula that another one could use",
                fix="Write the formula out.",
            )
        formula = meaning.expression.diff(meaning.variable, expression.order)
        return substitute(formula, {meaning.variable: spelled_out(expression.argument)})
    return expression.func(*(spelled_out(a) if isinstance(a, Expr) or a.args else a for a in expression.args))


def _by_name(name: str) -> Callable[[Any], Any]:
    def function(argument: Any) -> Any:
        return apply(name, argument)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}` of an expression, or of an array entry by entry."
    return function


sigmoid, tanh, relu, leaky_relu = (_by_name(n) for n in ("sigmoid", "tanh", "relu", "leaky_relu"))
elu, selu, softplus, silu = (_by_name(n) for n in ("elu", "selu", "softplus", "silu"))
gelu, gelu_tanh, absolute, square = (_by_name(n) for n in ("gelu", "gelu_tanh", "abs", "square"))
