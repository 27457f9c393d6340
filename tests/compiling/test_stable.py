"""Stable forms: what people write, what stands in its place, and that it is the same for any shift."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.proving.arithmetic import FLOATS
from symbackprop.algebra.proving.evaluate import Computed, Environment, value_of
from symbackprop.algebra.symbols import entry, size
from symbackprop.compiling.stability import stable as module
from symbackprop.compiling.stability.stable import StableModel, stable
from symbackprop.model.model import Model

HEAD = "size n, k\ninput x[n]\ntarget y[k]\nparameter W[k,n]\nz = W x\n"
SUM = "sum(j < k: exp(-z_max + z[j]))"
P = f"p[i] = exp(-z_max + z[i])/{SUM}"
LOG_P = f"log_p[i] = -z_max - log({SUM}) + z[i]"
MAX = "z_max = max(j < k: z[j])"
BCE = "L = sum(i < k: (1 - y[i])*softplus(z[i]) + softplus(-z[i])*y[i])"
SIGMOID = "a[i] = sigmoid(z[i])"

FORMS = {
    "softmax and cross-entropy": (
        "p = softmax(z)\nloss L = cross_entropy(p, y)",
        [MAX, P, LOG_P, "L = -sum(i < k: log_p[i]*y[i])"],
    ),
    "softmax by hand": (
        "p[i] = exp(z[i])/sum(j, exp(z[j]))\nloss L = -sum(i, y[i] log(p[i]))",
        [MAX, P, LOG_P, "L = -sum(i < k: log_p[i]*y[i])"],
    ),
    "softmax with its parts as tensors": (
        "e = exp(z)\ns = sum(j, e[j])\np[i] = e[i]/s\nloss L = sum(i, (p[i] - y[i])^2)",
        [
            "e[i] = exp(z[i])",
            "s = sum(j < k: e[j])",
            MAX,
            P,
            "L = sum(i < k: (p[i] - y[i])**2)",
        ],
    ),
    "softmax at a temperature": (
        "p[i] = exp(z[i]/3)/sum(j, exp(z[j]/3))\nloss L = sum(i, (p[i] - y[i])^2)",
        [
            "z_max = max(j < k: z[j]/3)",
            "p[i] = exp(-z_max + z[i]/3)/sum(j < k: exp(-z_max + z[j]/3))",
            "L = sum(i < k: (p[i] - y[i])**2)",
        ],
    ),
    "softmax that is shifted already": (
        "m = max(j, z[j])\np[i] = exp(z[i] - m)/sum(j, exp(z[j] - m))\nloss L = sum(i, (p[i] - y[i])^2)",
        [MAX, P, "L = sum(i < k: (p[i] - y[i])**2)"],
    ),
    "log-sum-exp that is shifted already": (
        "m = max(j, z[j])\nloss L = m + log(sum(j, exp(z[j] - m)))",
        [MAX, f"L = z_max + log({SUM})"],
    ),
    "log-softmax": (
        "q = log_softmax(z)\nloss L = -sum(i, y[i] q[i])",
        [MAX, f"q[i] = -z_max - log({SUM}) + z[i]", "L = -sum(i < k: q[i]*y[i])"],
    ),
    "log of a softmax written out": (
        "loss L = -sum(i, y[i] log(exp(z[i])/sum(j, exp(z[j]))))",
        [MAX, f"L = -sum(i < k: (-z_max - log({SUM}) + z[i])*y[i])"],
    ),
    "cross-entropy with logits": (
        "loss L = cross_entropy_with_logits(z, y)",
        [MAX, f"L = -sum(i < k: (-z_max - log({SUM}) + z[i])*y[i])"],
    ),
    "entropy beside its probabilities": (
        "p = softmax(z)\nloss L = sum(i, p[i] log(p[i]))",
        [MAX, P, LOG_P, "L = sum(i < k: log_p[i]*p[i])"],
    ),
    "log-sum-exp": (
        "loss L = log(sum(j, exp(z[j]))) - sum(j, y[j] z[j])",
        [MAX, f"L = z_max + log({SUM}) - sum(j < k: y[j]*z[j])"],
    ),
    "log-sum-exp with a class of logit 0": (
        "loss L = log(1 + sum(j, exp(z[j]))) - sum(j, y[j] z[j])",
        [
            MAX,
            "L_max = (0 if z_max < 0 else z_max)",
            "L = L_max + log(sum(j < k: exp(-L_max + z[j])) + exp(-L_max)) - sum(j < k: y[j]*z[j])",
        ],
    ),
    "a weighted mean in one line": (
        "loss L = sum(i, y[i] exp(z[i]))/sum(i, exp(z[i]))",
        ["z_max = max(i < k: z[i])", "L = sum(i < k: exp(-z_max + z[i])*y[i])/sum(i < k: exp(-z_max + z[i]))"],
    ),
    "sigmoid and cross-entropy": ("a = sigmoid(z)\nloss L = binary_cross_entropy(a, y)", [SIGMOID, BCE]),
    "sigmoid by hand": ("a[i] = 1/(1 + exp(-z[i]))\nloss L = binary_cross_entropy(a, y)", [SIGMOID, BCE]),
    "sigmoid by hand, upside down": (
        "a[i] = exp(z[i])/(exp(z[i]) + 1)\nloss L = binary_cross_entropy(a, y)",
        [SIGMOID, BCE],
    ),
    "sigmoid with its exponential as a tensor": (
        "e[i] = exp(-z[i])\na[i] = 1/(1 + e[i])\nloss L = binary_cross_entropy(a, y)",
        ["e[i] = exp(-z[i])", SIGMOID, BCE],
    ),
    "the derivative of a sigmoid by hand": (
        "a[i] = exp(-z[i])/(1 + exp(-z[i]))^2\nloss L = squared_error(a, y)",
        ["a[i] = sigmoid(-z[i])*sigmoid(z[i])", "L = sum(i < k: (a[i] - y[i])**2)"],
    ),
    "with logits": ("loss L = binary_cross_entropy_with_logits(z, y)", [BCE]),
    "with logits by hand": ("loss L = sum(i, log(1 + exp(z[i])) - y[i] z[i])", [BCE]),
    "softplus by hand": ("loss L = sum(i, log(1 + exp(z[i])))", ["L = sum(i < k: softplus(z[i]))"]),
    "log of a sigmoid": (
        "loss L = -sum(i, log(sigmoid(y[i] z[i])))",
        ["L = sum(i < k: softplus(-y[i]*z[i]))"],
    ),
    "tanh by hand": (
        "a[i] = (exp(z[i]) - exp(-z[i]))/(exp(z[i]) + exp(-z[i]))\nloss L = squared_error(a, y)",
        ["a[i] = tanh(z[i])", "L = sum(i < k: (a[i] - y[i])**2)"],
    ),
    "tanh by hand, one-sided": (
        "a[i] = (1 - exp(-2 z[i]))/(1 + exp(-2 z[i]))\nloss L = squared_error(a, y)",
        ["a[i] = tanh(z[i])", "L = sum(i < k: (a[i] - y[i])**2)"],
    ),
    "a probability by tanh": (
        "a[i] = (1 + tanh(z[i]))/2\nloss L = binary_cross_entropy(a, y)",
        ["a[i] = tanh(z[i])/2 + 1/2", "L = sum(i < k: (1 - y[i])*softplus(2*z[i]) + softplus(-2*z[i])*y[i])"],
    ),
    "the density of a squashed normal": (
        "a = tanh(z)\nloss L = -sum(i, log(1 - a[i]^2))",
        ["a[i] = tanh(z[i])", "L = -sum(i < k: -softplus(-2*z[i]) - softplus(2*z[i]) + log(4))"],
    ),
    "log cosh": (
        "loss L = sum(i, log((exp(z[i]) + exp(-z[i]))/2))",
        ["L = sum(i < k: softplus(-2*z[i])/2 + softplus(2*z[i])/2 - log(2))"],
    ),
    "log of an exponential": (
        "a = exp(z)\nloss L = -sum(i, y[i] log(a[i]))",
        ["a[i] = exp(z[i])", "L = -sum(i < k: y[i]*z[i])"],
    ),
    "log of a softplus": (
        "a = softplus(z)\nloss L = sum(i, a[i] - y[i] log(a[i]))",
        ["a[i] = softplus(z[i])", "L = sum(i < k: -(z[i] if z[i] < -40 else log(softplus(z[i])))*y[i] + a[i])"],
    ),
    "a function of one's own": (
        "function swish(u) = u/(1 + exp(-u))\na = swish(z)\nloss L = squared_error(a, y)",
        ["a[i] = sigmoid(z[i])*z[i]", "L = sum(i < k: (a[i] - y[i])**2)"],
    ),
    "three exponentials by hand": (
        "loss L = sum(i, exp(z[i])/(1 + exp(z[i]) + exp(y[i])))",
        [
            "y_max[i] = (0 if y[i] < 0 else y[i])",
            "L_max[i] = (y_max[i] if y_max[i] > z[i] else z[i])",
            "L = sum(i < k: exp(-L_max[i] + z[i])/(exp(-L_max[i] + y[i]) + exp(-L_max[i] + z[i]) + exp(-L_max[i])))",
        ],
    ),
}
UNCHANGED = {
    "no exponential": "a = relu(z)\nloss L = squared_error(a, y)",
    "a sigmoid that stands well": "a = sigmoid(z)\nloss L = squared_error(a, y)",
    "an exponential by itself": "a = exp(z)\nloss L = squared_error(a, y)",
    "a log of data": "loss L = sum(i, z[i] log(y[i]))",
    "a quotient without exponentials": "loss L = sum(i, z[i]/y[i])",
}


def stable_of(text: str) -> tuple[Model, StableModel]:
    model = sb.parse(HEAD + text)
    return model, stable(model)


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    """What stands in the place of each form, equation by equation; every change is proved."""
    text, wanted = FORMS[form]
    _, found = stable_of(text)
    assert [repr(equation) for equation in found.model.order if equation.tensor not in ("z", "m")] == wanted
    assert found.rewrites
    changed = {rewrite.tensor for rewrite in found.rewrites}
    given = {equation.tensor: equation.expression for equation in sb.parse(HEAD + text).order}
    for equation in found.model.order:
        if equation.tensor not in found.constants and equation.expression != given.get(equation.tensor):
            assert equation.tensor in changed


@pytest.mark.parametrize("text", UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_stable_stays(text: str) -> None:
    """A model with nothing to rewrite is returned as it is."""
    model, found = stable_of(text)
    assert found == StableModel(model, (), frozenset())
    assert found.model is model


def root_of(model: Model, given: Mapping[str, object]) -> float:
    sizes = {size("n"): 3, size("k"): 4}
    values = {name: Computed(array, sizes) for name, array in model.space.definitions.items()}
    env = Environment({**values, **given}, sizes, FLOATS, model.functions)
    return value_of(entry(model.root), env, dict(sizes))


@pytest.mark.parametrize("form", FORMS)
def test_the_loss_is_the_same_whatever_the_shift(form: str) -> None:
    """By their numbers: the loss as it was given, as it stands, and with shifts that are no maximum at all."""
    model, found = stable_of(FORMS[form][0])
    random = np.random.default_rng(3)
    data = {"x": random.normal(size=3), "W": random.normal(size=(4, 3)), "y": random.uniform(0.1, 0.9, 4)}
    truth = root_of(model, data)
    assert root_of(found.model, data) == pytest.approx(truth, rel=1e-12)
    arbitrary = {
        name: random.normal(size=[4] * len(found.model.tensor(name).shape)).tolist() for name in found.constants
    }
    assert root_of(found.model, {**data, **arbitrary}) == pytest.approx(truth, rel=1e-12)


def test_what_is_not_proved_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a proof the equations stay as they were."""
    monkeypatch.setattr(module, "is_zero", lambda *_, **__: None)
    model, found = stable_of(FORMS["softmax and cross-entropy"][0])
    assert found.model is model
    assert not found.rewrites


