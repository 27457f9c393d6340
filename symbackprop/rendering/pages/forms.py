"""What stands in a page beside what its document tells: every result by entries, and numbers, by tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbackprop.algebra.symbols import adjoint
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.matrix_layout import with_indices
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.rendering.numbers import grid


@dataclass(frozen=True, slots=True)
class Forms:
    """One derivation: `forward`, `summary`, `updates` and each step by entries; `values` by the names of symbols.

    `symbols` has every tensor as it is written, `wanted` are those whose derivatives the gradients rest on.
    """

    forward: str
    summary: str
    updates: str
    entries: Mapping[str, str]
    values: Mapping[str, str]
    symbols: Mapping[str, str]
    wanted: tuple[str, ...]


def forms_of(
    derivation: Derivation, conventions: Conventions, evaluation: Evaluation | None, digits: int
) -> dict[str, Forms]:
    """The forms of each part of a page by its id: `one` sample, or the whole where there are none, and `all`."""
    parts = {"one": (derivation, evaluation)}
    if derivation.one_sample is not None:
        single = None if evaluation is None else evaluation.one_sample
        parts = {"one": (derivation.one_sample, single), "all": (derivation, evaluation)}
    return {part: _forms(formulas_of(d, conventions, "html"), numbers, digits) for part, (d, numbers) in parts.items()}


def _forms(formulas: Formulas, evaluation: Evaluation | None, digits: int) -> Forms:
    d = formulas.derivation
    block = formulas.block
    return Forms(
        forward=block([formulas.result(step, "index") for step in d.forward]),
        summary=block([formulas.result(step, "index") for step in d.summary()]),
        updates=block([formulas.result(step, "index") for step in d.updates], ":=") if d.updates else "",
        entries={step.tensor: _by_entries(formulas, step) for step in d.steps},
        values={} if evaluation is None else _values(formulas, evaluation, digits),
        wanted=tuple(step.tensor for step in d.summary()),
        symbols={tensor.name: formulas.tensor(tensor.name) for tensor in d.model.tensors},
    )


def _by_entries(formulas: Formulas, step: Step) -> str:
    sides = formulas.result(step, "index")
    return replace(formulas, names=with_indices(formulas.names, sides)).chain(*sides)


def _values(formulas: Formulas, evaluation: Evaluation, digits: int) -> dict[str, str]:
    """The numbers of every tensor and of every adjoint."""
    found = {name: grid(formulas, array, digits) for name, array in evaluation.values.items()}
    return found | {adjoint(name): grid(formulas, array, digits) for name, array in evaluation.adjoints.items()}
