"""Random models for hypothesis: one to eight equations that share, shift, stride, mask, sum, divide and recur.

Every tensor carries a bound on the size of its entries, so that arguments of exp and the like stay small, gradients
keep their digits, and a disagreement is an error of the derivation and not of the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st
from sympy import Expr, Integer, Piecewise, Rational, Sum, Symbol, cos, erf, exp, log, sin, sqrt

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, Maximum, entry, index, size, total
from symbackprop.model.functions import FUNCTIONS, custom
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples, Tensor

SYMBOLIC = (size("n"), size("p"), size("q"))
LITERAL = (Integer(1), Integer(2), Integer(3))
SAMPLES = size("m")
SAMPLE = index("s")
LARGEST = 3  # of the values of symbolic sizes

PLAIN: dict[str, tuple[Callable[[Expr], Expr], float]] = {
    "exp": (exp, 8.0),
    "sin": (sin, 1.0),
    "cos": (cos, 1.0),
    "erf": (erf, 1.0),
    "square": (lambda x: x**2, 4.0),
    "cube": (lambda x: x**3, 8.0),
    "log": (lambda x: log(1 + x**2), 2.0),
    "sqrt": (lambda x: sqrt(1 + x**2), 3.0),
    "identity": (lambda x: x, 2.0),
    "inverse": (lambda x: 1 / (3 + x), 1.0),
}
NAMED = (
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "silu",
    "gelu",
    "gelu_tanh",
    "abs",
)
WHOLE = {**FUNCTIONS, "bump": custom("bump", "x", Symbol("x", real=True) * exp(-(Symbol("x", real=True) ** 2)))}

Axes = tuple[Expr, ...]
Term = tuple[Expr, float]
"""An expression, and a bound on its absolute value."""


@dataclass(frozen=True)
class Case:
    """A model, values for its symbolic sizes, and a seed for its data."""

    model: Model
    sizes: dict[Symbol, int]
    seed: int

    def __repr__(self) -> str:
        return f"\n{describe(self.model)}\nat {self.sizes}, seed {self.seed}"


def describe(model: Any) -> str:
    """The whole of a model as text, equation by equation."""
    lines = [f"{t.role} {t.name}{list(t.shape)} {[f.kind for f in t.facts] or ''}" for t in model.tensors]
    if model.samples is not None:
        lines.append(f"samples {model.samples}")
    for equation in (*model.equations, *([model.cost] if model.cost else [])):
        padded = f"    padded {equation.padded}" if equation.padded else ""
        lines.append(f"{equation.tensor}{list(equation.indices)} = {equation.expression}{padded}")
    return "\n".join(lines)


@dataclass
class Maker:
    """Makes a model equation by equation; `choose` takes one of a sequence, as hypothesis likes it."""

    choose: Callable[[Sequence[Any]], Any]
    axes: Axes
    tensors: dict[str, Tensor] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    padded: set[str] = field(default_factory=set)
    bound_names: int = 0

    def largest(self, axis: Expr) -> int:
        return int(axis.xreplace(dict.fromkeys(SYMBOLIC, Integer(LARGEST))))

    def fresh_index(self) -> Symbol:
        self.bound_names += 1
        return index(f"{self.choose('jkl')}{self.bound_names}")

    # reading

    def leaf(self, shape: Axes, positive: bool = False) -> str:
        role = self.choose(("parameter", "parameter", "input"))
        name = f"{'w' if role == 'parameter' else 'x'}{len(self.tensors)}"
        facts = (Fact(name, "positive"),) if positive else ()
        self.tensors[name] = Tensor(name, shape, role, facts)
        self.bounds[name] = 2.0 if positive else 1.5
        return name

    def read(self, at: Sequence[tuple[Symbol, Expr]]) -> Term:
        """An entry of some tensor, known or new, at some of the indices `at`, each with its size."""
        ways = [(name, way) for name in self.tensors for way in [self._way(name, at)] if way is not None]
        deep = [way for way in ways if self.tensors[way[0]].role == "intermediate"]
        chosen = self.choose([*ways, *deep, None, None] if ways else [None])
        if chosen is None:
            return self._read_leaf(at)
        name, way = chosen
        return entry(name, *way), self.bounds[name]

    def _way(self, name: str, at: Sequence[tuple[Symbol, Expr]]) -> tuple[Expr, ...] | None:
        """One index expression per axis: an index of the same size, if there is one, preferably one not yet used."""
        used: list[Symbol] = []
        for extent in self.tensors[name].shape:
            fitting = [i for i, axis in at if axis == extent]
            if not fitting:
                return None
            used.append(next((i for i in fitting if i not in used), fitting[0]))
        return tuple(used)

    def _read_leaf(self, at: Sequence[tuple[Symbol, Expr]]) -> Term:
        kind = self.choose(("plain", "plain", "plain", "part", "turned", "shifted", "slice", "stride", "reversed"))
        at = list(at)
        if kind == "part" and at:
            at.remove(self.choose(at))
        if kind == "turned":
            at.reverse()
        shape = [axis for _, axis in at]
        where: list[Expr] = [i for i, _ in at]
        if at and kind in ("shifted", "slice", "stride", "reversed"):
            place = self.choose(range(len(at)))
            if kind == "slice":
                shape[place], where[place] = shape[place] + 2, where[place] + self.choose((0, 1, 2))
            elif kind == "stride":
                shape[place], where[place] = 2 * shape[place], 2 * where[place] + self.choose((0, 1))
            elif kind == "reversed":
                where[place] = shape[place] - 1 - where[place]
            else:
                where[place] = where[place] + self.choose((-1, 1))
        name = self.leaf(tuple(shape))
        if kind == "shifted":
            self.padded.add(name)
        return entry(name, *where), self.bounds[name]

    def small(self, term: Term) -> Term:
        """The term scaled so that it stays within 2."""
        expr, bound = term
        return (expr, bound) if bound <= 2 else (expr * Rational(2, math.ceil(bound)), 2.0)

    def function(self, term: Term) -> Term:
        expr, _ = self.small(term)
        name = self.choose((*PLAIN, *NAMED, "bump"))
        if name in PLAIN:
            make, bound = PLAIN[name]
            return make(expr), bound
        return Apply(name, expr), 4.0

    # equations: each gives the right side for the indices `at`

    def pointwise(self, at: list) -> Term:
        return self.function(self.read(at))

    def mixture(self, at: list) -> Term:
        (a, p), (b, q), (c, r) = self.read(at), self.read(at), self.read(at)
        return self.choose(((a * b + c, p * q + r), (a - b * c, p + q * r), (a * b * c, p * q * r)))

    def product(self, at: list) -> Term:
        """A contraction: a matrix product where the shapes have it so, with a bias or a skip."""
        axis = self.choose(self.axes)
        k = self.fresh_index()
        left = self.read([*at[:1], (k, axis)])
        right = self.read([(k, axis), *at[1:]])
        more = self.read(at)
        return (
            total(left[0] * right[0], (k, axis)) + more[0],
            left[1] * right[1] * self.largest(axis) + more[1],
        )

    def reduction(self, at: list) -> Term:
        axis = self.choose(self.axes)
        k = self.fresh_index()
        body, bound = self.choose((self.read, self.pointwise, self.mixture))([*at, (k, axis)])
        count = self.largest(axis)
        kind = self.choose(("sum", "mean", "maximum", "logsumexp", "norm"))
        if kind == "sum":
            return total(body, (k, axis)), bound * count
        if kind == "mean":
            return total(body, (k, axis)) / axis, bound
        if kind == "maximum":
            return Maximum(body, (k, axis)), bound
        if kind == "norm":
            return sqrt(1 + total(body**2, (k, axis))), 1 + bound * count
        body, bound = self.small((body, bound))
        return log(total(exp(body), (k, axis))), bound + math.log(count) + 1

    def softmax(self, at: list) -> Term:
        """Over the last index; for a scalar, over a new one and then read with weights."""
        k = self.fresh_index()
        i, axis = at[-1] if at else (self.fresh_index(), self.choose(self.axes))
        body, bound = self.small(self.read([*at[:-1], (i, axis)]))
        below = total(exp(body.xreplace({i: k})), (k, axis))
        weights = exp(body) / below if self.choose((True, True, False)) else body - log(below)
        if at:
            return weights, 1.0 + 2 * bound
        other, factor = self.read([(i, axis)])
        return total(weights * other, (i, axis)), (1 + 2 * bound) * factor * self.largest(axis)

    def quotient(self, at: list) -> Term:
        (a, p), (b, _) = self.read(at), self.small(self.read(at))
        if self.choose((True, False)):
            return a / self.choose((1 + b**2, 3 + b, 2 + sin(b), 1 + exp(b))), p
        name = self.leaf(tuple(axis for _, axis in at), positive=True)
        return a / entry(name, *(i for i, _ in at)), 2 * p

    def norm(self, at: list) -> Term:
        """Less the mean, over the root of the variance: a layer norm over the last index."""
        if not at:
            return self.pointwise(at)
        (i, axis), k, j = at[-1], self.fresh_index(), self.fresh_index()
        body, bound = self.read(at)
        mean = total(body.xreplace({i: k}), (k, axis)) / axis
        variance = total((body.xreplace({i: j}) - mean) ** 2, (j, axis)) / axis
        return (body - mean) / sqrt(variance + 1), 2 * bound

    def window(self, at: list) -> Term:
        """A correlation along the first index: plain, padded, dilated, strided, causal or pooled."""
        if not at:
            return self.reduction(at)
        (i, axis), u = at[0], self.fresh_index()
        width = self.choose((Integer(1), Integer(2), Integer(3), self.axes[0]))
        kind = self.choose(("plain", "padded", "dilated", "strided", "causal"))
        where, extent = {
            "plain": (i + u, axis + width - 1),
            "padded": (i + u - 1, axis),
            "dilated": (i + 2 * u, axis + 2 * width - 2),
            "strided": (2 * i + u, 2 * axis + width),
            "causal": (i - u, axis),
        }[kind]
        name = self.leaf((extent, *(a for _, a in at[1:])))
        if kind in ("padded", "causal"):
            self.padded.add(name)
        body: Term = (entry(name, where, *(i for i, _ in at[1:])), self.bounds[name])
        other = self.choose((None, self.read))
        factor = other([(u, width)]) if other else (Integer(1), 1.0)
        if self.choose((True, False)):
            body = self.function(body)
        return total(factor[0] * body[0], (u, width)), factor[1] * body[1] * self.largest(width)

    def masked(self, at: list) -> Term:
        if not at:
            return self.mixture(at)
        (i, axis), (a, p), (b, q) = at[0], self.read(at), self.function(self.read(at))
        condition = self.choose((i >= 1, i < axis - 1, 2 * i < axis))
        return Piecewise((a, condition), (b, True)), max(p, q)

    def chosen(self, at: list) -> Term:
        """A case that depends on a value."""
        (a, p), (b, q), (c, r) = self.read(at), self.function(self.read(at)), self.read(at)
        return Piecewise((a * c, c > 0), (b, True)), max(p * r, q)

    def cumulative(self, at: list) -> Term:
        if not at:
            return self.reduction(at)
        (i, axis), k = at[0], self.fresh_index()
        body, bound = self.choose((self.read, self.pointwise))([(k, axis), *at[1:]])
        limits = self.choose(((k, 0, i), (k, i, axis - 1), (k, 1, axis - 1)))
        return Sum(body, limits), bound * self.largest(axis)

    def diagonal(self, at: list) -> Term:
        if not at:
            return self.reduction(at)
        i, axis = at[0]
        name = self.leaf((axis, axis, *(a for _, a in at[1:])))
        other, bound = self.read(at)
        return entry(name, i, i, *(j for j, _ in at[1:])) * other, bound * self.bounds[name]

    def recurrence(self, at: list, name: str) -> Term:
        if not at:
            return self.pointwise(at)
        self.padded.add(name)
        (i, _), rest = at[0], [j for j, _ in at[1:]]
        before = entry(name, i + self.choose((-1, -1, 1, -2)), *rest)
        (a, p), (b, q) = self.small(self.read(at)), self.small(self.read(at))
        kind = self.choose(("tanh", "sigmoid", "linear", "gated", "quotient"))
        if kind == "linear":
            return before / 2 + a, 2 * p
        if kind == "gated":
            return Apply("sigmoid", a) * before + b, 3 * q
        if kind == "quotient":
            return before / (2 + b**2) + a, 2 * p
        return Apply(kind, before * b + a), 1.0

    def add_equation(self) -> None:
        rank = self.choose((0, 1, 1, 2, 2, 3))
        at = [(index(i), self.choose(self.axes)) for i in ("a", "b", "c")[:rank]]
        name = f"v{len(self.tensors)}"
        moves = ("pointwise", "mixture", "product", "product", "reduction", "softmax", "quotient", "norm", "window")
        move = self.choose((*moves, "masked", "chosen", "cumulative", "diagonal", "recurrence"))
        if move == "recurrence":
            expr, bound = self.recurrence(at, name)
        else:
            expr, bound = getattr(self, move)(at)
        read = {a.base.label.name for a in expr.atoms(type(entry("z", index("i"))))}
        padded = tuple(sorted(self.padded & read))
        self.tensors[name] = Tensor(name, tuple(axis for _, axis in at), "intermediate")
        self.bounds[name] = bound
        self.equations.append(Equation(name, tuple(i for i, _ in at), expr, padded))

    # the loss

    def unread(self) -> list[str]:
        """The intermediates that no other equation reads."""
        read = {
            s.name
            for equation in self.equations
            for s in equation.expression.atoms(Symbol)
            if s.name != equation.tensor
        }
        return [name for name, t in self.tensors.items() if t.role == "intermediate" and name not in read]

    def add_loss(self) -> None:
        loss: Expr = Integer(0)
        for name in self.unread():
            shape = self.tensors[name].shape
            at = [(self.fresh_index(), axis) for axis in shape]
            value, _ = self.small((entry(name, *(i for i, _ in at)), self.bounds[name]))
            target = f"y{len(self.tensors)}"
            self.tensors[target] = Tensor(target, shape, "target")
            y = entry(target, *(i for i, _ in at))
            kind = self.choose(("squares", "weighted", "smooth", "hinge"))
            body = {
                "squares": (value - y) ** 2 / 2,
                "weighted": value * y,
                "smooth": Apply("softplus", value * y),
                "hinge": Apply("relu", 3 - value * y),
            }[kind]
            loss += total(body, *at)
        self.tensors["L"] = Tensor("L", (), "loss")
        self.equations.append(Equation("L", (), loss))

    def read_tensors(self) -> tuple[Tensor, ...]:
        """What stands in an equation, and what equations give; a leaf that was made and then left out is dropped."""
        given = {equation.tensor for equation in self.equations}
        read = {symbol.name for equation in self.equations for symbol in equation.expression.atoms(Symbol)}
        return tuple(tensor for name, tensor in self.tensors.items() if name in given | read)

    def cost(self) -> Equation:
        """The mean or the sum of the loss over the samples, with a penalty on the first parameter or without."""
        whole = Sum(entry("L", SAMPLE), (SAMPLE, 0, SAMPLES - 1)) / self.choose((SAMPLES, Integer(1)))
        weights = [t for t in self.read_tensors() if t.role == "parameter"]
        if weights and self.choose((True, False)):
            at = [(self.fresh_index(), axis) for axis in weights[0].shape]
            whole += total(entry(weights[0].name, *(i for i, _ in at)) ** 2, *at) / 20
        return Equation("J", (), whole)


def case_of(seed: int, count: int) -> Case:
    """A model of `count` equations and its loss, for one sample or for a batch in rows or columns.

    With the same seed and a smaller count the equations are the first ones of the same model, so that hypothesis can
    make a failing model shorter.
    """
    random = Random(seed)
    axes = tuple(dict.fromkeys(random.choice((*SYMBOLIC, *SYMBOLIC, *LITERAL)) for _ in range(3)))
    sizes = {symbol: random.randint(1, LARGEST) for symbol in (*SYMBOLIC, SAMPLES)}
    batch = random.choice((None, None, "rows", "columns"))
    maker = Maker(random.choice, axes)
    for _ in range(count):
        maker.add_equation()
    maker.add_loss()
    model = Model(
        tensors=maker.read_tensors() + ((Tensor("J", (), "cost"),) if batch else ()),
        equations=tuple(maker.equations),
        loss="L",
        samples=Samples(SAMPLES, batch, SAMPLE) if batch else None,
        cost=maker.cost() if batch else None,
        functions=WHOLE,
        name=f"random {seed}, {count}",
    )
    return Case(model, sizes, seed)


def cases() -> st.SearchStrategy[Case]:
    """Random models of one to eight equations."""
    return st.builds(case_of, st.integers(0, 10**6), st.integers(1, 8))
