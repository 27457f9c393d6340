"""Computation graphs: all of the model is in them, nothing lies on anything else, and both printers print them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sympy import Symbol
from sympy.tensor.indexed import Indexed

import symbackprop as sb
from symbackprop.derivation.derivation import Derivation
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Drawing, Group, Run
from symbackprop.rendering.figures.folding import folded
from symbackprop.rendering.figures.graph import Graph, Node, graph_of
from symbackprop.rendering.figures.picture import graph_drawing, unrolled_drawing
from symbackprop.rendering.figures.svg import svg
from symbackprop.rendering.figures.tikz import tikz
from symbackprop.rendering.figures.unrolling import unrolled
from symbackprop.rendering.formulas import formulas_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FEW = ("002_two_layer_sigmoid", "softmax_classifier", "rnn", "layer_norm", "attention", "residual")
ALL = [
    pytest.param(path.stem, marks=() if path.stem in FEW else pytest.mark.long, id=path.stem)
    for path in sorted(EXAMPLES.rglob("*.model"))
]
each_model = pytest.mark.parametrize("stem", ALL)
NAMESPACE = {"s": "http://www.w3.org/2000/svg"}
STACK = ["size n", "input x[n]", "target y[n]", *(f"parameter W{k}[n,n], b{k}[n]" for k in range(1, 13))]
STACK += [
    line for k in range(1, 13) for line in (f"z{k} = W{k} {f'a{k - 1}' if k > 1 else 'x'} + b{k}", f"a{k} = tanh(z{k})")
]
STACK += ["loss L = squared_error(a12, y)"]


@cache
def derived(stem: str) -> Derivation:
    path = next(EXAMPLES.rglob(f"{stem}.model"))
    derivation = sb.derive(sb.load(path), checks=False)
    return derivation.one_sample or derivation


@cache
def deep() -> Derivation:
    return sb.derive(sb.parse("\n".join(STACK)), checks=False)


def names_for(derivation: Derivation) -> Nomenclature:
    return formulas_of(derivation, sb.Conventions(), "tex").names


def drawn(stem: str) -> Drawing:
    return graph_drawing(derived(stem), names_for(derived(stem)))


def reads(derivation: Derivation) -> set[tuple[str, str]]:
    """Who reads whom, by the symbols in the equations."""
    names = {tensor.name for tensor in derivation.model.tensors}
    found = set()
    for equation in derivation.model.order:
        for part in equation.expression.atoms(Indexed, Symbol):
            name = str(part.base) if isinstance(part, Indexed) else part.name
            if name in names:
                found.add((name, equation.tensor))
    return found


@each_model
def test_every_tensor_and_every_read(stem: str) -> None:
    """Each tensor that is used is one node, each read one arrow, each number that of the derivation's step."""
    derivation = derived(stem)
    graph = graph_of(derivation, names_for(derivation))
    own = [node for node in graph.nodes if node.role != "earlier"]
    assert sorted(node.tensor for node in own) == sorted({name for pair in reads(derivation) for name in pair})
    tensor = {node.key: node.tensor for node in graph.nodes}
    assert sorted((tensor[a.source], a.reader) for a in graph.arrows) == sorted(reads(derivation))
    numbers = {step.tensor: step.number for step in derivation.steps}
    assert {node.tensor: node.step for node in own} == {node.tensor: numbers.get(node.tensor, "") for node in own}


# Boxes, measured here by the text of the SVG: the widths of letters are those of DejaVu and Times, rounded down.


