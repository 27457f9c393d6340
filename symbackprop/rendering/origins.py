r"""How each tensor of a network is made, by a word where the field has one: logits, a mean, a variance, a weighted sum.

Found in the form of its equation, whatever the names are: \(\mu = \frac1n \sum_i z_i\) is a mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sympy import Add, Expr, Mul, Pow, Rational, S, Sum, exp
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import Apply, bounds_of, indices_of, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.records import Equation


class Form(StrEnum):
    """The forms of equations that have a name, each with an example."""

    FUNCTION = "function"  # a = σ(z)
    SOFTMAX = "softmax"  # p_k = exp z_k / Σ_l exp z_l
    LINEAR = "linear"  # z = W x + b
    WEIGHTED = "weighted"  # A_t = Σ_u P_tu V_u, with P a softmax
    MEAN = "mean"  # μ = 1/n Σ_i z_i
    CENTRED = "centred"  # c_i = z_i - μ, with μ the mean of z
    VARIANCE = "variance"  # v = 1/n Σ_i c_i², with c centred
    MEAN_SQUARE = "mean square"  # q = 1/n Σ_i z_i²
    INVERSE_ROOT = "inverse root"  # r = 1/√(v + ε)
    NORMALISED = "normalised"  # c_i r, with r the inverse root of what c has for a mean square
    SUM = "sum"  # u = z + x
    PRODUCT = "product"  # c = f ⊙ g
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Origin:
    """The form of the equation of a tensor, the tensors that the word is about, and the function of a `FUNCTION`."""

    form: Form
    of: tuple[str, ...] = ()
    function: str = ""


def origins(derivation: Derivation) -> dict[str, Origin]:
    """How each tensor that has an equation is made, by its name."""
    found: dict[str, Origin] = {}
    parameters = {tensor.name for tensor in derivation.model.tensors if tensor.role == "parameter"}
    for equation in derivation.model.equations:
        found[equation.tensor] = _origin(equation, found, parameters)
    return found


def _origin(equation: Equation, known: Mapping[str, Origin], parameters: set[str]) -> Origin:
    expr = equation.expression
    if isinstance(expr, Apply):
        plain = expr.order == 0 and tensor_of(expr.argument) is not None and _indices(expr.argument, equation)
        return Origin(Form.FUNCTION, (tensor_of(expr.argument) or "",), expr.name) if plain else Origin(Form.OTHER)
    return (
        _softmax(expr)
        or _mean(expr, known)
        or _inverse_root(expr)
        or _normalised(expr, known)
        or _centred(expr, known)
        or _linear(expr, known, parameters)
        or _of_entries(expr, parameters)
        or Origin(Form.OTHER)
    )


def _indices(of: Expr, equation: Equation) -> bool:
    return not isinstance(of, Indexed) or of.indices == equation.indices


def _softmax(expr: Expr) -> Origin | None:
    above, below = (Mul.make_args(part) for part in expr.as_numer_denom())
    read = [part.args[0] for part in above if isinstance(part, exp)]
    sums = [part for part in below if isinstance(part, Sum) and isinstance(part.function, exp)]
    if not len(read) == len(above) == len(sums) == len(below) == 1:
        return None
    name = tensor_of(read[0])
    return Origin(Form.SOFTMAX, (name,)) if name and _runs_over(sums[0], read[0]) else None


def _runs_over(whole: Sum, read: Expr) -> bool:
    """Whether a sum of exponentials goes over one index of the entry `read`, the others held."""
    ((variable, _), *more) = bounds_of(whole)
    inner = whole.function.args[0]
    pairs = list(zip(indices_of(inner), indices_of(read), strict=False))
    alike = all(one == other for one, other in pairs if one != variable)
    return not more and tensor_of(inner) == tensor_of(read) and alike and [one for one, _ in pairs].count(variable) == 1


def _mean(expr: Expr, known: Mapping[str, Origin]) -> Origin | None:
    sums = [factor for factor in Mul.make_args(expr) if isinstance(factor, Sum)]
    if len(sums) != 1:
        return None
    (whole,) = sums
    count = Mul(*(bound for _, bound in bounds_of(whole)))
    if expr / whole * count != S.One:
        return None
    name = tensor_of(whole.function)
    if name:
        return Origin(Form.MEAN, (name,))
    body = whole.function
    if not isinstance(body, Pow) or body.exp != 2 or not tensor_of(body.base):
        return None
    squared = tensor_of(body.base) or ""
    if known.get(squared, Origin(Form.OTHER)).form is Form.CENTRED:
        return Origin(Form.VARIANCE, known[squared].of)
    return Origin(Form.MEAN_SQUARE, (squared,))


def _inverse_root(expr: Expr) -> Origin | None:
    if not isinstance(expr, Pow) or expr.exp != -Rational(1, 2):
        return None
    read = [tensor_of(term) for term in Add.make_args(expr.base) if tensor_of(term)]
    return Origin(Form.INVERSE_ROOT, (read[0] or "",)) if len(read) == 1 else None


def _normalised(expr: Expr, known: Mapping[str, Origin]) -> Origin | None:
    factors = [tensor_of(factor) or "" for factor in Mul.make_args(expr)]
    forms = {name: known[name] for name in factors if name in known}
    roots = [name for name, origin in forms.items() if origin.form is Form.INVERSE_ROOT]
    if len(factors) != 2 or len(roots) != 1:
        return None
    (other,) = set(factors) - set(roots)
    centred = forms.get(other, Origin(Form.OTHER))
    return Origin(Form.NORMALISED, centred.of if centred.form is Form.CENTRED else (other,))


def _centred(expr: Expr, known: Mapping[str, Origin]) -> Origin | None:
    terms = Add.make_args(expr)
    if len(terms) != 2:
        return None
    for own, mean in (terms, terms[::-1]):
        name, middle = tensor_of(own), tensor_of(-mean)
        if name and middle and known.get(middle) == Origin(Form.MEAN, (name,)):
            return Origin(Form.CENTRED, (name,))
    return None


def _linear(expr: Expr, known: Mapping[str, Origin], parameters: set[str]) -> Origin | None:
    """Sums of products of two tensors, one of them a parameter or the weights of a softmax; and what is added."""
    terms = Add.make_args(expr)
    sums = [_summed(term) for term in terms]
    if not any(sums) or not all(pair or tensor_of(term) in parameters for pair, term in zip(sums, terms, strict=True)):
        return None
    pairs = [pair for pair in sums if pair]
    if all(set(pair) & parameters for pair in pairs):
        return Origin(
            Form.LINEAR, tuple(dict.fromkeys(name for pair in pairs for name in pair if name not in parameters))
        )
    for one, other in (pairs[0], pairs[0][::-1]):
        if len(pairs) == 1 and known.get(one, Origin(Form.OTHER)).form is Form.SOFTMAX:
            return Origin(Form.WEIGHTED, (other, one))
    return Origin(Form.PRODUCT, pairs[0]) if len(pairs) == 1 and len(terms) == 1 else None


def _summed(term: Expr) -> tuple[str, ...] | None:
    """The two tensors whose products a term sums; None for another term."""
    sums = [factor for factor in Mul.make_args(term) if isinstance(factor, Sum)]
    if len(sums) != 1 or tensors_in(term) - tensors_in(sums[0]):
        return None
    names = [tensor_of(factor) for factor in Mul.make_args(sums[0].function)]
    found = tuple(name for name in names if name)
    return found if len(found) == len(names) == 2 else None


def _of_entries(expr: Expr, parameters: set[str]) -> Origin | None:
    """A sum or a product of entries of tensors."""
    for kind, form in ((Add, Form.SUM), (Mul, Form.PRODUCT)):
        names = [tensor_of(part) for part in expr.args] if isinstance(expr, kind) else []
        if names and all(names) and not set(names) & parameters and all(indices_of(part) for part in expr.args):
            return Origin(form, tuple(str(name) for name in names))
    return None
