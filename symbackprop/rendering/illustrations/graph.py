"""The computation graph; with numbers, the values above the nodes and the derivatives below them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbackprop.algebra.symbols import adjoint
from symbackprop.derivation.steps import StepKind, of_kind
from symbackprop.rendering.figures.picture import graph_drawing
from symbackprop.rendering.formulas import Formulas
from symbackprop.rendering.illustrations.subject import Illustration, Subject, short_number

_ENTRIES = 3  # of a vector that stand beside its node
_NODES = 40


def illustration(subject: Subject) -> Illustration | None:
    """The graph of one sample's loss."""
    formulas, evaluation = subject.one, subject.evaluation
    numbers = evaluation and (evaluation.one_sample or evaluation)
    values = _words(numbers.values) if numbers else {}
    adjoints = _words(numbers.adjoints) if numbers else {}
    drawing = graph_drawing(formulas.derivation, formulas.names, values=values, adjoints=adjoints)
    return Illustration("graph", drawing, {"numbers": bool(values), "joins": _joins(formulas)})


def scalar_illustration(formulas: Formulas, numbers: Mapping[str, float] | None) -> Illustration | None:
    """The graph of single operations, with `numbers` at each node; None where it has more than 40 nodes."""
    names = [tensor.name for tensor in formulas.derivation.model.tensors]
    if len(names) > _NODES:
        return None
    known = numbers or {}
    values = {name: short_number(known[name]) for name in names if name in known}
    slopes = {name: short_number(known[adjoint(name)]) for name in names if adjoint(name) in known}
    drawing = graph_drawing(formulas.derivation, formulas.names, values=values, adjoints=slopes, limit=_NODES)
    return Illustration("graph", drawing, {"numbers": bool(values), "joins": _joins(formulas)})


def _joins(formulas: Formulas) -> bool:
    return any(len(of_kind(step, StepKind.CONTRIBUTION)) > 1 for step in formulas.derivation.steps)


def _words(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Arrays that are short enough to stand beside a node."""
    found: dict[str, str] = {}
    for name, array in arrays.items():
        entries = np.asarray(array, dtype=float)
        if entries.size == 1:
            found[name] = short_number(float(entries.reshape(())))
        elif entries.ndim == 1 and entries.size <= _ENTRIES:
            found[name] = f"({', '.join(short_number(float(v)) for v in entries)})"
    return found
