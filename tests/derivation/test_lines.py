"""The lines of a step of algebra: as a teacher writes them, each proved, each true in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr, Symbol

import symbackprop as sb
from symbackprop.algebra.symbols import ADJOINT, Partial, adjoint
from symbackprop.derivation.checks import Checker
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.lines import Line, with_lines
from symbackprop.derivation.steps import LINES, Method, Step, StepKind, lines_of, walk
from symbackprop.derivation.sweep import derive
from symbackprop.errors import DerivationError
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import nomenclature
from symbackprop.notation.writing.text import text_chain
from tests.oracles.draws import draw
from tests.oracles.numbers import Numbers, Rule
from tests.oracles.slopes import numbers_of

EXAMPLES = {path.stem: path for path in sorted((Path(__file__).parents[2] / "docs/examples").rglob("*.model"))}
QUICK = ("002_two_layer_sigmoid", "softmax_classifier", "layer_norm", "attention_causal", "logistic_regression")
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in EXAMPLES]


@cache
def derivations(name: str) -> tuple[Derivation, ...]:
    """Of one sample and of all, or of the model without samples."""
    whole = derive(sb.load(EXAMPLES[name]))
    return (whole,) if whole.one_sample is None else (whole.one_sample, whole)


def worked(name: str) -> Iterator[tuple[Derivation, Step]]:
    """The steps that have lines."""
    for derivation in derivations(name):
        for step in walk(derivation.steps):
            if step.kind not in LINES and lines_of(step):
                yield derivation, step


def shown(name: str, tensor: str, kind: StepKind, which: int = 0) -> list[str]:
    """The kind and the text of each line of a tensor's step of a kind, the formula before them first."""
    derivation = derivations(name)[which]
    (step,) = (s for s in walk([derivation.step(tensor)]) if s.kind is kind)
    names = nomenclature(Conventions(), derivation.space)
    lines = [f"{line.kind}: {text_chain([line.after], names)}" for line in lines_of(step)]
    return [text_chain([step.before], names), *lines]


# ------------------------------------------------------------------------------------------------- as a teacher writes


def test_sigmoid_and_cross_entropy() -> None:
    assert shown("logistic_regression", "z", StepKind.ELIMINATE) == [
        "dp p (1 - p)",
        "put in: ((1 - y)/(1 - p) - y/p) p (1 - p)",
        "multiplied out: p (1 - y) - y (1 - p)",
        "collected: p - y",
    ]


def test_one_denominator() -> None:
    """Over all samples the prediction's own adjoint is shortened first, and then cancels."""
    first = shown("logistic_regression", "p", StepKind.ELIMINATE, 1)
    assert first[1:] == [
        "put in: (1 - y[s])/(1 - p[s]) - y[s]/p[s]",
        "one denominator: (p[s] (1 - y[s]) - y[s] (1 - p[s]))/(p[s] (1 - p[s]))",
        "collected: (p[s] - y[s])/(p[s] (1 - p[s]))",
    ]
    assert shown("logistic_regression", "z", StepKind.ELIMINATE, 1)[1:] == [
        "put in: ((p[s] - y[s])/(p[s] (1 - p[s]))) p[s] (1 - p[s])",
        "cancelled: p[s] - y[s]",
    ]


def test_softmax_and_cross_entropy() -> None:
    assert shown("softmax_classifier", "z3", StepKind.ELIMINATE) == [
        "p[i] (dp[i] - ∑_l dp[l] p[l])",
        "put in: p[i] (∑_l (y[l]/p[l]) p[l] - y[i]/p[i])",
        "multiplied out: p[i] ∑_l y[l] - y[i]",
        "fact: p[i] - y[i]",
    ]


def test_the_fact_is_named() -> None:
    (step,) = (s for s in walk([derivations("softmax_classifier")[0].step("z3")]) if s.kind is StepKind.ELIMINATE)
    assert [(fact.tensor, fact.kind) for fact in lines_of(step)[-1].facts] == [("y", "one_hot")]


