"""The network of neurons: a circle for each unit, a line for each weight, where the layers are small."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import substitute, tensors_in
from symbackprop.algebra.symbols import tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.model import Model
from symbackprop.model.records import Equation
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import (
    SMALL,
    Box,
    Circle,
    Curve,
    Drawing,
    Extent,
    Group,
    Label,
    Point,
    Run,
    Shape,
    Text,
    extent_of,
    plain,
    words_of,
)
from symbackprop.rendering.figures.labels import name_text

UNITS, WEIGHTS = 6, 12
"""The most units of a layer that are drawn, and the most weights that are labelled."""
_RADIUS, _DOWN, _EDGE = 21.0, 64.0, 30.0
_ACROSS, _LABELLED = 140.0, 215.0


@dataclass(frozen=True, slots=True)
class Layer:
    """Units of a vector; `weights` joins each with each unit of the layer before, "" for the input.

    Where the weights are `turned`, their first index counts the units of the layer before: z = x W.
    """

    tensor: str
    units: int
    weights: str = ""
    bias: str = ""
    turned: bool = False


def layers_of(model: Model, sizes: Mapping[str, int]) -> tuple[Layer, ...]:
    """The layers of a chain of vectors, each a matrix of weights times the one before; empty where it is none.

    What is made of a layer's vector entry by entry, or of all its entries, is the same layer.
    """
    roles = {tensor.name: tensor.role for tensor in model.tensors}
    layers: list[Layer] = []
    for equation in model.order:
        if equation.tensor == model.root:
            return tuple(layers) if len(layers) > 1 else ()
        read = tensors_in(equation.expression)
        values = [name for name in sorted(read) if roles[name] not in ("parameter", "constant")]
        matrices = [n for n in sorted(read) if roles[n] == "parameter" and len(model.tensor(n).shape) == 2]
        biases = [n for n in sorted(read) if roles[n] == "parameter" and len(model.tensor(n).shape) == 1]
        units = _units(model, equation.tensor, sizes)
        if len(values) != 1 or len(matrices) > 1 or not units:
            return ()
        if not layers:
            layers.append(Layer(values[0], _units(model, values[0], sizes)))
        if values[0] != layers[-1].tensor or not layers[0].units:
            return ()
        if matrices:
            turned = _is_turned(equation, matrices[0])
            layers.append(Layer(equation.tensor, units, matrices[0], (biases or [""])[0], turned))
        else:
            layers[-1] = replace(layers[-1], tensor=equation.tensor)
    return ()


def _is_turned(equation: Equation, weights: str) -> bool:
    """Whether the entry that an equation gives counts along the second index of its matrix."""
    read = next(part for part in equation.expression.atoms(Indexed) if tensor_of(part) == weights)
    return read.indices[0] != equation.indices[0] and read.indices[-1] == equation.indices[0]


def _units(model: Model, tensor: str, sizes: Mapping[str, int]) -> int:
    """How many entries a vector has; 0 for what is no vector, or where its size has no number."""
    shape = model.tensor(tensor).shape
    if len(shape) != 1:
        return 0
    letters = shape[0].free_symbols
    known: dict[Symbol, Expr] = {
        s: Integer(sizes[s.name]) for s in letters if isinstance(s, Symbol) and s.name in sizes
    }
    value = substitute(shape[0], known)
    return int(value) if value.is_Integer else 0


def network_drawing(
    derivation: Derivation,
    names: Nomenclature,
    *,
    sizes: Mapping[str, int] | None = None,
    weights: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> Drawing | None:
    """The units of a small network with their weights; None where it is no chain of small vectors.

    `sizes` gives numbers to sizes by name. Up to 12 weights are labelled: by their names, or by the short strings of
    `weights`, rows of entries by the name of the matrix.
    """
    layers = layers_of(derivation.model, sizes or {})
    if not layers or max(layer.units for layer in layers) > UNITS:
        return None
    count = sum(a.units * b.units for a, b in itertools.pairwise(layers))
    across = _LABELLED if count <= WEIGHTS else _ACROSS
    tall = max(layer.units for layer in layers) * _DOWN
    spots = [_spots(layer, _EDGE + number * across, tall) for number, layer in enumerate(layers)]
    lines = [line for n in range(1, len(layers)) for line in _lines(layers[n], spots[n - 1], spots[n])]
    circles = [g for n, layer in enumerate(layers) for g in _circles(layer, spots[n], names)]
    labels = _weight_labels(layers, spots, names, weights or {}) if count <= WEIGHTS else ()
    backs = [_back(label) for label in labels]
    captions = [_caption(layer, spots[n][0][0] - across / 2, tall, names) for n, layer in enumerate(layers) if n]
    shapes: tuple[Shape, ...] = (*lines, *backs, *labels, *circles, *captions)
    said = ", then ".join(f"{layer.units} of {words_of(name_text(layer.tensor, names))}" for layer in layers)
    width = 2 * _EDGE + (len(layers) - 1) * across
    return Drawing(width, tall + 34, "The network and its weights", f"Units by layer: {said}.", shapes)


def _spots(layer: Layer, x: float, tall: float) -> list[Point]:
    """The middles of the units, one below the other."""
    return [(x, 6 + tall / 2 + (unit - (layer.units - 1) / 2) * _DOWN) for unit in range(layer.units)]


def _lines(layer: Layer, before: list[Point], here: list[Point]) -> list[Curve]:
    return [
        Curve(
            ((x0 + _RADIUS, y0), (x1 - _RADIUS, y1)), "soft", straight=True, width=1.0, of=(layer.weights, layer.tensor)
        )
        for x1, y1 in here
        for x0, y0 in before
    ]


def _circles(layer: Layer, spots: list[Point], names: Nomenclature) -> list[Group]:
    """A node for each unit, with the number of its entry."""
    found = []
    base = names.conventions.index_base
    for number, (x, y) in enumerate(spots):
        name = name_text(layer.tensor, names)
        text = _entry(name, str(number + base)) if layer.units > 1 else name
        fill = "paper" if layer.weights else "wash"
        shapes = (Circle(x, y, _RADIUS, "ink", fill), Label(x, y + 5, text, "ink", 15.0))
        found.append(Group("unit", layer.tensor, "", f"unit {words_of(text)}", shapes))
    return found


def _entry(name: Text, index: str) -> Text:
    return (*name, Run(index, level=-1))


def _caption(layer: Layer, x: float, tall: float, names: Nomenclature) -> Label:
    """What joins the layer with the one before, below the lines."""
    parts = [name_text(name, names) for name in (layer.weights, layer.bias) if name]
    runs: list[Run] = []
    for part in parts:
        runs += [*([Run(", ")] if runs else []), *part]
    return Label(x, tall + 26, tuple(runs), "soft", 14.0)


def _weight_labels(
    layers: tuple[Layer, ...],
    spots: list[list[Point]],
    names: Nomenclature,
    weights: Mapping[str, Sequence[Sequence[str]]],
) -> tuple[Label, ...]:
    """A label on each line, where no other one stands."""
    taken: list[Extent] = []
    found: list[Label] = []
    base = names.conventions.index_base
    for n, layer in enumerate(layers[1:], start=1):
        for row, goal in enumerate(spots[n]):
            for column, start in enumerate(spots[n - 1]):
                place = (column, row) if layer.turned else (row, column)
                if layer.weights in weights:
                    text = plain(weights[layer.weights][place[0]][place[1]])
                else:
                    text = _entry(name_text(layer.weights, names), ",".join(str(k + base) for k in place))
                label = _on_line(start, goal, text, taken)
                if label is not None:
                    found.append(label)
                    taken.append(extent_of(label))
    return tuple(found)


def _back(label: Label) -> Box:
    """A piece of paper under a label, so that the line does not run through it."""
    e = extent_of(label)
    return Box(e.left - 1, e.top, e.right - e.left + 2, e.bottom - e.top, "none", "paper")


def _on_line(start: Point, goal: Point, text: Text, taken: list[Extent]) -> Label | None:
    """A label on a line, near its beginning rather than where all lines meet."""
    for part in (0.34, 0.42, 0.28, 0.5, 0.58, 0.66, 0.72):
        x = start[0] + _RADIUS + (goal[0] - start[0] - 2 * _RADIUS) * part
        y = start[1] + (goal[1] - start[1]) * part + 4.0
        label = Label(round(x, 1), round(y, 1), text, "ink", SMALL)
        if not any(extent_of(label).meets(other, 2.0) for other in taken):
            return label
    return None
