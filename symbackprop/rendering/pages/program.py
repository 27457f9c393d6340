"""A derivation that a page computes anew: its own equations and steps in JavaScript, and the numbers to be moved."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import adjoint, entry, size
from symbackprop.derivation.rates import learning_rate
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.model.records import Tensor
from symbackprop.notation.writing.text import text
from symbackprop.rendering.formulas import Formulas
from symbackprop.rendering.pages.javascript import UnwrittenError, Writer, quoted

MOST = 24
"""Numbers that can be moved; a page of more has no sliders."""
_REACH = 2.0  # how far a slider goes from 0 at least


@dataclass(frozen=True, slots=True)
class Slider:
    """One entry of an input or a parameter: its formula, plain text, the tensor, the place, value and limits."""

    symbol: str
    said: str
    tensor: str
    place: int
    value: str
    least: str
    most: str


def sliders(formulas: Formulas, evaluation: Evaluation) -> tuple[Slider, ...]:
    """A slider for each number of the inputs and parameters; none where there are more than `MOST`."""
    moved = [t for t in evaluation.derivation.model.tensors if _is_moved(t)]
    if sum(np.size(evaluation.values[t.name]) for t in moved) > MOST:
        return ()
    return tuple(slider for t in moved for slider in _sliders(formulas, t.name, evaluation.values[t.name]))


def _is_moved(tensor: Tensor) -> bool:
    return tensor.role in ("input", "parameter") and not tensor.integer


def _sliders(formulas: Formulas, name: str, array: np.ndarray) -> Iterator[Slider]:
    for at, (place, value) in enumerate(np.ndenumerate(np.asarray(array, float))):
        limit = max(_REACH, math.ceil(2 * abs(value)))
        of = entry(name, *place)
        yield Slider(
            formulas.entry(of),
            text(of, names=formulas.names),
            name,
            at,
            repr(float(value)),
            f"{-limit:g}",
            f"{limit:g}",
        )


def program(parts: Mapping[str, Evaluation], digits: int) -> str:
    """The object of JavaScript that computes all numbers of the parts of a page; `null` where there is none.

    Each part has `shapes`, `given` (the numbers of what no equation gives) and `rules`, functions of `at` and the place
    that give an entry; `updates` are the rules of a step of descent.
    """
    try:
        texts = [f"{quoted(part)}: {_part(evaluation)}" for part, evaluation in parts.items()]
    except UnwrittenError:
        return "null"
    return f"{{ digits: {digits}, parts: {{\n{', '.join(texts)} }} }}" if texts else "null"


def _part(evaluation: Evaluation) -> str:
    d = evaluation.derivation
    made = {e.tensor for e in d.model.order}
    given = {name: array for name, array in evaluation.values.items() if name not in made}
    known = {adjoint(d.root): 1.0, learning_rate(d.model): float(evaluation.rate)}
    arrays = {**evaluation.values, **{adjoint(name): array for name, array in evaluation.adjoints.items()}, **known}
    rules = {e.tensor: d.space.definitions[e.tensor] for e in d.model.order}
    rules |= {adjoint(name): array for name, array in d.adjoints.items() if name != d.root}
    updates = {step.tensor: step.array for step in d.updates if step.array is not None}
    fields = {
        "root": quoted(d.root),
        "shapes": _pairs({name: json.dumps(np.shape(array)) for name, array in arrays.items()}),
        "given": _pairs({name: _numbers(array) for name, array in {**given, **known}.items()}),
        "rules": _pairs({name: _rule(evaluation, array) for name, array in rules.items()}),
        "updates": _pairs({name: _rule(evaluation, array) for name, array in updates.items()}),
    }
    return "{ " + ",\n".join(f"{key}: {text}" for key, text in fields.items()) + " }"


def _pairs(texts: Mapping[str, str]) -> str:
    """A Map, for an object could not have every name as a key."""
    return f"new Map([{', '.join(f'[{quoted(key)}, {text}]' for key, text in texts.items())}])"


def _numbers(array: object) -> str:
    return json.dumps(np.asarray(array, float).ravel().tolist())


def _rule(evaluation: Evaluation, array: Array) -> str:
    """A function of an entry's place: sizes are numbers."""
    writer = Writer(evaluation.derivation.space.functions)
    places = {index: writer.letter() for index in array.indices}
    sizes = {size(name): str(value) for name, value in evaluation.sizes.items()}
    return f"({', '.join(['at', *places.values()])}) => {writer.text(array.expression, {**sizes, **places})}"
