"""The computation of a model: adjoints as the document has them, in values that stand; what is needed and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.algebra.symbols import adjoint
from symbackprop.compiling.equations import computation_of
from symbackprop.errors import UnknownNameError, UsageError

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.model"))
HEAD = "size n, k\ninput x[n]\ntarget y[k]{facts}\nparameter W[k,n]\nz = W x\n"

ADJOINTS = {
    "softmax and cross-entropy": (
        "p = softmax(z)\nloss L = cross_entropy(p, y)",
        "∂z[i] = p[i]*sum(l < k: y[l]) - y[i]",
    ),
    "the same with logits": (
        "loss L = cross_entropy_with_logits(z, y)",
        "∂z[i] = exp(-z_max + z[i])*sum(p < k: y[p])/sum(l < k: exp(-z_max + z[l])) - y[i]",
    ),
    "sigmoid and cross-entropy": ("a = sigmoid(z)\nloss L = binary_cross_entropy(a, y)", "∂z[i] = a[i] - y[i]"),
    "sigmoid by hand": (
        "a[i] = 1/(1 + exp(-z[i]))\nloss L = binary_cross_entropy(a, y)",
        "∂z[i] = a[i] - y[i]",
    ),
    "with logits": ("loss L = binary_cross_entropy_with_logits(z, y)", "∂z[i] = sigmoid(z[i]) - y[i]"),
    "a probability by tanh": (
        "a[i] = (1 + tanh(z[i]))/2\nloss L = binary_cross_entropy(a, y)",
        "∂z[i] = 2*sigmoid(2*z[i]) - 2*y[i]",
    ),
    "silu by its name": (
        "a = silu(z)\nloss L = half_squared_error(a, y)",
        "∂z[i] = (a[i] - y[i])*silu'(z[i])",
    ),
    "sigmoid": (
        "a = sigmoid(z)\nloss L = half_squared_error(a, y)",
        "∂z[i] = (1 - a[i])*(a[i] - y[i])*a[i]",
    ),
    "log of a softplus": (
        "a = softplus(z)\nloss L = -sum(i, y[i] log(a[i]))",
        "∂z[i] = -(1 if z[i] < -40 else sigmoid(z[i])/a[i])*y[i]",
    ),
}


def equations(text: str, facts: str = "", **options: object) -> dict[str, str]:
    found = computation_of(sb.parse(HEAD.format(facts=facts) + text), **options)  # type: ignore[arg-type]
    return {equation.tensor: repr(equation) for equation in found.equations}


@pytest.mark.parametrize("case", ADJOINTS)
def test_adjoints_read_as_in_the_document(case: str) -> None:
    """The adjoint of z, after stable forms, in values of the forward pass."""
    text, wanted = ADJOINTS[case]
    assert equations(text)["∂z"] == wanted


def test_facts_serve_only_where_they_are_assumed() -> None:
    """p - y only on request; p Σy - y holds for any y."""
    text = ADJOINTS["softmax and cross-entropy"][0]
    assert equations(text, " one_hot")["∂z"] == "∂z[i] = p[i]*sum(l < k: y[l]) - y[i]"
    assert equations(text, " one_hot", assume_facts=True)["∂z"] == "∂z[i] = p[i] - y[i]"


def test_the_seed_of_two_layers() -> None:
    """The whole of model 002, line by line."""
    found = computation_of(sb.load(next(path for path in EXAMPLES if path.stem.startswith("002"))))
    assert [repr(equation) for equation in found.equations] == [
        "z1[i, s] = b1[i] + sum(j < n: W1[i, j]*x[j, s])",
        "a1[i, s] = sigmoid(z1[i, s])",
        "z2[i, s] = b2[i] + sum(j < h: W2[i, j]*a1[j, s])",
        "a2[i, s] = sigmoid(z2[i, s])",
        "L[s] = sum(i < 1: (1 - y[i, s])*softplus(z2[i, s]) + softplus(-z2[i, s])*y[i, s])",
        "J = sum(i < m: L[i])/m",
        "∂z2[i, s] = a2[i, s] - y[i, s]",
        "∂W2[i, j] = sum(s < m: a1[j, s]*∂z2[i, s])/m",
        "∂b2[i] = sum(s < m: ∂z2[i, s])/m",
        "∂z1[i, s] = (1 - a1[i, s])*a1[i, s]*sum(k < 1: W2[k, i]*∂z2[k, s])",
        "∂W1[i, j] = sum(s < m: x[j, s]*∂z1[i, s])/m",
        "∂b1[i] = sum(s < m: ∂z1[i, s])/m",
    ]
    assert found.arguments == ("x", "y", "W1", "b1", "W2", "b2")
    assert (found.loss, dict(found.gradients)) == ("J", {name: f"∂{name}" for name in ("W1", "b1", "W2", "b2")})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_numbers_are_those_of_the_document(path: Path) -> None:
    """Each adjoint has the number of its step in the derivation of the batch."""
    model = sb.load(path)
    steps = sb.derive(model, checks=False).steps
    assert dict(computation_of(model).numbers) == {adjoint(step.tensor): step.number for step in steps}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_is_computed_in_vain(path: Path) -> None:
    """Every equation is read by a later one, or is a result; every read is an argument or stands earlier."""
    found = computation_of(sb.load(path))
    results = {found.loss, *found.gradients.values()}
    names = [equation.tensor for equation in found.equations]
    reads = [equation.expression.atoms() for equation in found.equations]
    words = [{str(atom) for atom in atoms} for atoms in reads]
    for place, name in enumerate(names):
        assert name in results or any(name in later for later in words[place + 1 :]), name
        assert not words[place] & set(names[place:]), name


def test_gradients_by_inputs_are_those_of_the_cost() -> None:
    """Inputs have one gradient per sample: the 1/m that stands at parameters stands there too."""
    text = "size n\ninput x[n]\ntarget y[1]\nsamples m in rows\nparameter W[1,n]\nz = W x\n"
    model = sb.parse(text + "loss L = half_squared_error(z, y)\ncost J = mean(L)")
    found = computation_of(model, ["x", "z"])
    assert dict(found.gradients) == {"x": "∂∂x", "z": "∂∂z"}
    lines = {equation.tensor: repr(equation) for equation in found.equations}
    assert lines["∂∂z"] == "∂∂z[s, i] = ∂z[s, i]/m"
    assert "∂W" not in lines


def test_tensors_that_cannot_be_derived_by() -> None:
    """The loss itself, and names that nothing has."""
    model = sb.parse(HEAD.format(facts="") + "loss L = squared_error(z, y)")
    with pytest.raises(UsageError, match="L is what is derived"):
        computation_of(model, ["L"])
    with pytest.raises(UnknownNameError, match="no tensor V to derive by"):
        computation_of(model, ["V"])


def test_a_tensor_that_the_loss_does_not_read() -> None:
    """Its gradient is 0, of its shape."""
    text = "size n, k\ninput x[n], u[k]\ntarget y[n]\nparameter W[n]\nz[i] = W[i] x[i]\n"
    found = computation_of(sb.parse(text + "loss L = squared_error(z, y)"), ["u"])
    assert [repr(e) for e in found.equations if e.tensor == "∂u"] == ["∂u[i] = 0"]
