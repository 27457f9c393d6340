"""Each way in which equations can fail to be a model: the error, its words, its place, the mend it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sympy import (
    Expr,
    Function,
    Heaviside,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Mod,
    Piecewise,
    Sum,
    Symbol,
    floor,
    log,
    nan,
    oo,
)

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, ArgMax, Guard, entry, index, size, total
from symbackprop.errors import (
    CycleError,
    DuplicateNameError,
    IndexRangeError,
    Location,
    LossError,
    ModelError,
    ShapeError,
    SymbackpropError,
    UnknownNameError,
    UnreachableError,
)
from symbackprop.model.functions import custom
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples, Tensor

n, h, T, K, m = (size(name) for name in ("n", "h", "T", "K", "m"))
i, j, k, s, t, u = (index(name) for name in "ijkstu")

SOURCE = {
    "z": "z[i] = sum(j, W[i,j] x[j]) + b[i]",
    "L": "loss L = sum(i, (z[i] - y[i])^2)",
}


def placed(name: str) -> Location:
    line = list(SOURCE).index(name) + 4
    return Location("net.model", line, 1, len(SOURCE[name]), SOURCE[name])


W, x, b, y, z = entry("W", i, j), entry("x", j), entry("b", i), entry("y", i), entry("z", i)
GOOD_Z = total(W * x, (j, n)) + b
GOOD_L = total((z - y) ** 2, (i, h))

TENSORS = {
    "x": Tensor("x", (n,), "input"),
    "y": Tensor("y", (h,), "target"),
    "W": Tensor("W", (h, n), "parameter"),
    "b": Tensor("b", (h,), "parameter"),
    "z": Tensor("z", (h,), "intermediate"),
    "L": Tensor("L", (), "loss"),
}


@dataclass(frozen=True)
class Bad:
    """A change of the good model, and what it must be told."""

    error: type[SymbackpropError]
    what: str
    because: str = ""
    fix: str = ""
    name: str | None = None
    z: Expr = GOOD_Z
    loss: Expr = GOOD_L
    at: tuple[Symbol, ...] = (i,)
    padded: tuple[str, ...] = ()
    tensors: Mapping[str, Tensor | None] = None  # type: ignore[assignment]
    more: tuple[Equation, ...] = ()
    options: Mapping[str, Any] = None  # type: ignore[assignment]
    column: int | None = None
    without: tuple[str, ...] = ()


def model_of(bad: Bad) -> Model:
    tensors = {**TENSORS, **(bad.tensors or {})}
    equations = {
        "z": Equation("z", bad.at, bad.z, bad.padded, placed("z")),
        "L": Equation("L", (), bad.loss, (), placed("L")),
    }
    kept = tuple(equation for name, equation in equations.items() if name not in bad.without)
    given: dict[str, Any] = {
        "tensors": tuple(tensor for tensor in tensors.values() if tensor is not None),
        "equations": (*kept, *bad.more),
        "loss": "L",
        **(bad.options or {}),
    }
    return Model(**given)


def data(name: str, *shape: Expr, role: str = "input", **options: Any) -> Tensor:
    return Tensor(name, shape, role, **options)  # type: ignore[arg-type]


v, w, q = entry("v", i), entry("w"), entry("q", i)
IN_ROWS = Samples(m, "rows", s)
COST = Equation("J", (), total(entry("L", s), (s, m)) / m)

BAD: dict[str, Bad] = {
    # names
    "unknown tensor": Bad(
        UnknownNameError,
        "unknown tensor w in the equation of z",
        fix="Did you mean W?",
        name="w",
        z=total(entry("w", i, j) * x, (j, n)) + b,
    ),
    "unknown tensor, a near name": Bad(
        UnknownNameError,
        "unknown tensor bias1 in the equation of z",
        fix="Did you mean bias?",
        z=GOOD_Z + entry("bias1", i) + entry("bias", i),
        tensors={"bias": data("bias", h)},
    ),
    "unknown tensor, nothing near": Bad(
        UnknownNameError,
        "unknown tensor gamma",
        fix="Known: L, W, b, h, n, x, y, z.",
        z=GOOD_Z * entry("gamma", i),
    ),
    "unknown function": Bad(
        UnknownNameError,
        "unknown function sigmod in the equation of z",
        fix="Did you mean sigmoid?",
        name="sigmod",
        z=Apply("sigmod", GOOD_Z),
    ),
    "unknown index": Bad(
        UnknownNameError,
        "unknown index j in the equation of z",
        because="The left side z[i] does not have it, and no sum runs over it.",
        fix="Sum over it: sum_over(..., j)",
        name="j",
        z=W * x + b,
        column=12,
    ),
    "unknown left side": Bad(
        UnknownNameError,
        "unknown tensor z in the equation of z",
        tensors={"z": None},
        column=1,
    ),
    "unknown padded tensor": Bad(
        UnknownNameError, "unknown padded tensor xx in the equation of z", fix="Did you mean x?", padded=("xx",)
    ),
    "nothing defines it": Bad(
        UnknownNameError,
        "nothing defines v",
        because="It is declared as an intermediate.",
        name="v",
        z=GOOD_Z + v,
        tensors={"v": Tensor("v", (h,), "intermediate")},
    ),
    "two tensors of one name": Bad(
        DuplicateNameError,
        "two tensors are called x",
        because="One is an input, one a parameter.",
        name="x",
        tensors={"x2": Tensor("x", (n,), "parameter")},
    ),
    "two tensors of one name and role": Bad(
        DuplicateNameError, "two tensors are called x", tensors={"x2": Tensor("x", (h,), "input")}
    ),
    "a size and a tensor": Bad(
        DuplicateNameError,
        "n is a size and a tensor",
        because="A parameter and a size clash.",
        name="n",
        z=GOOD_Z * entry("n"),
        tensors={"n": data("n", role="parameter")},
    ),
    "a number of samples and a tensor": Bad(
        DuplicateNameError,
        "m is a size and a tensor",
        z=GOOD_Z * entry("m"),
        tensors={"m": data("m", role="parameter")},
        options={"samples": IN_ROWS, "cost": COST},
    ),
    "a function and a tensor": Bad(
        DuplicateNameError,
        "exp is a function and a tensor",
        z=GOOD_Z * entry("exp"),
        tensors={"exp": data("exp", role="parameter")},
    ),
    "a function and a size": Bad(
        DuplicateNameError, "n is a size and a function", options={"functions": {"n": custom("n", "x")}}
    ),
    "defined twice": Bad(
        DuplicateNameError,
        "z is defined twice",
        because="Line 4 defines it already.",
        name="z",
        more=(Equation("z", (i,), b),),
    ),
    "an input is defined": Bad(
        DuplicateNameError,
        "x is an input, and an equation defines it",
        fix="do not declare x",
        name="x",
        more=(Equation("x", (j,), Integer(1)),),
    ),
    "a parameter is defined": Bad(
        DuplicateNameError, "b is a parameter, and an equation defines it", more=(Equation("b", (i,), y),)
    ),
    "no name": Bad(ModelError, "'a b' is no name for a tensor", tensors={"a b": data("a b")}),
    "the name of an adjoint": Bad(ModelError, "'∂z' is no name for a tensor", tensors={"a": data("∂z")}),
    # shapes
    "too many indices": Bad(
        ShapeError,
        "x[i, j] in the equation of z has 2 indices",
        because="x[n] has 1 axis.",
        name="x",
        z=total(W * entry("x", i, j), (j, n)) + b,
        column=22,
    ),
    "no index": Bad(
        ShapeError, "W in the equation of z has 0 indices", because="W[h, n] has 2 axes.", z=GOOD_Z + entry("W")
    ),
    "too many indices on the left": Bad(
        ShapeError, "z is defined with 2 indices", because="Its shape [h] has 1 axis.", at=(i, k), column=1
    ),
    "no index on the left": Bad(ShapeError, "z is defined with 0 indices", at=(), z=Integer(1)),
    "one index twice on the left": Bad(
        ShapeError,
        "z is defined with one index twice",
        because="That would define its diagonal alone.",
        at=(i, i),
        tensors={"z": Tensor("z", (h, h), "intermediate")},
    ),
    "size 0": Bad(ShapeError, "v has the size 0", tensors={"v": data("v", Integer(0))}),
    "a negative size": Bad(ShapeError, "v has the size -2", tensors={"v": data("v", Integer(-2))}),
    "half a size": Bad(ShapeError, "v has the size n/2", tensors={"v": data("v", n / 2)}),
    "an index as a size": Bad(
        ShapeError, "v has the size i", fix="Make sizes with size(name).", tensors={"v": data("v", i)}
    ),
    "a fact along no axis": Bad(
        ShapeError,
        "y is one_hot along axis 1",
        because="It has 1 axis, counted from 0.",
        tensors={"y": data("y", h, role="target", facts=(Fact("y", "one_hot", 1),))},
    ),
    "a distribution without an axis": Bad(
        ShapeError,
        "y is distribution along no axis",
        tensors={"y": data("y", h, role="target", facts=(Fact("y", "distribution"),))},
    ),
    "an unknown fact": Bad(
        ModelError,
        "y has the fact onehot of y",
        fix="Did you mean one_hot?",
        tensors={"y": data("y", h, role="target", facts=(Fact("y", "onehot", 0),))},  # type: ignore[arg-type]
    ),
    "a fact of another": Bad(
        ModelError,
        "y has the fact binary of x",
        tensors={"y": data("y", h, role="target", facts=(Fact("x", "binary"),))},
    ),
    # ranges
    "two ranges": Bad(
        IndexRangeError,
        "the index j has two ranges in the equation of z",
        because="It runs over n, and in v[j] the first axis of v has h entries.",
        fix="declare the size fact h >= n",
        name="j",
        z=total(W * x * entry("v", j), (j, n)) + b,
        tensors={"v": data("v", h)},
    ),
    "two ranges, exchanged": Bad(
        IndexRangeError,
        "the index j has two ranges in the equation of z",
        because="It runs over n, and in W[j, i] the first axis of W has h entries.",
        fix="Did you mean W[i, j]?",
        z=total(entry("W", j, i) * x, (j, n)) + b,
        column=15,
    ),
    "two ranges, the left side": Bad(
        IndexRangeError,
        "the index i has two ranges in the equation of z",
        because="It runs over h, and in x[i] the first axis of x has n entries.",
        z=GOOD_Z * entry("x", i),
    ),
    "two ranges, numbers": Bad(
        IndexRangeError,
        "the index k has two ranges",
        because="It runs over 3, and in v[k] the first axis of v has 2 entries.",
        fix="Make the two sizes equal, or use two indices.",
        z=GOOD_Z + total(entry("v", k), (k, Integer(3))),
        tensors={"v": data("v", Integer(2))},
    ),
    "a read before the first": Bad(
        IndexRangeError,
        "v[i - 1] may lie outside v, in the equation of z",
        because="i - 1 goes from -1 to h - 2, and the first axis of v has h entries, counted from 0.",
        fix="pad v",
        name="v",
        z=GOOD_Z + entry("v", i - 1),
        tensors={"v": data("v", h)},
    ),
    "a read behind the last": Bad(
        IndexRangeError,
        "v[i + u] may lie outside v",
        because="i + u goes from 0 to K + h - 2, and the first axis of v has h entries",
        z=GOOD_Z + total(entry("v", i + u), (u, K)),
        tensors={"v": data("v", h)},
    ),
    "a fixed read of a small tensor": Bad(
        IndexRangeError,
        "v[2] may lie outside v",
        because="The index is 2, and the first axis of v has n entries, counted from 0.",
        z=GOOD_Z + entry("v", 2),
        tensors={"v": data("v", n)},
    ),
    "a stride": Bad(
        IndexRangeError,
        "v[2*i] may lie outside v",
        because="2*i goes from 0 to 2*h - 2",
        z=GOOD_Z + entry("v", 2 * i),
        tensors={"v": data("v", h)},
    ),
    "a remainder": Bad(
        IndexRangeError,
        "v[Mod(i, n)] may lie outside v",
        z=GOOD_Z + entry("v", Mod(i, n)),
        tensors={"v": data("v", h)},
    ),
    "a maximiser": Bad(
        IndexRangeError,
        "may lie outside v",
        because="It is not proved that",
        z=GOOD_Z + entry("v", ArgMax(x, (j, n))),
        tensors={"v": data("v", h)},
    ),
    "a shifted gather": Bad(
        IndexRangeError,
        "v[c[i] + 1] may lie outside v",
        because="It is not proved that c[i] + 1 stays in range",
        z=GOOD_Z + entry("v", entry("c", i) + 1),
        tensors={"v": data("v", n), "c": data("c", h, integer=True)},
    ),
    "a gather at too many": Bad(
        IndexRangeError,
        "the index k has two ranges",
        z=GOOD_Z + total(entry("v", entry("c", k)), (k, n)),
        tensors={"v": data("v", n), "c": data("c", h, integer=True)},
    ),
    "an unguarded case": Bad(
        IndexRangeError,
        "v[i - 1] may lie outside v",
        z=GOOD_Z + Piecewise((entry("v", i - 1), entry("v", i) > 0), (0, True)),
        tensors={"v": data("v", h)},
    ),
    "the wrong case": Bad(
        IndexRangeError,
        "v[i - 2] may lie outside v",
        z=GOOD_Z + Piecewise((entry("v", i - 2), i >= 1), (0, True)),
        tensors={"v": data("v", h)},
    ),
    "a partial sum without its fact": Bad(
        IndexRangeError,
        "the index k has two ranges",
        fix="declare the size fact n >= K",
        z=GOOD_Z + total(entry("x", k), (k, K)),
    ),
    # circles
    "a tensor that needs itself": Bad(
        CycleError,
        "z needs itself: z needs z",
        because="It reads z[i].",
        name="z",
        z=GOOD_Z + z,
    ),
    "two that need each other": Bad(
        CycleError,
        "z needs itself: z needs v needs z",
        z=GOOD_Z + v,
        tensors={"v": Tensor("v", (h,), "intermediate")},
        more=(Equation("v", (i,), 2 * z),),
    ),
    "scalars that need each other": Bad(
        CycleError,
        "v needs itself: v needs w needs v",
        z=GOOD_Z * entry("v"),
        tensors={"v": Tensor("v", (), "intermediate"), "w": Tensor("w", (), "intermediate")},
        more=(Equation("v", (), w), Equation("w", (), entry("v"))),
    ),
    "past and future": Bad(
        CycleError,
        "z needs itself",
        because="No axis is a clock",
        z=GOOD_Z + entry("z", i - 1) + entry("z", i + 1),
        padded=("z",),
    ),
    "the sum of all": Bad(
        CycleError, "z needs itself", because="It reads z[k].", z=GOOD_Z + total(entry("z", k), (k, h))
    ),
    "a maximiser of itself": Bad(CycleError, "z needs itself", z=GOOD_Z * entry("y", ArgMax(entry("z", k), (k, h)))),
    "two clocks that disagree": Bad(
        CycleError,
        "z needs itself: z needs v needs z",
        z=GOOD_Z + entry("v", i - 1),
        padded=("v",),
        tensors={"v": Tensor("v", (h,), "intermediate")},
        more=(Equation("v", (i,), entry("z", i + 1), ("z",)),),
    ),
    # loss and cost
    "no loss": Bad(LossError, "nothing defines the loss L", fix="Add an equation for it.", without=("L",)),
    "an unknown loss": Bad(LossError, "nothing defines the loss Loss", options={"loss": "Loss"}, name="Loss"),
    "a loss with entries": Bad(
        LossError,
        "the loss z is no scalar",
        because="Its shape is [h], and a gradient is of one number.",
        fix="Sum it, or take its mean.",
        name="z",
        options={"loss": "z"},
    ),
    "a cost without samples": Bad(LossError, "a cost without samples", options={"cost": COST}),
    "samples without a cost": Bad(LossError, "samples without a cost", options={"samples": IN_ROWS}),
    "a cost that forgets the sample": Bad(
        ShapeError,
        "L in the equation of J has 0 indices",
        options={"samples": IN_ROWS, "cost": Equation("J", (), entry("L") / m)},
    ),
    "a cost over too many samples": Bad(
        IndexRangeError,
        "the index s has two ranges in the equation of J",
        options={"samples": IN_ROWS, "cost": Equation("J", (), total(entry("L", s), (s, K)))},
    ),
    "samples in layers": Bad(
        ModelError,
        "samples in layers",
        options={"samples": Samples(m, "layers", s), "cost": COST},  # type: ignore[arg-type]
    ),
    "no samples": Bad(ModelError, "0 samples", options={"samples": Samples(Integer(0), "rows", s), "cost": COST}),
    # reach
    "an unread parameter": Bad(
        UnreachableError,
        "the parameter v cannot reach L",
        because="No equation reads it.",
        name="v",
        tensors={"v": data("v", role="parameter")},
    ),
    "a parameter on a dead end": Bad(
        UnreachableError,
        "the parameter v cannot reach L",
        because="Only w reads it.",
        tensors={"v": data("v", role="parameter"), "w": Tensor("w", (), "intermediate")},
        more=(Equation("w", (), entry("v")),),
    ),
    "a parameter that the cost forgets": Bad(
        UnreachableError,
        "the parameter W cannot reach J",
        options={"samples": IN_ROWS, "cost": Equation("J", (), total(entry("b", i), (i, h)))},
    ),
    # kinds
    "an integer tensor as a value": Bad(
        ModelError,
        "c[i] is a value in the equation of z",
        because="c is declared as integer: it serves as an index.",
        z=GOOD_Z + entry("c", i),
        tensors={"c": data("c", h, integer=True)},
    ),
    "a real tensor as an index": Bad(
        ModelError,
        "c[i] is an index in the equation of z",
        because="c holds real numbers.",
        fix="Declare c as integer",
        z=GOOD_Z + entry("v", entry("c", i)),
        tensors={"c": data("c", h), "v": data("v", n)},
    ),
    "a real tensor in a delta": Bad(
        ModelError,
        "c[i] is an index in the equation of z",
        z=GOOD_Z + KroneckerDelta(entry("c", i), i),
        tensors={"c": data("c", h)},
    ),
    # numbers, symbols, functions
    "not a number": Bad(ModelError, "nan is no real, finite number, in the equation of z", z=nan),
    "infinite": Bad(ModelError, "oo is no real, finite number, in the equation of z", z=b + oo * Guard(i - 1)),
    "no real number": Bad(ModelError, "I is no real, finite number", z=GOOD_Z * log(-Integer(1))),
    "a division by 0": Bad(ModelError, "zoo is no real, finite number", z=Integer(1) / Integer(0)),
    "a plain symbol": Bad(
        ModelError,
        "c is a symbol of another kind, in the equation of z",
        because="derivatives would be 0",
        fix="Make tensors with parameter, input and so on",
        name="c",
        z=GOOD_Z * Symbol("c"),
    ),
    "a positive symbol": Bad(ModelError, "b is a symbol of another kind", z=GOOD_Z * Symbol("b", positive=True)),
    "a plain indexed base": Bad(
        ModelError, "x is a symbol of another kind", z=total(W * IndexedBase("x")[j], (j, n)) + b, column=22
    ),
    "a base with a shape": Bad(
        ModelError,
        "x is a symbol of another kind",
        z=total(W * IndexedBase("x", shape=(n,), real=True)[j], (j, n)) + b,
    ),
    "a foreign size": Bad(
        ModelError,
        "k is a symbol of another kind",
        z=Sum(entry("x", j), (j, 0, Symbol("k", integer=True, nonnegative=True))) + b,
    ),
    "a foreign function": Bad(
        ModelError,
        "g is unknown here, in the equation of z",
        fix="make a function with custom",
        z=Function("g")(GOOD_Z),
    ),
    "a step function": Bad(ModelError, "Heaviside is unknown here", z=Heaviside(GOOD_Z, 0)),
    "cases that leave something open": Bad(
        ModelError, "cases that leave something open", fix="(0, True)", z=Piecewise((GOOD_Z, b > 0))
    ),
}


def test_the_good_model_is_good() -> None:
    """What the table changes is a model as it stands."""
    made = model_of(Bad(ModelError, ""))
    assert [equation.tensor for equation in made.order] == ["z", "L"]


@pytest.mark.parametrize("name", BAD)
def test_refusals(name: str) -> None:
    """Each bad model gets its own error, with the reason and the mend."""
    bad = BAD[name]
    with pytest.raises(SymbackpropError) as caught:
        model_of(bad)
    error = caught.value
    assert type(error) is bad.error, error
    assert bad.what in error.what
    assert bad.because in (error.because or "")
    assert bad.fix in (error.fix or "")
    if bad.name is not None:
        assert error.name == bad.name
    if bad.column is not None:
        assert error.where is not None
        assert (error.where.source, error.where.column) == ("net.model", bad.column)


def test_an_empty_model() -> None:
    """A model without equations is refused."""
    with pytest.raises(ModelError, match="the model has no equations"):
        Model((), (), "L")


def test_a_message_in_full() -> None:
    """What, where with a caret, why, and the mend, in the user's names."""
    with pytest.raises(IndexRangeError) as caught:
        model_of(BAD["two ranges, exchanged"])
    assert str(caught.value) == (
        "IndexRangeError: the index j has two ranges in the equation of z, net.model:4:15\n"
        "    z[i] = sum(j, W[i,j] x[j]) + b[i]\n"
        "                  ^\n"
        "  It runs over n, and in W[j, i] the first axis of W has h entries.\n"
        "  Did you mean W[i, j]?"
    )


