"""Gradient functions: how they may be written, what is said of those that are wrong, and of those that misbehave."""

from __future__ import annotations

import re
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import DerivationError, UsageError
from symbackprop.verifying.functions.calling import Tensors, subject_of
from symbackprop.verifying.verdicts import Report, Status, Verdict
from tests.planted.examples import load
from tests.planted.wrong_functions import SIGMOID, exchanged

MODEL = load("002_two_layer_sigmoid")
ROWS = load("000_two_layer_sigmoid")
LINE = load("001_line")
LINEAR = sb.parse("size n\ninput x[n]\ntarget y[1]\nparameter w[1,n]\nz = w x\nloss L = squared_error(z, y)\n")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def right(x, y, W1, b1, W2, b2) -> dict:
    m = x.shape[1]
    a1 = sigmoid(W1 @ x + b1[:, None])
    a2 = sigmoid(W2 @ a1 + b2[:, None])
    dz2 = a2 - y
    dz1 = W2.T @ dz2 * a1 * (1 - a1)
    return {"W1": dz1 @ x.T / m, "b1": dz1.sum(1) / m, "W2": dz2 @ a1.T / m, "b2": dz2.sum(1) / m}


def cost(x, y, W1, b1, W2, b2) -> float:
    a2 = sigmoid(W2 @ sigmoid(W1 @ x + b1[:, None]) + b2[:, None])
    return float(-np.mean(y * np.log(a2) + (1 - y) * np.log(1 - a2)))


def by_claim(report: Report) -> dict[str, Verdict]:
    return {verdict.claim: verdict for verdict in report.verdicts}


# how they may be written


def positional_only(x, y, W1, b1, W2, b2, /):
    return right(x, y, W1, b1, W2, b2)


def inputs_and_labels(inputs, labels, W_1, b_1, W_2, b_2, verbose=False):
    return tuple(right(inputs, labels, W_1, b_1, W_2, b_2).values())


def one_dict(everything):
    return right(*(everything[name] for name in ("X", "Y", "W1", "b1", "W2", "b2")))


def loss_first(x, y, params):
    weights = [params[name] for name in ("W1", "b1", "W2", "b2")]
    return cost(x, y, *weights), list(right(x, y, *weights).values())


def flat_with_loss(x, y, W1, b1, W2, b2):
    return (cost(x, y, W1, b1, W2, b2), *right(x, y, W1, b1, W2, b2).values())


def named_tuple(x, y, W1, b1, W2, b2):
    found = right(x, y, W1, b1, W2, b2)
    return namedtuple("Gradients", [f"d{key}" for key in found])(*found.values())


def quotients(x, y, W1, b1, W2, b2):
    return {f"dJ_d{name}": value for name, value in right(x, y, W1, b1, W2, b2).items()}


def keywords(x, y, **weights):
    return {f"{name}_grad": value for name, value in right(x, y, **weights).items()}


def nested_lists(x, y, W1, b1, W2, b2):
    return {name: value.tolist() for name, value in right(x, y, W1, b1, W2, b2).items()}


def transposed_views(x, y, W1, b1, W2, b2):
    found = right(x, y, W1, b1, W2, b2)
    return {name: value.T.copy().T for name, value in found.items()}


class Network:
    """Weights are arguments, whatever the object holds."""

    def __call__(self, x, y, W1, b1, W2, b2):
        return right(x, y, W1, b1, W2, b2)


STYLES = (
    right, positional_only, inputs_and_labels, one_dict, loss_first, flat_with_loss, named_tuple, quotients, keywords,
    nested_lists, transposed_views, Network(),
)  # fmt: skip


@pytest.mark.parametrize("function", STYLES, ids=lambda f: getattr(f, "__name__", "an object"))
def test_styles(function) -> None:
    """However its arguments and results are written, a right function agrees at every point, to many digits."""
    report = sb.verify_function(MODEL, function)
    assert report.ok, report.verdicts
    assert len(report.verdicts) >= 4
    assert all(v.points == 3 and v.digits >= 12 for v in report.verdicts)


def test_a_single_array_is_the_only_gradient() -> None:
    """Where there is one parameter, its gradient may come alone."""
    assert sb.verify_function(LINEAR, lambda x, y, w: 2 * np.outer(w @ x - y, x)).ok


def test_scalars() -> None:
    """Gradients by scalars are numbers."""
    assert sb.verify_function(LINE, lambda x, m, c: (x, 1)).ok


