"""The networks of docs/examples: each is read and fits a screen; all of its steps are proved; its gradients check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.derivation.steps import Method
from symbackprop.training.initial import initial_parameters

NETWORKS = sorted((Path(__file__).parents[2] / "docs" / "examples" / "networks").glob("*.model"))
SCREEN = 40  # lines
each_network = pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)


def every(steps: Iterable[sb.Step]) -> Iterator[sb.Step]:
    for step in steps:
        yield step
        yield from every(step.substeps)


@each_network
def test_is_read(path: Path) -> None:
    """At most a screen, headed by what it is and where it comes from; every parameter has a shape."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= SCREEN
    assert lines[0].startswith("# ")
    model = sb.load(path)
    sizes = {symbol.name: 6 for tensor in model.tensors for extent in tensor.shape for symbol in extent.free_symbols}
    found = initial_parameters(model, sizes)
    assert found
    assert all(min(array.shape, default=1) >= 1 for array in found.values())


@pytest.mark.long
@each_network
def test_every_step_is_proved(path: Path) -> None:
    """For one sample and for the batch, the smallest rewrites too."""
    derivation = sb.derive(sb.load(path))
    steps = [*every(derivation.steps), *every(derivation.one_sample.steps if derivation.one_sample else ())]
    assert [step for step in steps if step.check.method not in (Method.DEFINITION, Method.PROVED)] == []


@pytest.mark.long
@each_network
def test_compiled_gradients_check(path: Path) -> None:
    """Beside complex steps of the equations, at three points."""
    report = sb.compile(sb.load(path)).check()
    assert report.ok, report
