"""Every example in numbers: beside compiled gradients and complex steps, every formula beside what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind
from symbackprop.errors import UsageError
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.evaluation.evaluation import Evaluation

ROOT = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES = sorted(ROOT.rglob("*.model"), key=str)
OPAQUE = ROOT / "000_two_layer_generic.model"
MANY_TERMS = {"conv2d"}  # in its sums, too many for complex steps
LARGE = {"cnn_digits", "flatten"}  # whose local derivatives, each entry by each, are very many
QUICK = {"layer_norm", "attention_masked", "residual", "rnn_many_to_one", "embedding", "dropout", "max_pool"}
WITH_NUMBERS = [
    path if path.parent == ROOT or path.stem in QUICK else pytest.param(path, marks=pytest.mark.long)
    for path in EXAMPLES
    if path != OPAQUE
]


@cache
def derived(path: Path) -> Derivation:
    return sb.derive(sb.load(path), checks=False)


@cache
def evaluated(path: Path) -> Evaluation:
    return evaluation_for(derived(path))


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda p: p.stem)
def test_compiled_gradients(path: Path) -> None:
    """The root and the gradient of each parameter are those of the compiled function."""
    found = evaluated(path)
    model = found.derivation.source
    leaves = {t.name for t in found.derivation.model.tensors if not found.derivation.model.defines(t.name)}
    compiled = sb.compile(model)
    loose = {name: found.sizes[name] for name in compiled.signature.sizes}
    loss, gradients = compiled({**loose, **{name: found.values[name] for name in leaves}})
    np.testing.assert_allclose(float(found.loss), loss, rtol=1e-12, atol=1e-13)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(found.gradient(name), gradient, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda p: p.stem)
def test_differences(path: Path) -> None:
    """Each derivative, of intermediates too, is a complex step's to 1e-10, for one sample and for all."""
    found = evaluated(path)
    for evaluation in (found, *([found.one_sample] if found.one_sample else [])):
        limit = 1e-10 if evaluation.check.method == "complex steps" else 1e-5
        assert path.stem in (LARGE | MANY_TERMS) or evaluation.check.method == "complex steps"
        assert evaluation.differences
        for name, difference in evaluation.differences.items():
            assert difference < limit * max(1.0, np.max(np.abs(evaluation.gradient(name)))), name


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda p: p.stem)
def test_every_formula_has_its_value(path: Path) -> None:
    """Before and after each step and substep stand equal numbers; the last ones are the adjoint's."""
    if path.stem in LARGE:
        return
    all_samples = evaluated(path)
    for found in (all_samples, *([all_samples.one_sample] if all_samples.one_sample else [])):
        for step, whole in with_parents((*found.derivation.forward, *found.derivation.steps)):
            before, after = found.value_of(step.before, whole), found.value_of(step)
            scale = 1e-9 * max(1.0, float(np.max(np.abs(after), initial=0.0)))
            np.testing.assert_allclose(np.ravel(before), np.ravel(after), atol=scale, err_msg=str(step.left))
        for step in found.derivation.steps:
            np.testing.assert_array_equal(found.value_of(step), found.adjoints[step.tensor])
        for step in found.derivation.updates:
            expected = found.values[step.tensor] - found.rate * found.adjoints[step.tensor]
            np.testing.assert_allclose(found.updated[step.tensor], expected, rtol=1e-14)


def with_parents(steps: tuple[Step, ...], parent: Step | None = None) -> Iterator[tuple[Step, Step]]:
    """Each step with the one whose left side has the indices of what stands before: of a matrix form its parent."""
    for step in steps:
        yield step, parent if parent is not None and step.kind is StepKind.MATRIX else step
        yield from with_parents(step.substeps, step)


def test_a_function_without_a_formula() -> None:
    """Where a function has no formula nothing has a number, and it is named."""
    with pytest.raises(UsageError, match="f has no formula"):
        evaluation_for(derived(OPAQUE))