def test_single_precision_agrees_to_its_digits() -> None:
    """What is computed in float32 agrees to the digits that it has; what is off by a percent does not."""

    def single(x, y, W1, b1, W2, b2):
        found = right(*(part.astype("float32") for part in (x, y, W1, b1, W2, b2)))
        return {name: value.astype("float32") for name, value in found.items()}

    report = sb.verify_function(MODEL, single)
    assert report.ok
    assert all(4 <= v.digits <= 8 for v in report.verdicts)
    wrong = sb.verify_function(MODEL, lambda x, y, W1, b1, W2, b2: {**single(x, y, W1, b1, W2, b2), "W1": 1.01 * W1})
    assert by_claim(wrong)["W1"].status is Status.REFUTED


def test_differences_agree_to_fewer_digits() -> None:
    """Central differences in double precision agree, to the digits that they have."""

    def differences(x, y, W1, b1, W2, b2):
        found = {}
        given = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        for name, array in given.items():
            found[name] = np.zeros_like(array)
            for at in np.ndindex(*array.shape):
                step = np.zeros_like(array)
                step[at] = 1e-5
                up, down = ({**given, name: array + sign * step} for sign in (1, -1))
                found[name][at] = (cost(x, y, **up) - cost(x, y, **down)) / 2e-5
        return found

    report = sb.verify_function(MODEL, differences)
    assert report.ok
    assert all(6 <= v.digits <= 12 for v in report.verdicts)


def test_intermediate_adjoints_and_values() -> None:
    """dz1 is judged like a gradient, a1 as a value."""

    def more(x, y, W1, b1, W2, b2):
        a1 = sigmoid(W1 @ x + b1[:, None])
        dz2 = sigmoid(W2 @ a1 + b2[:, None]) - y
        return {**right(x, y, W1, b1, W2, b2), "dz2": dz2, "dA1": W2.T @ dz2, "a1": a1, "z1": W1 @ x}

    found = by_claim(sb.verify_function(MODEL, more))
    assert {found[name].status for name in ("dz2", "dA1", "a1")} == {Status.AGREES}
    assert found["z1"].status is Status.REFUTED


# conventions


def scaled(factor):
    return lambda x, y, W1, b1, W2, b2: {n: factor(x) * g for n, g in right(x, y, W1, b1, W2, b2).items()}


def test_the_sum_for_the_mean_is_a_convention() -> None:
    """All gradients m times too large are those of the sum; one alone is a mistake."""
    report = sb.verify_function(MODEL, scaled(lambda x: x.shape[1]))
    assert {v.status for v in report.verdicts} == {Status.CONVENTION}
    assert all("sum of the losses" in v.convention for v in report.verdicts)
    assert not report.ok


def test_the_half_of_a_square_is_a_convention() -> None:
    """All gradients twice too large are those of the squared error without ½."""

    def doubled(x, y, W1, W2):
        a2 = sigmoid(x @ W1)
        yhat = sigmoid(a2 @ W2)
        d3 = 2 * (yhat - y) * yhat * (1 - yhat)
        return {"W1": x.T @ (d3 @ W2.T * a2 * (1 - a2)), "W2": a2.T @ d3}

    report = sb.verify_function(ROWS, doubled)
    assert all(v.status is Status.CONVENTION and "½" in v.convention for v in report.verdicts)


def test_where_one_over_m_stands() -> None:
    """1/m in the adjoints is right where that is said, else a convention; the gradients agree either way."""

    def in_adjoints(x, y, W1, b1, W2, b2):
        a1 = sigmoid(W1 @ x + b1[:, None])
        dz2 = (sigmoid(W2 @ a1 + b2[:, None]) - y) / x.shape[1]
        return {**right(x, y, W1, b1, W2, b2), "dz2": dz2}

    assert sb.verify_function(MODEL, in_adjoints, one_over_m="adjoints").ok
    found = by_claim(sb.verify_function(MODEL, in_adjoints))
    assert found["dz2"].status is Status.CONVENTION
    assert "1/m" in found["dz2"].convention
    assert found["W1"].status is Status.AGREES