def test_a_wrong_rewrite_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that is not equal is found out by the proof."""
    right = module.Steady.logarithm

    def wrong(self, expr, ranges):
        found = right(self, expr, ranges)
        return None if found is None else type(found)(2 * found.expression, found.is_positive)

    monkeypatch.setattr(module.Steady, "logarithm", wrong)
    _, found = stable_of(FORMS["sigmoid and cross-entropy"][0])
    assert not found.rewrites


def test_shifts_are_named_in_the_rewrites() -> None:
    """A rewrite says for which tensors' values it holds whatever they are."""
    _, found = stable_of(FORMS["softmax and cross-entropy"][0])
    assert [(r.tensor, r.shifts) for r in found.rewrites] == [("p", ("z_max",)), ("log_p", ()), ("L", ())]
    assert found.constants == {"z_max"}


def test_names_avoid_those_that_are_taken() -> None:
    """A tensor of the model called z_max is not touched."""
    model = sb.parse(
        "size n, k\ninput x[n]\ntarget y[k]\nparameter W[k,n], z_max[k]\nz = W x\np = softmax(z)\n"
        "loss L = sum(i, z_max[i] p[i]) - sum(i, y[i] log(p[i]))"
    )
    found = stable(model)
    assert found.constants == {"z_max2"}
    assert "z_max" in {tensor.name for tensor in found.model.parameters}


def test_tensors_to_derive_by_are_still_read() -> None:
    """With p kept, the loss reads p itself."""
    model = sb.parse(HEAD + FORMS["softmax and cross-entropy"][0])
    found = stable(model, frozenset({"p"}))
    assert repr(found.model.equation("L")) == "L = -sum(i < k: log(p[i])*y[i])"


def test_a_causal_mask_bounds_the_maximum() -> None:
    """The largest exponent is taken over what the mask lets through alone."""
    model = sb.parse(
        "size T\nparameter S[T,T]\ninput y[T,T]\n"
        "p[t,u] = exp(S[t,u])/sum(j <= t, exp(S[t,j])) if u <= t else 0\n"
        "loss L = sum(t, u, y[t,u] p[t,u])"
    )
    scores = np.array([[0.0, 5e3], [1.0, 2.0]])
    found = sb.compile(model)
    with np.errstate(over="ignore", invalid="ignore"):  # of what the mask holds back
        loss, _ = found(S=scores, y=np.tril(np.ones((2, 2))))
    assert loss == pytest.approx(2.0, rel=1e-12)