def element_boxes(root: ElementTree.Element) -> tuple[list[tuple[str, tuple[float, ...]]], list[tuple[float, ...]]]:
    """Of an SVG the boxes of its texts, and of the outlines of its nodes and ports."""
    texts = []
    for text in root.iterfind(".//s:text", NAMESPACE):
        size, width = float(text.get("font-size", "0")), 0.0
        for span in text:
            width += 0.5 * len(span.text or "") * float(span.get("font-size", size))
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        left = x - {"middle": width / 2, "end": width}.get(text.get("text-anchor", ""), 0.0)
        texts.append(("".join(text.itertext()), (left, y - 0.7 * size, left + width, y + 0.1 * size)))
    outlines = []
    for group in root.iterfind("s:g", NAMESPACE):
        rect = group.find("s:rect", NAMESPACE)
        assert rect is not None
        x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        outlines.append((x, y, x + width, y + height))
    return texts, outlines


def meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def overlaps(text: str) -> list[str]:
    """What lies on what in an SVG."""
    root = ElementTree.fromstring(text)
    texts, outlines = element_boxes(root)
    found = [f"{a} on {b}" for i, (a, box) in enumerate(texts) for b, other in texts[:i] if meet(box, other)]
    badges = re.compile(r"[\d–]+|\+")
    found += [
        f"{a} on a node"
        for a, box in texts
        for outline in outlines
        if not badges.fullmatch(a) and meet(box, outline) and not inside(box, outline)
    ]
    found += [f"{a} and {b}" for i, a in enumerate(outlines) for b in outlines[:i] if meet(a, b)]
    right, bottom = float(root.get("width", "")), float(root.get("height", ""))
    found += [f"{a} beyond the edge" for a, box in texts if not inside(box, (0.0, 0.0, right, bottom))]
    return found


@each_model
def test_nothing_lies_on_anything(stem: str) -> None:
    """Texts, nodes and ports stand apart and within the figure, which fits 720 pixels, also with values."""
    derivation = derived(stem)
    names = names_for(derivation)
    assert overlaps(svg(drawn(stem))) == []
    values = {tensor.name: "(.53, −.44)" for tensor in derivation.model.tensors}
    drawing = graph_drawing(derivation, names, values=values, adjoints=values, columns=4)
    assert overlaps(svg(drawing)) == []
    assert max(drawn(stem).width, drawing.width) <= 722
    steps = unrolled_drawing(derivation, names)
    assert steps is None or overlaps(svg(steps)) == []


def test_overlaps_are_seen() -> None:
    """The check itself: a node that is moved onto its neighbour is found."""
    text = svg(drawn("002_two_layer_sigmoid"))
    x = re.search(r'data-sym="a1".*?<rect x="([\d.]+)"', text)
    assert x is not None
    assert overlaps(text.replace(f'<rect x="{x[1]}"', f'<rect x="{float(x[1]) - 90}"'))


def test_narrow_figures_have_more_rows() -> None:
    """On a telephone the same figure has fewer columns; no text is small."""
    derivation = derived("002_two_layer_sigmoid")
    narrow = graph_drawing(derivation, names_for(derivation), width=390, columns=3)
    assert narrow.width <= 390 < drawn("002_two_layer_sigmoid").width
    assert overlaps(svg(narrow)) == []
    sizes = [float(size) for size in re.findall(r'<text [^>]*font-size="([\d.]+)"', svg(narrow))]
    assert min(sizes) >= 12


def test_a_deep_stack_is_folded() -> None:
    """Of twelve equal layers the first ones and the last ones stand, the others are one node; every tensor is in it."""
    derivation = deep()
    names = names_for(derivation)
    whole = graph_of(derivation, names)
    graph = folded(whole, names, 40)
    (fold,) = [node for node in graph.nodes if node.role == "fold"]
    assert set(fold.members) == {f"{letter}{k}" for letter in "Wbza" for k in range(3, 12)}
    shown = [node.tensor for node in graph.nodes if node.role != "fold"]
    assert sorted([*shown, *fold.members]) == sorted(node.tensor for node in whole.nodes)
    assert {(a.source, a.reader) for a in graph.arrows if fold.key in (a.source, a.reader)} == {
        ("a2", fold.key),
        (fold.key, "z12"),
    }
    assert folded(whole, names, 100) is whole
    assert overlaps(svg(graph_drawing(derivation, names))) == []