def columns(x, y, W1, b1, W2, b2):
    a1 = sigmoid(np.matmul(W1, x) + b1.reshape(len(W1), 1))
    assert b1.ndim == 2
    dz2 = sigmoid(W2 @ a1 + b2) - y
    dz1 = W2.T @ dz2 * a1 * (1 - a1)
    m = x.shape[1]
    total = {"axis": 1, "keepdims": True}
    return {"W1": dz1 @ x.T / m, "b1": dz1.sum(**total) / m, "W2": dz2 @ a1.T / m, "b2": dz2.sum(**total) / m}


def other_way_round(x, y, W1, b1, W2, b2):
    a1 = sigmoid(x @ W1 + b1)
    dz2 = (sigmoid(a1 @ W2 + b2) - y) / len(x)
    dz1 = dz2 @ W2.T * a1 * (1 - a1)
    return {"W1": x.T @ dz1, "b1": dz1.sum(0), "W2": a1.T @ dz2, "b2": dz2.sum(0)}


@pytest.mark.parametrize(
    ("function", "words"),
    [(columns, "vectors are columns"), (other_way_round, "samples stand in rows and the weights are transposed")],
)
def test_other_layouts_are_conventions(function, words: str) -> None:
    """A function for arrays that stand otherwise is right, and the layout is named."""
    report = sb.verify_function(MODEL, function)
    assert all(v.status is Status.CONVENTION and words in v.convention for v in report.verdicts), report.verdicts


def test_a_mistake_shows_in_another_layout_too() -> None:
    """A wrong function for other arrays is judged with those arrays."""

    def wrong(x, y, W1, b1, W2, b2):
        a1 = sigmoid(x @ W1 + b1)
        dz2 = (sigmoid(a1 @ W2 + b2) - y) / len(x)
        dz1 = dz2 @ W2.T
        return {"W1": x.T @ dz1, "b1": dz1.sum(0), "W2": a1.T @ dz2, "b2": dz2.sum(0)}

    found = by_claim(sb.verify_function(MODEL, wrong))
    assert found["W2"].status is Status.CONVENTION
    assert found["W1"].status is found["b1"].status is Status.REFUTED
    assert "σ'(z1), is missing" in found["W1"].diagnosis


def test_a_sum_of_targets_that_the_model_does_not_state() -> None:
    """p - y is right for softmax if the targets sum to 1, which this model leaves open."""
    text = "size n, k\ninput x[n]\ntarget y[k]{}\nsamples m in rows\nparameter W[k,n]\nz = W x\np = softmax(z)\n"
    text += "loss L = cross_entropy(p, y)\ncost J = mean(L)\n"

    def short(x, y, W):
        e = np.exp(x @ W.T)
        return {"W": (e / e.sum(1, keepdims=True) - y).T @ x / len(x)}

    (verdict,) = sb.verify_function(sb.parse(text.format("")), short).verdicts
    assert verdict.status is Status.CONVENTION
    assert "y sum to 1" in verdict.convention
    assert sb.verify_function(sb.parse(text.format(" distribution")), short).ok


# mistakes


def test_two_mistakes_are_told_apart() -> None:
    """A sign at the top, σ' taken at z below it, and 1/m missing in one bias: each result gets its own sentence."""

    def wrong(x, y, W1, b1, W2, b2):
        m = x.shape[1]
        z1 = W1 @ x + b1[:, None]
        a1 = sigmoid(z1)
        dz2 = y - sigmoid(W2 @ a1 + b2[:, None])
        dz1 = W2.T @ dz2 * z1 * (1 - z1)
        return {"W1": dz1 @ x.T / m, "b1": dz1.sum(1), "W2": dz2 @ a1.T / m, "b2": dz2.sum(1) / m}

    found = by_claim(sb.verify_function(MODEL, wrong))
    assert {v.status for v in found.values()} == {Status.REFUTED}
    assert "in dz2: the sign" in found["W2"].diagnosis
    assert found["b2"].diagnosis == found["W2"].diagnosis
    assert "z1 (1 - z1) stands where σ'(z1)" in found["W1"].diagnosis
    assert "1/m is missing" in found["b1"].diagnosis


def with_result(name, change):
    def function(x, y, W1, b1, W2, b2):
        found = right(x, y, W1, b1, W2, b2)
        dz2 = sigmoid(W2 @ sigmoid(W1 @ x + b1[:, None]) + b2[:, None]) - y
        return {**found, name: change(found, {"dz2": dz2, "m": x.shape[1], "W1": W1})}

    return function