def test_softmax_by_itself() -> None:
    assert shown("softmax_classifier", "z3", StepKind.FOLD) == [
        "exp(z3[l]) ((1/(∑_j exp(z3[j]))) δ(i, l) - exp(z3[i])/(∑_j exp(z3[j]))²)",
        "regrouped: (exp(z3[l])/(∑_j exp(z3[j]))) (δ(i, l) - exp(z3[i])/(∑_j exp(z3[j])))",
        "in values: p[l] (δ(i, l) - p[i])",
    ]
    assert shown("softmax_classifier", "z3", StepKind.COLLAPSE) == [
        "∑_l dp[l] p[l] (δ(i, l) - p[i])",
        "multiplied out: ∑_l dp[l] p[l] δ(i, l) - (∑_l dp[l] p[l]) p[i]",
        "summed: dp[i] p[i] - (∑_l dp[l] p[l]) p[i]",
        "collected: p[i] (dp[i] - ∑_l dp[l] p[l])",
    ]


def test_layer_norm() -> None:
    sums = "∑_j dl.x_hat[j] l.x_hat[j]"
    assert shown("layer_norm", "z", StepKind.ELIMINATE) == [
        "(1/h) dl.μ + dl.c[i]",
        "put in: dl.c[i] - (1/h) ∑_j dl.c[j]",
        f"put in: l.r (dl.x_hat[i] - (1/h) ({sums}) l.x_hat[i])"
        " - (1/h) ∑_j l.r (dl.x_hat[j] - (1/h) (∑_k dl.x_hat[k] l.x_hat[k]) l.x_hat[j])",
        f"summed: dl.x_hat[i] l.r - (1/h) (∑_j dl.x_hat[j]) l.r - (1/h) ({sums}) l.r l.x_hat[i]"
        f" + (1/h²) ({sums}) l.r ∑_j l.x_hat[j]",
        f"sum is zero: dl.x_hat[i] l.r - (1/h) (∑_j dl.x_hat[j]) l.r - (1/h) ({sums}) l.r l.x_hat[i]",
        f"collected: l.r (dl.x_hat[i] - (1/h) ∑_j dl.x_hat[j] - (1/h) ({sums}) l.x_hat[i])",
    ]
    assert shown("layer_norm", "l.v", StepKind.FOLD)[1:] == [
        "regrouped: -(1/2) (1/sqrt(l.v + 1e-5))³",
        "in values: -(1/2) l.r³",
    ]


@pytest.mark.parametrize(
    ("name", "tensor", "expected"),
    [
        ("layer_norm", "l", ["slope: da[i] (1 - tanh(l[i])²)", "in values: da[i] (1 - a[i]²)"]),
        (
            "002_two_layer_sigmoid",
            "z1",
            ["slope: da1[i] σ(z1[i]) (1 - σ(z1[i]))", "in values: da1[i] a1[i] (1 - a1[i])"],
        ),
    ],
)
def test_folds(name: str, tensor: str, expected: list[str]) -> None:
    assert shown(name, tensor, StepKind.FOLD)[1:] == expected


@pytest.mark.parametrize(
    ("name", "tensor", "kind"),
    [
        ("002_two_layer_sigmoid", "z1", StepKind.ELIMINATE),  # da1 put in, and that is all
        ("softmax_classifier", "z1", StepKind.FOLD),  # ReLU' is its own formula
        ("layer_norm", "o.W", StepKind.COLLAPSE),  # one delta
        ("logistic_regression", "w", StepKind.ELIMINATE),
    ],
)
def test_one_line_has_no_substeps(name: str, tensor: str, kind: StepKind) -> None:
    (step,) = (s for s in walk([derivations(name)[0].step(tensor)]) if s.kind is kind)
    assert step.substeps == ()


# ------------------------------------------------------------------------------------- of every example, to every line


@pytest.mark.parametrize("name", EVERY)
def test_every_line_is_proved(name: str) -> None:
    for _, step in worked(name):
        assert {line.check.method for line in lines_of(step)} == {Method.PROVED}, step


@pytest.mark.parametrize("name", EVERY)
def test_each_line_goes_on_where_the_last_one_ended(name: str) -> None:
    for _, step in worked(name):
        lines = lines_of(step)
        assert len(lines) > 1
        assert [line.before for line in lines] == [step.before, *(line.after for line in lines[:-1])]
        assert lines[-1].after == step.after
        assert {line.left for line in lines} == {step.left}
        assert all(line.before != line.after for line in lines)