def test_forty_nodes_stand_in_rows() -> None:
    """Unfolded, the deep stack runs over rows that are read like text, with a port at each break."""
    derivation = deep()
    drawing = graph_drawing(derivation, names_for(derivation), limit=100)
    assert overlaps(svg(drawing)) == []
    groups = [shape for shape in drawing.shapes if isinstance(shape, Group)]
    assert len([g for g in groups if g.kind == "node"]) == 12 * 4 + 3
    ports = [g.symbol for g in groups if g.kind == "port"]
    assert ports
    assert all(ports.count(name) == 2 for name in ports)


def test_a_recurrence_is_unrolled() -> None:
    """Three steps, each reading the state before it, its own input, and the parameters that all share."""
    derivation = derived("rnn")
    graph = unrolled(derivation, names_for(derivation))
    assert graph is not None
    words = {node.key: "".join(run.text for run in node.label) for node in graph.nodes}
    pairs = {(words[a.source], words[a.reader]) for a in graph.arrows}
    assert {("ht−1", "ht"), ("ht", "ht+1"), ("xt", "ht"), ("ht+1", "ot+1"), ("ot−1", "L"), ("y", "L")} <= pairs
    assert ("ht", "ht−1") not in pairs
    assert {b for a, b in pairs if a.startswith("Wx")} == {"ht−1", "ht", "ht+1"}
    plain = derived("002_two_layer_sigmoid")
    assert unrolled(plain, names_for(plain)) is None


@pytest.mark.parametrize(
    ("stem", "reader", "label"),
    [
        ("002_two_layer_sigmoid", "z1", "W x + b"),
        ("002_two_layer_sigmoid", "a1", "σ"),
        ("002_two_layer_sigmoid", "L", "cross-entropy"),
        ("softmax_classifier", "p", "softmax"),
        ("softmax_classifier", "a1", "ReLU"),
        ("rnn", "L", "squared error"),
        ("layer_norm", "l.mu", "mean"),
    ],
)
def test_operations_have_names(stem: str, reader: str, label: str) -> None:
    """The one arrow into a value that says what is done."""
    graph = graph_of(derived(stem), names_for(derived(stem)))
    labels = ["".join(run.text for run in a.label) for a in graph.arrows if a.reader == reader]
    assert [found for found in labels if found] == [label]


def test_the_figure_of_a_node() -> None:
    """A node can be found by its symbol and step, reached by keys, and read aloud; its mark stands above the line."""
    root = ElementTree.fromstring(svg(drawn("002_two_layer_sigmoid")))
    (group,) = root.iterfind("s:g[@data-sym='W1']", NAMESPACE)
    assert (group.get("class"), group.get("data-step"), group.get("tabindex"), group.get("role")) == (
        "node",
        "7",
        "0",
        "img",
    )
    assert group.findtext("s:title", "", NAMESPACE).startswith("W[1]: parameter, h × n")
    spans = group.findall("s:text/s:tspan", NAMESPACE)
    assert [span.text for span in spans[:2]] == ["W", "[1]"]
    assert float(spans[1].get("dy", "0")) < 0
    assert "z[1] reads W[1], b[1] and x." in root.findtext("s:desc", "", NAMESPACE)


def test_colours() -> None:
    """Inside a page every colour may be the page's; a file of its own has its own."""
    drawing = drawn("002_two_layer_sigmoid")
    assert set(re.findall(r"(?:stroke|fill):([^;\"]+)", svg(drawing))) <= {"none"} | set(
        re.findall(r"var\([^)]*\)", svg(drawing))
    )
    alone = svg(drawing, standalone=True)
    assert "var(" not in alone
    assert alone.startswith("<?xml")
    assert "<script" not in alone