RESULTS = {
    "transposed": ("W1", lambda g, v: g["W1"].T, "transposed"),
    "not summed": ("b2", lambda g, v: v["dz2"] / v["m"], "sum over the samples is missing"),
    "the wrong axis": ("b2", lambda g, v: v["dz2"].sum(0) / v["m"], "wrong axis"),
    "with an axis of 1": ("b1", lambda g, v: g["b1"][:, None], "of shape \\(n, 1\\)|\\(n, 1\\)"),
    "all added up": ("W1", lambda g, v: g["W1"].sum(), "added up"),
    "another gradient": ("b1", lambda g, v: g["W1"][:, 0] * 0 + g["b1"][::-1], "reverse"),
    "a strange factor": ("W1", lambda g, v: 0.37 * g["W1"], "0.37 times"),
    "another shape": ("W1", lambda g, v: np.ones((2, 2)), "shape"),
    "nan": ("W1", lambda g, v: g["W1"] * np.nan, "nan"),
    "inf": ("W1", lambda g, v: g["W1"] + np.inf, "inf"),
    "text": ("W1", lambda g, v: "a gradient", "no array of real numbers"),
    "an object": ("W1", lambda g, v: object(), "no array of real numbers"),
    "complex numbers": ("W1", lambda g, v: g["W1"] + 0j, "no array of real numbers"),
    "None": ("W1", lambda g, v: None, "no array of real numbers"),
    "ragged lists": ("W1", lambda g, v: [[1.0], [1.0, 2.0]], "no array of real numbers"),
    "an empty array": ("W1", lambda g, v: np.zeros((0, 0)), "shape"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_a_single_wrong_result(case: str) -> None:
    """Just that result is refuted, and what it is instead is said."""
    name, change, word = RESULTS[case]
    found = by_claim(sb.verify_function(MODEL, with_result(name, change)))
    assert found.pop(name).status is Status.REFUTED
    assert {v.status for v in found.values()} == {Status.AGREES}
    verdict = by_claim(sb.verify_function(MODEL, with_result(name, change)))[name]
    assert re.search(word, verdict.diagnosis), verdict.diagnosis


def ignorant(v):
    """Another step: y is not read, but other values for it."""
    return v["a2"] - np.arange(v["m"]) % 2


STEPS = {
    "targets are not read": ({"dz2": lambda v: v["a2"]}, "the term -y is missing"),
    "other targets are read": ({"dz2": ignorant}, "it is the same for other values of y"),
    "a fixed number of samples": (
        {"dW2": lambda v: v["dz2"] @ v["a1"].T / 3},
        "1/m is missing, 1/3 stands in its place",
    ),
    "a number of samples that no point has": ({"dW2": lambda v: v["dz2"] @ v["a1"].T / 64}, "1/m is missing, 1/64 "),
    "one sample less": ({"dW2": lambda v: v["dz2"] @ v["a1"].T / (v["m"] - 1)}, ""),
    "the sum for the mean": ({"dW2": lambda v: v["dz2"] @ v["a1"].T}, "1/m is missing: "),
    "1/m twice": ({"dW2": lambda v: v["dz2"] @ v["a1"].T / v["m"] ** 2}, "1/m stands once too often"),
    "another size for m": ({"dW2": lambda v: v["dz2"] @ v["a1"].T / len(v["x"])}, ""),
    "a factor 2": ({"dW2": lambda v: 2 * v["dz2"] @ v["a1"].T / v["m"]}, "there is a factor 2 too many"),
    "a factor that a size has": ({"dW2": lambda v: 3 * v["dz2"] @ v["a1"].T / v["m"]}, "it is 3 times the true value"),
    "the sign": ({"dW2": lambda v: -v["dz2"] @ v["a1"].T / v["m"]}, "the sign is wrong"),
    "σ' is missing": ({"dz1": lambda v: v["da1"]}, "σ'(z1), is missing"),
    "σ' at a": ({"dz1": lambda v: v["da1"] * sigmoid(v["a1"]) * (1 - sigmoid(v["a1"]))}, "σ'(a1)"),
    "a little": ({"dW2": lambda v: v["dz2"] @ v["a1"].T / v["m"] + 1e-4}, ""),
}
"""One step exchanged, and the diagnosis that it earns; none where nothing known gives the numbers at every point."""


@pytest.mark.parametrize("case", STEPS)
def test_what_is_said_holds_at_every_point(case: str) -> None:
    """Sizes differ from point to point, so a number is not taken for a size; where nothing fits, nothing is said."""
    change, words = STEPS[case]
    wrong = [v for v in sb.verify_function(MODEL, exchanged(SIGMOID, **change)).verdicts if not v.ok]
    assert wrong
    assert {v.status for v in wrong} == {Status.REFUTED}
    assert all(words in v.diagnosis and bool(words) == bool(v.diagnosis) for v in wrong), [v.diagnosis for v in wrong]


def test_the_mask_of_another_layer() -> None:
    """Where both layers are as wide, it runs, and is told."""
    model = sb.Network(3, sb.Dense(4, "relu"), sb.Dense(4, "relu"), sb.Dense(2), loss="squared_error", samples="m")
    assert model.samples is not None

    def function(x, y, W1, b1, W2, b2, W3, b3):
        z1 = W1 @ x + b1[:, None]
        z2 = W2 @ np.maximum(z1, 0) + b2[:, None]
        d3 = 2 * (W3 @ np.maximum(z2, 0) + b3[:, None] - y) / x.shape[1]
        d2 = W3.T @ d3 * (z2 > 0)
        d1 = W2.T @ d2 * (z2 > 0)
        pairs = (d1, x), (d2, np.maximum(z1, 0)), (d3, np.maximum(z2, 0))
        return [part for d, a in pairs for part in (d @ a.T, d.sum(1))]

    found = by_claim(sb.verify_function(model, function))
    assert {claim for claim, v in found.items() if not v.ok} == {"dW1", "db1"}
    assert all("z2" in v.diagnosis for v in found.values() if not v.ok)


@pytest.mark.parametrize("rows", [False, True])
def test_one_class_alone_is_not_every_class(rows: bool) -> None:
    """A function that takes every sample for one of the first class is wrong, also where one sample is looked at."""
    layer = sb.Dense(10, "softmax")
    one = sb.Network(3, layer, loss="cross_entropy")
    model = sb.Network(3, layer, loss="cross_entropy", samples="m", side="rows") if rows else one

    def first(x, y, W1, b1):
        x = np.atleast_2d(x)
        e = np.exp(x @ W1.T + b1)
        d = e / e.sum(1, keepdims=True) - np.eye(10)[0]
        return {"W1": d.T @ x / len(x), "b1": d.mean(0)}

    def but_for_the_last(x, y, W1, b1):
        d = np.where(np.atleast_2d(y)[:, 9:] == 1, 0.0, 1.0)
        x = np.atleast_2d(x)
        e = np.exp(x @ W1.T + b1)
        d = d * (e / e.sum(1, keepdims=True) - y)
        return {"W1": d.T @ x / len(x), "b1": d.mean(0)}

    for function in (first, but_for_the_last):
        report = sb.verify_function(model, function)
        assert {v.status for v in report.verdicts} == {Status.REFUTED}
    assert all("other values of y" in v.diagnosis for v in sb.verify_function(model, first).verdicts)


def test_a_batch_size_written_into_the_code() -> None:
    """A function that runs for one number of samples alone is told at which arrays it failed."""

    def fixed(x, y, W1, b1, W2, b2):
        return right(x.reshape(-1, 3), y.reshape(1, 3), W1, b1, W2, b2)

    (verdict,) = sb.verify_function(MODEL, fixed).verdicts
    assert verdict.status is Status.UNREADABLE
    assert "cannot reshape" in verdict.because
    assert "x 5×4" in verdict.because  # and not the 4×3 of the first point


def test_sizes_are_told_and_differ() -> None:
    """The scope names each size at every point; with more points there are more."""
    (verdict, *_) = sb.verify_function(MODEL, right).verdicts
    assert verdict.scope == "m = 3, 4, 5; n = 4, 5, 3; h = 5, 3, 4"
    (verdict, *_) = sb.verify_function(MODEL, right, points=5).verdicts
    assert verdict.points == 5
    (verdict, *_) = sb.verify_function(MODEL, scaled(lambda x: 3 / x.shape[1]), points=1).verdicts
    assert verdict.points == 1


def test_digits_are_those_that_agree() -> None:
    """An error that rounding does not make is not passed over: the digits say so."""
    for power in (7, 9, 11, 13):
        wrong = scaled(lambda x, power=power: 1 + 10.0**-power)
        assert {v.digits for v in sb.verify_function(MODEL, wrong).verdicts} <= {power - 1, power}


def test_gradients_in_the_wrong_order() -> None:
    """Two gradients of one shape exchanged are each named."""
    model = sb.parse("size n\ninput x[n]\nparameter u[n], v[n]\nloss L = sum(u x) + sum(v^2)\n".replace("u x", "u * x"))
    found = by_claim(sb.verify_function(model, lambda x, u, v: {"u": 2 * v, "v": x}))
    assert "gradient by v" in found["u"].diagnosis
    assert "gradient by u" in found["v"].diagnosis


def test_a_witness_names_the_entry() -> None:
    """The entry that differs most, what it is and what was given, as NumPy counts."""

    def wrong(x, y, W1, b1, W2, b2):
        found = right(x, y, W1, b1, W2, b2)
        found["W1"][1, 2] += 1
        return found

    verdict = by_claim(sb.verify_function(MODEL, wrong))["W1"]
    assert "W1[1, 2] is" in verdict.witness
    assert float(verdict.found) - float(verdict.expected) == pytest.approx(1, abs=1e-4)
    assert verdict.line == 0


# misbehaviour


def test_changed_arguments() -> None:
    """A function that changes an argument in place is told so, whatever its gradients are."""

    def careless(x, y, W1, b1, W2, b2):
        found = right(x, y, W1, b1, W2, b2)
        W1 -= found["W1"]
        return found

    report = sb.verify_function(MODEL, careless)
    assert not report.ok
    assert [v.diagnosis for v in report.verdicts if not v.ok] == ["it changes its argument W1 in place"]


def test_a_buffer_used_again() -> None:
    """Results that the next call overwrites are told."""
    buffer = np.zeros(1)

    def reusing(x, y, W1, b1, W2, b2):
        found = right(x, y, W1, b1, W2, b2)
        buffer[:] = found["b2"]
        return {**found, "b2": buffer}

    bad = [v for v in sb.verify_function(MODEL, reusing).verdicts if not v.ok]
    assert any("b2 is overwritten by the next call" in v.diagnosis for v in bad)


def test_results_that_change_from_call_to_call() -> None:
    """A function with a memory of its own is told so."""
    calls = []

    def drifting(x, y, W1, b1, W2, b2):
        calls.append(1)
        return {name: value + 1e-9 * len(calls) for name, value in right(x, y, W1, b1, W2, b2).items()}

    bad = [v for v in sb.verify_function(MODEL, drifting).verdicts if v.status is Status.REFUTED]
    assert any("two calls with the same arguments" in v.diagnosis for v in bad)


def test_an_exception_is_quoted_with_its_place() -> None:
    """The last line of its own code that ran, with file and line, and the shapes that it was called with."""

    def broken(x, y, W1, b1, W2, b2):
        return W1 @ y  # shapes that do not fit

    (verdict,) = sb.verify_function(MODEL, broken).verdicts
    assert verdict.status is Status.UNREADABLE
    assert "ValueError" in verdict.because
    assert "return W1 @ y" in verdict.because
    assert "W1 5×4" in verdict.because
    assert verdict.where is not None
    assert Path(verdict.where.source) == Path(__file__)
    assert verdict.where.line == broken.__code__.co_firstlineno + 1


def raising(error):
    def function(x, y, W1, b1, W2, b2):
        raise error

    return function


@pytest.mark.parametrize("error", [KeyError("W9"), ZeroDivisionError(), NotImplementedError(), RecursionError("deep")])
def test_any_error_of_python_is_a_verdict(error: BaseException) -> None:
    """Whatever Python's own errors the function raises, the report says which."""
    (verdict,) = sb.verify_function(MODEL, raising(error)).verdicts
    assert type(error).__name__ in verdict.because


RETURNS = {
    "nothing": (lambda *_: None, "returns nothing"),
    "one array of four": (lambda *_: np.zeros(3), "4 parameters"),
    "too few": (lambda *_: (np.zeros(3), np.zeros(3), 1.0), "3 results"),
    "a dict of nothing": (lambda *_: {}, "no gradient by W1"),
}


@pytest.mark.parametrize("case", RETURNS)
def test_returns_that_cannot_be_used(case: str) -> None:
    """What was returned is counted against the parameters."""
    result, word = RETURNS[case]

    def function(x, y, W1, b1, W2, b2):
        return result(x, y)

    report = sb.verify_function(MODEL, function)
    assert not report.ok
    assert all(v.status is Status.UNREADABLE for v in report.verdicts)
    assert word in report.verdicts[0].because


def test_missing_and_unknown_results() -> None:
    """A parameter without a gradient and a key without a tensor are told, with the name that was meant."""

    def partial(x, y, W1, b1, W2, b2):
        found = right(x, y, W1, b1, W2, b2)
        return {"W1": found["W1"], "b1": found["b1"], "W2": found["W2"], "db3": found["b2"]}

    found = by_claim(sb.verify_function(MODEL, partial))
    assert found["W1"].status is Status.AGREES
    assert "no gradient by b2" in found["db2"].because
    assert "Did you mean db" in found["db3"].because


CALLS = {
    "no function": (lambda: sb.verify_function(MODEL, 3), "is of the type int"),  # type: ignore[arg-type]
    "an unknown argument": (lambda: sb.verify_function(MODEL, lambda x, y, W1, b1, W3, b2: 0), "takes W3"),
    "no arguments": (lambda: sb.verify_function(MODEL, lambda: 0), "takes no tensor"),
    "no points": (lambda: sb.verify_function(MODEL, right, points=0), "1 point"),
    "no formula": (lambda: sb.verify_function(load("000_two_layer_generic"), right), "the function f"),
}


@pytest.mark.parametrize("case", CALLS)
def test_calls_that_make_no_sense(case: str) -> None:
    """A clear error, with what to do about it."""
    call, word = CALLS[case]
    with pytest.raises(UsageError, match=word) as caught:
        call()
    assert caught.value.fix


def test_a_model_too_large_is_an_error() -> None:
    """Numbers that do not fit in memory are refused, not computed."""
    text = "size n = 3000\ninput x[n]\nparameter W[n,n]\nz[i] = sum(j, k, W[i,j] x[j] W[j,k] x[k])\nloss L = sum(z)\n"
    with pytest.raises(DerivationError, match="too large"):
        sb.verify_function(sb.parse(text), lambda x, W: W)


def test_large_layers_are_compared_at_once() -> None:
    """A network of the size of people's first real one is judged like any other."""
    model = sb.Network(
        784, sb.Dense(64, "relu"), sb.Dense(10, "softmax"), loss="cross_entropy", samples="m", side="rows"
    )

    def function(x, y, W1, b1, W2, b2):
        z1 = x @ W1.T + b1
        a1 = np.maximum(z1, 0)
        scores = a1 @ W2.T + b2
        e = np.exp(scores - scores.max(1, keepdims=True))
        d2 = (e / e.sum(1, keepdims=True) - y) / len(x)
        d1 = d2 @ W2 * (z1 > 0)
        return {"W1": d1.T @ x, "b1": d1.sum(0), "W2": d2.T @ a1, "b2": d2.sum(0)}

    assert sb.verify_function(model, function).ok


def test_reports_do_not_depend_on_the_run() -> None:
    """The same function gets the same report, word for word."""
    wrong = with_result("W1", lambda g, v: 2 * g["W1"])
    assert sb.verify_function(MODEL, wrong) == sb.verify_function(MODEL, wrong)


# names


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("W1", ("gradient", "W1")),
        ("dW1", ("gradient", "W1")),
        ("dw1", ("gradient", "W1")),
        ("grad_W_1", ("gradient", "W1")),
        ("W1_grad", ("gradient", "W1")),
        ("dL_dW1", ("gradient", "W1")),
        ("∂W1", ("gradient", "W1")),
        ("delta2", ("gradient", "z2")),
        ("dZ1", ("gradient", "z1")),
        ("a1", ("value", "a1")),
        ("A1", ("value", "a1")),
        ("loss", ("value", "J")),
        ("J", ("value", "J")),
        ("hello", ("", "hello")),
        ("", ("", "")),
    ],
)
def test_keys(key: str, subject: tuple[str, str]) -> None:
    """What a result's key names."""
    assert subject_of(key, MODEL) == subject


def test_tensors_by_any_spelling() -> None:
    """A dict of tensors takes other spellings of a name, and says what it has."""
    tensors = Tensors({"W1": np.ones(1), "x": np.zeros(1)})
    assert tensors["w_1"] is tensors["W1"]
    assert tensors.get("X") is tensors["x"]
    assert tensors.get("b", 3) == 3
    assert "X" in tensors
    assert "b" not in tensors
    with pytest.raises(KeyError, match="there are W1, x"):
        tensors["b"]