GOOD: dict[str, Bad] = {
    "a lag": Bad(ModelError, "", z=GOOD_Z + entry("z", i - 1), padded=("z",)),
    "a lead": Bad(ModelError, "", z=GOOD_Z + entry("z", i + 1), padded=("z",)),
    "two lags": Bad(ModelError, "", z=GOOD_Z + entry("z", i - 1) * entry("z", i - 3), padded=("z",)),
    "all earlier ones": Bad(ModelError, "", z=GOOD_Z + Sum(entry("z", k), (k, 0, i - 1))),
    "earlier by a bound index": Bad(ModelError, "", z=GOOD_Z + total(entry("z", i - 1 - u), (u, K)), padded=("z",)),
    "a lag under its case": Bad(ModelError, "", z=Piecewise((entry("z", i - 1) + b, i >= 1), (GOOD_Z, True))),
    "a lag by a guard": Bad(ModelError, "", z=GOOD_Z + Guard(i - 1) * entry("z", i - 1)),
    "a lag through another": Bad(
        ModelError,
        "",
        z=GOOD_Z + entry("v", i - 1),
        padded=("v",),
        tensors={"v": Tensor("v", (h,), "intermediate")},
        more=(Equation("v", (i,), z**2),),
    ),
    "clocks at different axes": Bad(
        ModelError,
        "",
        z=GOOD_Z + total(entry("v", k, i - 1), (k, n)),
        padded=("v",),
        tensors={"v": Tensor("v", (n, h), "intermediate")},
        more=(Equation("v", (k, t), entry("z", t) * entry("x", k)),),
    ),
    "a grid": Bad(
        ModelError,
        "",
        z=GOOD_Z + entry("v", i, i),
        tensors={"v": Tensor("v", (h, h), "intermediate")},
        more=(Equation("v", (i, j), entry("v", i - 1, j) + entry("v", i, j - 1) + b, ("v",)),),
    ),
    "a gather": Bad(
        ModelError,
        "",
        z=GOOD_Z + entry("v", entry("c", i)),
        tensors={"v": data("v", n), "c": data("c", h, integer=True)},
    ),
    "a partial sum with its fact": Bad(
        ModelError, "", z=GOOD_Z + total(entry("x", k), (k, K)), options={"size_facts": (n - K,)}
    ),
    "a remainder": Bad(ModelError, "", z=GOOD_Z + entry("y", Mod(i + 3, h))),
    "half the index": Bad(ModelError, "", z=GOOD_Z + entry("y", floor(i / 2))),
    "a delta": Bad(ModelError, "", z=GOOD_Z + total(KroneckerDelta(i, k) * entry("y", k), (k, n + h))),
    "cases in range": Bad(
        ModelError,
        "",
        z=GOOD_Z + Piecewise((entry("v", i), i < K), (entry("v", i - K), i < 2 * K), (0, True)),
        tensors={"v": data("v", K)},
    ),
    "only a choice": Bad(
        ModelError,
        "",
        z=GOOD_Z * entry("y", ArgMax(entry("v", k), (k, h))),
        tensors={"v": data("v", h, role="parameter")},
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_acceptances(name: str) -> None:
    """What is proved in order and in range is a model."""
    made = model_of(GOOD[name])
    assert made.order[-1].tensor == "L"


def test_bound_reads_need_their_declaration() -> None:
    """Each padded model of the acceptances is refused without its declaration."""
    for name, good in GOOD.items():
        if good.padded:
            with pytest.raises(IndexRangeError):
                model_of(replace(good, padded=()))
                pytest.fail(name)
