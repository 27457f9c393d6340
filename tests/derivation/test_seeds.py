"""The networks of the three founding documents and a classifier: the textbook's formulas, in just that form."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.derivation.steps import Method, walk

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

ONE_SAMPLE: dict[str, list[str]] = {
    "000_two_layer_generic": [
        "dz3 = f'(z3) (yhat - y)",
        "dW2 = a2 dz3ᵀ",
        "dz2 = (W2 dz3) ⊙ f'(z2)",
        "dW1 = x dz2ᵀ",
    ],
    "000_two_layer_sigmoid": [
        "dz3 = σ'(z3) (yhat - y)",
        "dW2 = a2 dz3ᵀ",
        "dz2 = (W2 dz3) ⊙ σ'(z2)",
        "dW1 = x dz2ᵀ",
    ],
    "001_line": ["dm = x", "dc = 1"],
    "001_linear_1_1_2_1": [
        "da3 = 2 (a3 - y)",
        "dW3 = da3 a2ᵀ",
        "db3 = da3",
        "da2 = W3ᵀ da3",
        "dW2 = da2 a1ᵀ",
        "db2 = da2",
        "da1 = W2ᵀ da2",
        "dW1 = da1 xᵀ",
        "db1 = da1",
    ],
    "002_two_layer_sigmoid": [
        "dz2 = a2 - y",
        "dW2 = dz2 a1ᵀ",
        "db2 = dz2",
        "dz1 = (W2ᵀ dz2) ⊙ σ'(z1)",
        "dW1 = dz1 xᵀ",
        "db1 = dz1",
    ],
    "softmax_classifier": [
        "dz3 = p - y",
        "dW3 = dz3 a2ᵀ",
        "db3 = dz3",
        "dz2 = (W3ᵀ dz3) ⊙ ReLU'(z2)",
        "dW2 = dz2 a1ᵀ",
        "db2 = dz2",
        "dz1 = (W2ᵀ dz2) ⊙ ReLU'(z1)",
        "dW1 = dz1 xᵀ",
        "db1 = dz1",
    ],
}

BATCH: dict[str, list[str]] = {
    "000_two_layer_generic": [
        "dZ3 = f'(Z3) ⊙ (Yhat - Y)",
        "dW2 = A2ᵀ dZ3",
        "dZ2 = (dZ3 W2ᵀ) ⊙ f'(Z2)",
        "dW1 = Xᵀ dZ2",
    ],
    "002_two_layer_sigmoid": [
        "dZ2 = A2 - Y",
        "dW2 = (1/m) dZ2 A1ᵀ",
        "db2 = (1/m) rowsum(dZ2)",
        "dZ1 = (W2ᵀ dZ2) ⊙ σ'(Z1)",
        "dW1 = (1/m) dZ1 Xᵀ",
        "db1 = (1/m) rowsum(dZ1)",
    ],
    "softmax_classifier": [
        "dZ3 = P - Y",
        "dW3 = (1/m) dZ3ᵀ A2",
        "db3 = (1/m) rowsum(dZ3ᵀ)",
        "dZ2 = (dZ3 W3) ⊙ ReLU'(Z2)",
        "dW2 = (1/m) dZ2ᵀ A1",
        "db2 = (1/m) rowsum(dZ2ᵀ)",
        "dZ1 = (dZ2 W2) ⊙ ReLU'(Z1)",
        "dW1 = (1/m) dZ1ᵀ X",
        "db1 = (1/m) rowsum(dZ1ᵀ)",
    ],
}

ADJOINTS_OF_THE_COST: dict[str, list[str]] = {
    "002_two_layer_sigmoid": [
        "dZ2 = (1/m) (A2 - Y)",
        "dW2 = dZ2 A1ᵀ",
        "db2 = rowsum(dZ2)",
        "dZ1 = (W2ᵀ dZ2) ⊙ σ'(Z1)",
        "dW1 = dZ1 Xᵀ",
        "db1 = rowsum(dZ1)",
    ],
}


def told(derivation: sb.Derivation) -> list[str]:
    return [sb.text(derivation, step.tensor) for step in derivation.summary()]


def load(name: str) -> sb.Model:
    return sb.load(EXAMPLES / f"{name}.model")


@pytest.mark.parametrize("name", ONE_SAMPLE)
def test_one_sample(name: str) -> None:
    """The gradients of one sample's loss are the document's own."""
    derivation = sb.derive(load(name))
    assert told(derivation.one_sample or derivation) == ONE_SAMPLE[name]


@pytest.mark.parametrize("name", BATCH)
def test_batch(name: str) -> None:
    """Over all samples the mean's 1/m stands at the parameters."""
    assert told(sb.derive(load(name))) == BATCH[name]


@pytest.mark.parametrize("name", ADJOINTS_OF_THE_COST)
def test_one_over_m_at_the_adjoints(name: str) -> None:
    """By the other convention each adjoint is one of the cost."""
    assert told(sb.derive(load(name), one_over_m="adjoints")) == ADJOINTS_OF_THE_COST[name]


@pytest.mark.parametrize("name", ONE_SAMPLE)
def test_every_step_is_proved(name: str) -> None:
    """No step of an example rests on points alone."""
    derivation = sb.derive(load(name))
    for part in filter(None, (derivation, derivation.one_sample)):
        methods = {step.check.method for step in walk((*part.forward, *part.steps))}
        assert methods <= {Method.PROVED, Method.DEFINITION}


def test_folded_forms() -> None:
    """σ' folds to a (1 - a), ReLU' to an indicator; a general f stays f'."""
    two_layer = sb.derive(load("002_two_layer_sigmoid"))
    folded = sb.text(two_layer.one_sample, "z1", level="index")
    assert folded == "dz1[i] = W2[1,i] dz2 a1[i] (1 - a1[i])"
    assert "1[z2[l] > 0]" in sb.text(sb.derive(load("softmax_classifier")).one_sample, "z2", level="index")
    generic = sb.derive(load("000_two_layer_generic")).one_sample
    assert sb.text(generic, "z2", level="index") == "dz2[j] = W2[j,1] dz3 f'(z2[j])"


def test_softmax_cites_its_fact() -> None:
    """p - y rests on the target's being one-hot, and the step says so."""
    derivation = sb.derive(load("softmax_classifier")).one_sample
    facts = {fact.kind for step in walk([derivation.step("z3")]) for fact in step.facts}
    assert facts == {"one_hot"}