def test_what_is_shown_without_the_way_back() -> None:
    """Forward alone: no dashes, no numbers of steps."""
    derivation = derived("002_two_layer_sigmoid")
    text = svg(graph_drawing(derivation, names_for(derivation), backward=False))
    assert 'class="back"' not in text
    assert "var(--bwd" not in text


def test_slopes_stand_along_the_way_back() -> None:
    """Each local derivative that is given is written once, in the colour of derivatives."""
    derivation = derived("002_two_layer_sigmoid")
    slopes = {("a2", "L"): "(a − y)/(a(1 − a))", ("z2", "a2"): "⊙ σ′(z)", ("a1", "z2"): "Wᵀ times"}
    text = svg(graph_drawing(derivation, names_for(derivation), slopes=slopes))
    assert overlaps(text) == []
    root = ElementTree.fromstring(text)
    shown = [
        "".join(label.itertext()) for label in root.iterfind("s:text", NAMESPACE) if "--bwd" in label.get("style", "")
    ]
    assert sorted(shown) == sorted(slopes.values())


HOSTILE = ("<script>", "\\write18{x}", "50%", "é", "\"&'", "x\x07", "数", "a" * 80, "$^_{}~#")


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_letters(word: str) -> None:
    """Whatever stands in a name or a value is shown, and is neither markup nor a command."""
    drawing = hostile(word)
    root = ElementTree.fromstring(svg(drawing, standalone=True))
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    letters = "".join(c for c in word if c >= " ")
    assert any(letters in "".join(text.itertext()) for text in root.iterfind(".//s:text", NAMESPACE))
    assert "\\write" not in tikz(drawing)


def hostile(word: str) -> Drawing:
    drawing = drawn("002_two_layer_sigmoid")
    shapes = list(drawing.shapes)
    for place, shape in enumerate(shapes):
        if isinstance(shape, Group) and shape.symbol == "W1":
            name = replace(shape.shapes[1], text=(Run(word, math=True), Run(word, level=1), Run(word)))  # type: ignore[call-arg]
            shapes[place] = replace(shape, symbol=word, title=word, shapes=(shape.shapes[0], name))
    return replace(drawing, shapes=tuple(shapes), title=word, description=word)


def test_same_bytes() -> None:
    """Made twice, the same in both formats, from a derivation made anew."""
    texts = []
    for _ in range(2):
        derivation = sb.derive(sb.load(EXAMPLES / "002_two_layer_sigmoid.model"), checks=False).one_sample
        assert derivation is not None
        drawing = graph_drawing(derivation, names_for(derivation))
        texts.append(svg(drawing) + tikz(drawing))
    assert texts[0] == texts[1]


def compiles(pictures: list[str], folder: Path) -> None:
    assert shutil.which("pdflatex"), "pdflatex is missing: apt-get install texlive-pictures"
    head = r"\documentclass{article}\usepackage{tikz}\usetikzlibrary{arrows.meta}\usepackage[margin=2cm]{geometry}"
    body = "\n\n\\noindent\n".join(pictures)
    source = f"{head}\\begin{{document}}\\noindent\n{body}\\end{{document}}\n"
    (folder / "figures.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figures.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-1500:]
    assert "Overfull" not in done.stdout


@pytest.mark.latex
def test_tikz_compiles(tmp_path: Path) -> None:
    """With tikz and its arrow tips alone; hostile words too."""
    pictures = []
    for stem in FEW:
        steps = unrolled_drawing(derived(stem), names_for(derived(stem)))
        pictures += [tikz(drawing) for drawing in (drawn(stem), steps) if drawing is not None]
    compiles([*pictures, *(tikz(hostile(word), scale=0.5) for word in HOSTILE)], tmp_path)


def test_records() -> None:
    """A graph finds its nodes by key."""
    node = Node("x", "x", "input", (Run("x"),))
    assert Graph((node,), (), "x").node("x") is node
    with pytest.raises(StopIteration):
        Graph((node,), (), "x").node("y")