@pytest.mark.parametrize("name", EVERY)
def test_no_lines_without_checks(name: str) -> None:
    """Compiling sweeps without checks, and pays for no line."""
    whole = derive(sb.load(EXAMPLES[name]), checks=False)
    steps = [step for step in walk(whole.steps) if step.kind in LINES - {StepKind.FACT}]
    assert steps == []


class Point:
    """Forward values and adjoints at random data, computed by the oracle from the equations and the final forms."""

    def __init__(self, derivation: Derivation) -> None:
        model = derivation.model
        self.sizes = sizes_of(derivation)
        integers = {tensor.name: 2 for tensor in model.tensors if tensor.integer}
        data = draw(model, self.sizes, 11, integers)
        stored = {name: array.astype(complex)[..., None] for name, array in data.items()}
        stored[ADJOINT + model.root] = np.ones(1, complex)
        rules = {
            e.tensor: Rule(e.indices, numbers_of(model.tensor(e.tensor).shape, self.sizes), e.expression)
            for e in model.equations
        }
        for name, array in derivation.adjoints.items():
            rules[adjoint(name)] = Rule(array.indices, numbers_of(array.shape, self.sizes), array.expression)
        self.numbers = Numbers(self.sizes, stored, rules, functions=model.functions, opaque={"f": np.sin})
        self.random = np.random.default_rng(3)

    def scopes(self, model: Model, step: Step) -> list[dict[Symbol, int]]:
        """Places of the free indices of the step's left side, in the ranges of the tensors they stand in."""
        left = step.left
        entries = (left.of, left.by) if isinstance(left, Partial) else (left,)
        extents: dict[Symbol, int] = {}
        for entry in entries:
            name = str(getattr(entry, "base", entry)).removeprefix(ADJOINT)
            shape = numbers_of(model.tensor(name).shape, self.sizes)
            extents |= dict(zip(getattr(entry, "indices", ()), shape, strict=True))
        return [{v: int(self.random.integers(n)) for v, n in extents.items()} for _ in range(2)]

    def value(self, expr: Expr, scope: dict[Symbol, int]) -> float:
        return float(np.real(np.ravel(self.numbers.value(expr, scope))[0]))


def sizes_of(derivation: Derivation) -> dict[Symbol, int]:
    """Small sizes under which every size fact of the model holds."""
    symbols = sorted(derivation.space.sizes, key=str)
    facts = derivation.space.size_facts
    for least in (2, 3, 4, 6, 8):
        sizes = {symbol: least + place % 2 for place, symbol in enumerate(symbols)}
        if all(numbers_of([fact], sizes)[0] >= 0 for fact in facts):
            return sizes
    raise AssertionError(f"no sizes for {facts}")


@pytest.mark.parametrize("name", EVERY)
def test_every_line_is_true_in_numbers(name: str) -> None:
    points: dict[int, Point] = {}
    for derivation, step in worked(name):
        point = points.setdefault(id(derivation), Point(derivation))
        for scope in point.scopes(derivation.model, step):
            first = point.value(step.before, scope)
            for line in lines_of(step):
                assert point.value(line.after, scope) == pytest.approx(first, rel=1e-8, abs=1e-12), line


# ------------------------------------------------------------------------------------------------- what must not pass


@pytest.mark.parametrize("name", ["logistic_regression", "softmax_classifier", "layer_norm"])
def test_a_wrong_line_is_caught(name: str) -> None:
    """A sign turned or a term too much in any line is refuted when the line is checked."""
    for derivation, step in worked(name):
        premises = {adjoint(n): a for n, a in derivation.adjoints.items()}
        checker = Checker(derivation.space.with_definitions(premises))
        place = derivation.adjoints[step.tensor]
        if step.kind is not StepKind.ELIMINATE or derivation is not derivations(name)[0]:
            continue
        for line in lines_of(step)[:-1]:
            for wrong in (-line.after, line.after + step.after):
                with pytest.raises(DerivationError, match="refuted"):
                    with_lines(step, [Line(line.kind, wrong, "planted")], place.ranges, checker)
