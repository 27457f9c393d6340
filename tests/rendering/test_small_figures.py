"""The smaller figures: boxes of shapes, networks of neurons, descents, what each sample adds."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import symbackprop as sb
from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Step, StepKind, of_kind
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.boxes import matrix_boxes
from symbackprop.rendering.figures.descent import descent_drawing
from symbackprop.rendering.figures.drawing import Box, Curve, Drawing, Group, Label, Run
from symbackprop.rendering.figures.network import network_drawing
from symbackprop.rendering.figures.strip import Part, strip_drawing
from symbackprop.rendering.figures.svg import svg
from symbackprop.rendering.figures.tikz import tikz
from symbackprop.rendering.formulas import formulas_of
from tests.rendering.test_figures import compiles

MODEL = """
size n, h, K
input x[n]
target y[K]
parameter W1[h,n], b1[h], W2[K,h], b2[K]
z1 = W1 x + b1
a1 = sigmoid(z1)
z2 = W2 a1 + b2
loss L = squared_error(z2, y)
"""
SIZES = {"n": 2, "h": 3, "K": 1}
WEIGHT, LOSS = (Run("w", math=True),), (Run("L", math=True),)


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return sb.derive(sb.parse(MODEL), checks=False)


@pytest.fixture(scope="module")
def names(derivation: Derivation) -> Nomenclature:
    return formulas_of(derivation, sb.Conventions(), "tex").names


def sides(step: Step) -> tuple[Matrix, Matrix]:
    form = of_kind(step, StepKind.MATRIX)[0]
    assert isinstance(form.left, Matrix)
    assert isinstance(form.after, Matrix)
    return form.left, form.after


def texts(drawing: Drawing) -> list[str]:
    root = ElementTree.fromstring(svg(drawing, standalone=True))
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def boxes(drawing: Drawing) -> list[tuple[float, float]]:
    groups = [shape for shape in drawing.shapes if isinstance(shape, Group)]
    first = [next(s for s in group.shapes if isinstance(s, Box)) for group in groups]
    return [(box.height, box.width) for box in first]


def test_boxes_are_to_scale(derivation: Derivation, names: Nomenclature) -> None:
    """W (h × n) times x (n × 1) plus b is z (h × 1), in cells of one size."""
    drawing = matrix_boxes(*sides(derivation.forward[0]), names, SIZES)
    assert drawing is not None
    cell = boxes(drawing)[0][0] / 3
    assert [(round(h / cell, 6), round(w / cell, 6)) for h, w in boxes(drawing)] == [(3, 2), (2, 1), (3, 1), (3, 1)]
    assert texts(drawing) == ["W[1]", "h × n", "·", "x", "n × 1", "+", "b[1]", "h × 1", "=", "z[1]", "h × 1"]


def test_boxes_of_a_gradient(derivation: Derivation, names: Nomenclature) -> None:
    """dW = dz xᵀ: a column times a row; the derivatives in their own colour."""
    drawing = matrix_boxes(*sides(derivation.step("W1")), names, SIZES)
    assert drawing is not None
    cell = boxes(drawing)[0][1]
    assert [(round(h / cell, 6), round(w / cell, 6)) for h, w in boxes(drawing)] == [(3, 1), (1, 2), (3, 2)]
    assert "x⊤" in texts(drawing)
    ink = {
        "".join(r.text for r in s.text): s.ink
        for g in drawing.shapes
        if isinstance(g, Group)
        for s in g.shapes
        if isinstance(s, Label)
    }
    assert (ink["dz[1]"], ink["x⊤"], ink["dW[1]"]) == ("backward", "ink", "backward")


def test_no_boxes(derivation: Derivation, names: Nomenclature) -> None:
    """Not for what is no product, nor where a size has no number or is no size of a picture."""
    left, right = sides(derivation.forward[0])
    assert matrix_boxes(*sides(derivation.forward[1]), names, SIZES) is None
    assert matrix_boxes(left, right, names, {"n": 2}) is None
    assert matrix_boxes(left, right, names, {"n": 2, "h": 10_000}) is None


def test_large_boxes_fit(derivation: Derivation, names: Nomenclature) -> None:
    """A layer of 300 units has boxes that are still to scale, and no lines within."""
    drawing = matrix_boxes(*sides(derivation.forward[0]), names, {"n": 50, "h": 300})
    assert drawing is not None
    assert max(max(box) for box in boxes(drawing)) <= 150
    assert boxes(drawing)[0][0] / boxes(drawing)[0][1] == pytest.approx(6)
    assert not [s for g in drawing.shapes if isinstance(g, Group) for s in g.shapes if isinstance(s, Curve)]


def test_network(derivation: Derivation, names: Nomenclature) -> None:
    """2, 3 and 1 units; 2·3 + 3·1 lines, each with the name of its weight once."""
    drawing = network_drawing(derivation, names, sizes=SIZES)
    assert drawing is not None
    units = [shape.symbol for shape in drawing.shapes if isinstance(shape, Group)]
    assert units == ["x"] * 2 + ["a1"] * 3 + ["z2"]
    assert len([shape for shape in drawing.shapes if isinstance(shape, Curve)]) == 9
    weights = [text for text in texts(drawing) if re.fullmatch(r"W\[\d\]\d,\d", text)]
    assert sorted(weights) == sorted(
        [f"W[1]{i},{j}" for i in (1, 2, 3) for j in (1, 2)] + [f"W[2]1,{j}" for j in (1, 2, 3)]
    )


def test_a_weight_stands_on_its_line(derivation: Derivation, names: Nomenclature) -> None:
    """The middle of each label is on the line from its column's unit to its row's unit."""
    drawing = network_drawing(
        derivation, names, sizes=SIZES, weights={"W1": [["11", "12"], ["21", "22"], ["31", "32"]]}
    )
    assert drawing is not None
    lines = [s.points for s in drawing.shapes if isinstance(s, Curve) and s.of[0] == "W1"]
    order = [(row, column) for row in (1, 2, 3) for column in (1, 2)]
    shown = {s.text[0].text: s for s in drawing.shapes if isinstance(s, Label)}
    for (row, column), ((x0, y0), (x1, y1)) in zip(order, lines, strict=True):
        label = shown[f"{row}{column}"]
        part = (label.x - x0) / (x1 - x0)
        assert y0 + part * (y1 - y0) == pytest.approx(label.y - 4, abs=0.5)


def test_no_network(derivation: Derivation, names: Nomenclature) -> None:
    """Not with more than 6 units in a layer, without numbers, or where values are no chain; many weights are bare."""
    assert network_drawing(derivation, names, sizes={**SIZES, "h": 7}) is None
    assert network_drawing(derivation, names) is None
    many = network_drawing(derivation, names, sizes={"n": 5, "h": 6, "K": 1})
    assert many is not None
    assert not [text for text in texts(many) if "," in text and "W" in text and text[-1].isdigit()]
    path = Path(__file__).parents[2] / "docs" / "examples" / "networks" / "residual.model"
    model = sb.load(path).one_sample()
    other = sb.derive(model, checks=False)
    assert network_drawing(other, formulas_of(other, sb.Conventions(), "tex").names, sizes={"n": 3, "h": 3}) is None


def parabola(w: float) -> float:
    return (w - 1) ** 2 + 0.5


def descent() -> Drawing:
    path, w = [], -1.0
    for _ in range(6):
        path.append((w, parabola(w)))
        w -= 0.3 * 2 * (w - 1)
    curve = [(k / 20, parabola(k / 20)) for k in range(-30, 61)]
    return descent_drawing(curve, path, weight=WEIGHT, loss=LOSS, marks=[("A", 1.0, 0.5)])


def test_descent() -> None:
    """The points of the path lie on the curve; the letter stands below its minimum, the lowest point of the curve."""
    drawing = descent()
    curve = next(s for s in drawing.shapes if isinstance(s, Curve) and s.ink == "forward")
    lowest = curve.points[50]  # w = 1
    assert lowest[1] == max(y for _, y in curve.points)
    label = next(s for s in drawing.shapes if isinstance(s, Label) and s.text[0].text == "A")
    assert label.x == pytest.approx(lowest[0], abs=0.2)
    assert label.y > lowest[1]
    spots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="4"', svg(drawing))
    assert len(spots) == 6
    for x, y in spots[:2]:
        near = min(curve.points, key=lambda point: abs(point[0] - float(x)))
        assert abs(near[1] - float(y)) < 3
    assert {"−1", "0", "1", "2", "3"} <= set(texts(drawing))


@pytest.mark.parametrize("values", [(0.31, -0.52, 0.2, 0.44), (1.0,), (0.0, 0.0), (-1e-9, 2e-9), tuple(range(-30, 40))])
def test_the_strip_adds_up(values: tuple[float, ...]) -> None:
    """Each bar starts where the last one ended, and the sum's bar ends at that level."""
    total = sum(values)
    parts = [Part(str(n), value, f"{value:.2f}") for n, value in enumerate(values, start=1)]
    drawing = strip_drawing(parts, Part("sum", total, f"{total:.2f}"), of=LOSS)
    bars = [next(s for s in g.shapes if isinstance(s, Box)) for g in drawing.shapes if isinstance(g, Group)]
    assert len(bars) == len(values) + 1
    level = zero = bars[-1].y + (bars[-1].height if total >= 0 else 0.0)
    for value, bar in zip(values, bars, strict=False):
        top, bottom = bar.y, bar.y + bar.height
        start, end = (bottom, top) if value >= 0 else (top, bottom)
        assert start == pytest.approx(level, abs=1.01)
        assert (bar.fill == "paper") == (value < 0)
        level = end
    assert zero - level == pytest.approx(bars[-1].height * (1 if total >= 0 else -1), abs=1.01 * len(values))
    assert drawing.width <= 721


@pytest.mark.latex
def test_tikz_compiles(derivation: Derivation, names: Nomenclature, tmp_path: Path) -> None:
    """All small figures, without an overfull line."""
    parts = [Part("1", 0.5, "+0.50"), Part("2", -0.2, "−0.20")]
    drawings = [
        matrix_boxes(*sides(derivation.step("W1")), names, SIZES),
        network_drawing(derivation, names, sizes=SIZES),
        descent(),
        strip_drawing(parts, Part("sum", 0.3, "0.30"), of=LOSS),
    ]
    compiles([tikz(drawing) for drawing in drawings if drawing is not None], tmp_path)
