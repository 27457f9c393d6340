"""The loss over one weight or two, around the numbers given, with descents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symbackprop.evaluation.landscape import Landscape, Weight, landscape
from symbackprop.rendering.figures.descent import descent_drawing
from symbackprop.rendering.figures.drawing import Drawing, Text
from symbackprop.rendering.figures.labels import name_text
from symbackprop.rendering.figures.plane import plane_drawing
from symbackprop.rendering.illustrations.subject import Illustration, Subject, entry_text, entry_told

_ENTRIES = 24  # of all parameters, up to which it is shown without being asked for
_STARTS, _MINIMA, _CURVE = "ab", "cd", "ABCDEF"
_SHOWN = 40  # steps on a curve


def illustration(subject: Subject) -> Illustration | None:
    """None without numbers, and where there are many parameters and nobody asked."""
    evaluation = subject.evaluation
    if evaluation is None:
        return None
    entries = sum(np.size(evaluation.values[t.name]) for t in evaluation.derivation.model.parameters)
    if entries > _ENTRIES and not subject.asked:
        return None
    found = landscape(evaluation)
    if found is None:
        return None
    drawing = _curve(subject, found) if len(found.weights) == 1 else _plane(subject, found)
    shapes = [evaluation.values[name].shape for name, _ in found.weights]
    told = [entry_told(subject.whole, *weight, shape) for weight, shape in zip(found.weights, shapes, strict=True)]
    facts = {
        "root": subject.whole.tensor(subject.whole.derivation.root),
        "weights": tuple(told),
        "rate": f"{found.rate:g}",
        "starts": tuple(_ways(found)),
        "minima": tuple(_CURVE[: len(found.minima)]),
    }
    return Illustration("descent", drawing, facts)


def _label(subject: Subject, weight: Weight) -> Text:
    names = subject.whole.names
    assert subject.evaluation is not None
    return entry_text(name_text(weight[0], names), names, weight[1], subject.evaluation.values[weight[0]].shape)


def _curve(subject: Subject, found: Landscape) -> Drawing:
    curve = list(zip(map(float, found.axes[0]), map(float, found.losses), strict=True))
    path = [(float(w), float(loss)) for w, loss in found.paths[0][:_SHOWN]]
    marks = [(letter, *minimum) for letter, minimum in zip(_CURVE, found.minima, strict=False)]
    root = name_text(subject.whole.derivation.root, subject.whole.names)
    return descent_drawing(
        curve, path, weight=_label(subject, found.weights[0]), loss=root, marks=[(a, b, c) for a, b, c in marks]
    )


def _plane(subject: Subject, found: Landscape) -> Drawing:
    paths = [[(float(row[0]), float(row[1])) for row in path] for path in found.paths]
    marks = [(letter, *path[0]) for letter, path in zip(_STARTS, paths, strict=False)]
    marks += [(letter, *minimum[:2]) for letter, minimum in zip(_MINIMA, found.minima, strict=False)]
    first, second = (_label(subject, weight) for weight in found.weights)
    root = name_text(subject.whole.derivation.root, subject.whole.names)
    return plane_drawing(
        found.axes, found.losses, paths, weights=(first, second), loss=root, marks=[(a, b, c) for a, b, c in marks]
    )


def _ways(found: Landscape) -> Iterator[tuple[str, str]]:
    """For each start its letter and that of the minimum that it leads to, empty for none."""
    for letter, end in zip(_STARTS, found.ends, strict=False):
        yield letter, "" if end is None else _MINIMA[end]
