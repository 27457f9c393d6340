"""Figures in documents: which ones a model has, where they stand, their files, their words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import symbackprop as sb
from symbackprop.cli import main
from symbackprop.derivation.derivation import Derivation
from symbackprop.errors import UsageError, WriteError
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.files import write_together
from symbackprop.notation.notes.formats import parts_of
from symbackprop.notation.notes.passages import Passage
from symbackprop.rendering.figures.contours import contour
from symbackprop.rendering.figures.drawing import Box, Curve, Drawing, Group, Label, Run, extent_of, width_of, words_of
from symbackprop.rendering.figures.svg import svg
from symbackprop.rendering.figures.tikz import tikz
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.illustrating import KINDS, chosen_figures, figures_of
from symbackprop.rendering.illustrations import boxes, descent, graph, network, strip, unrolled
from symbackprop.rendering.illustrations.subject import Illustration, Subject
from tests.rendering.test_figures import compiles

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SEED, LINEAR = "000_two_layer_sigmoid", "001_linear_1_1_2_1"
NUMBERS = {
    SEED: ("--data", EXAMPLES / "000_samples.csv", "--values", EXAMPLES / "000_parameters.csv"),
    LINEAR: ("--data", EXAMPLES / "001_samples.csv", "--values", EXAMPLES / "001_parameters.csv"),
}
FEW = (SEED,)
EACH = [
    pytest.param(path.stem, marks=() if path.stem in FEW else pytest.mark.long, id=path.stem)
    for path in sorted(EXAMPLES.rglob("*.model"))
    if path.stem not in ("000_two_layer_generic",)
]
SVG = "{http://www.w3.org/2000/svg}"
MAKERS = (graph, network, unrolled, boxes, descent, strip)


@cache
def derived(stem: str) -> Derivation:
    return sb.derive(sb.load(next(EXAMPLES.rglob(f"{stem}.model"))), checks=False)


def subject(stem: str, *, asked: bool = False, seed: int | None = None) -> Subject:
    derivation = derived(stem)
    whole = formulas_of(derivation, sb.Conventions(), "html")
    one = whole if derivation.one_sample is None else formulas_of(derivation.one_sample, sb.Conventions(), "html")
    evaluation = None if seed is None else evaluation_for(derivation, seed=seed)
    return Subject(one, whole, evaluation, None, asked)


def usual(stem: str, **options: object) -> dict[str, Illustration]:
    """The figures that a model has by itself."""
    made = [module.illustration(subject(stem, **options)) for module in MAKERS]  # type: ignore[arg-type]
    return {found.kind: found for found in made if found is not None}


@pytest.mark.parametrize(
    ("stem", "seed", "kinds"),
    [
        (SEED, None, {"graph", "network", "boxes"}),
        (SEED, 0, {"graph", "network", "boxes", "descent"}),
        ("002_two_layer_sigmoid", None, {"graph"}),
        ("002_two_layer_sigmoid", 0, {"graph", "network", "boxes", "descent"}),
        ("rnn", None, {"graph", "unrolled"}),
        ("layer_norm", None, {"graph"}),
    ],
)
def test_what_suits_a_model(stem: str, seed: int | None, kinds: set[str]) -> None:
    """By the rules in the documentation: known sizes, chains of small layers, recurrences, numbers."""
    assert set(usual(stem, seed=seed)) == kinds


def labels(drawing: Drawing) -> Iterator[Label]:
    for shape in drawing.shapes:
        yield from (s for s in (shape.shapes if isinstance(shape, Group) else [shape]) if isinstance(s, Label))


@pytest.mark.parametrize("stem", EACH)
def test_no_words_on_others(stem: str) -> None:
    """In no figure of a model, with numbers and without, two labels meet or one leaves the picture."""
    for made in itertools.chain(usual(stem).values(), usual(stem, seed=1).values()):
        drawing, found = made.drawing, list(labels(made.drawing))
        for a, b in itertools.combinations(found, 2):
            assert not extent_of(a).meets(extent_of(b), -1.5), (made.kind, words_of(a.text), words_of(b.text))
        for label in found:
            extent = extent_of(label)
            assert min(extent.left, extent.top) > -1.5, (made.kind, words_of(label.text))
            assert extent.right < drawing.width + 1.5, (made.kind, words_of(label.text))
            assert extent.bottom < drawing.height + 1.5, (made.kind, words_of(label.text))


def run(stem: str, *options: object) -> object:
    path = next(EXAMPLES.rglob(f"{stem}.model"))
    return CliRunner().invoke(main, ["derive", str(path), *map(str, options)])


def test_markdown_has_files(tmp_path: Path) -> None:
    """Each figure is a file beside the document, referred to with words, and is an image with a title."""
    out = tmp_path / "a note.md"
    ran = run(SEED, *NUMBERS[SEED], "--contributions", "W2", "-o", out)
    assert ran.exit_code == 0, ran.output
    text = out.read_text(encoding="utf-8")
    references = re.findall(r"^!\[([^\[\]]+)\]\((\S+)\)$", text, re.M)
    kinds = ["graph", "network", "boxes", "strip", "descent"]
    assert [target for _, target in references] == [f"a%20note.{kind}.svg" for kind in kinds]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["a note.md", *(f"a note.{k}.svg" for k in kinds)])
    for kind in kinds:
        root = ElementTree.fromstring((tmp_path / f"a note.{kind}.svg").read_text(encoding="utf-8"))
        assert root.get("role") == "img"
        assert root.findtext(f"{SVG}title")
        assert len(root.findtext(f"{SVG}desc") or "") > 30
        back = root.find(f"{SVG}rect")  # its own paper, so that it can be read on a dark page
        assert back is not None
        assert (back.get("width"), back.get("height")) == (root.get("width"), root.get("height"))


def test_captions_state_nothing(tmp_path: Path) -> None:
    """All that a reader of notes finds in a document with figures and not in one without are names in a sentence."""
    evaluation = evaluation_for(derived(LINEAR), seed=0)
    found = []
    for figures in ("graph,network,boxes,descent", "none"):
        path = sb.render(derived(LINEAR), tmp_path / "out.md", evaluation=evaluation, figures=figures)
        found.append([p for p in parts_of(path) if isinstance(p, Passage)])
    without = [passage.source.text[passage.span.start : passage.span.end] for passage in found[1]]
    more = [p for p in found[0] if p.source.text[p.span.start : p.span.end] not in without]
    assert len(found[0]) > len(found[1])
    assert all(p.place == "inline" and "=" not in p.source.text[p.span.start : p.span.end] for p in more)


def test_none_on_standard_output_or_on_request(tmp_path: Path) -> None:
    """Standard output has no place for files; `--figures none` and an outline want none."""
    assert "![" not in run("001_line").stdout
    for options in (("--figures", "none"), ("--detail", "outline")):
        assert run("001_line", *options, "-o", tmp_path / "out.md").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.md"]


def test_those_that_are_asked_for(tmp_path: Path) -> None:
    """Sizes without numbers get small ones, and the caption says which."""
    assert run("002_two_layer_sigmoid", "--figures", "boxes,network", "-o", tmp_path / "out.html").exit_code == 0
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert re.findall(r'<figure class="(\w+)">', page) == ["network", "boxes"]
    assert len(re.findall(r"Drawn with \d as <math>", page)) == 2
    assert "Computation graph" not in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--figures", "grap"), "there is no figure 'grap'"),
        (("--figures", "graph,none"), "none stands alone"),
        (("--figures", "unrolled"), "the model has none"),
        (("--figures", "descent"), "around given numbers"),
        (("--figures", "strip"), "to be asked for with its tensor"),
        (("--level", "scalar", "--figures", "boxes"), "there can be graph alone"),
    ],
)
def test_what_is_refused(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    """A kind that does not exist, or for which there is nothing to show; nothing is written."""
    ran = run("001_line" if "scalar" in options else SEED, *options, "-o", tmp_path / "out.md")
    assert ran.exit_code == 2
    assert words in " ".join(ran.output.split())
    assert not list(tmp_path.iterdir())


def test_no_figure_takes_the_place_of_an_input(tmp_path: Path) -> None:
    """A model may be called what a figure would be called."""
    model = tmp_path / "out.graph.svg"
    model.write_text((EXAMPLES / f"{SEED}.model").read_text(encoding="utf-8"), encoding="utf-8")
    ran = CliRunner().invoke(main, ["derive", str(model), "-o", str(tmp_path / "out.md")])
    assert ran.exit_code == 2
    assert "is read as well" in ran.output
    assert [path.name for path in tmp_path.iterdir()] == ["out.graph.svg"]


def test_all_files_or_none(tmp_path: Path) -> None:
    """Where one of the files cannot be written, none is."""
    (tmp_path / "out.boxes.svg").mkdir()
    with pytest.raises(WriteError, match="It is a folder"):
        sb.render(derived(SEED), tmp_path / "out.md")
    assert [path.name for path in tmp_path.iterdir()] == ["out.boxes.svg"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError):
        write_together({tmp_path / "a": "a", tmp_path / "file" / "b": "b"})
    assert not (tmp_path / "a").exists()
    write_together({tmp_path / "a": "a", tmp_path / "new" / "b": b"b"})
    assert [(tmp_path / name).read_text(encoding="utf-8") for name in ("a", "new/b")] == ["a", "b"]


def test_same_bytes() -> None:
    """Drawn twice from numbers that were made twice."""
    texts = [svg(made.drawing) for _ in range(2) for made in usual(SEED, seed=3).values()]
    assert texts[: len(texts) // 2] == texts[len(texts) // 2 :]


def test_the_scalar_level_has_its_graph(tmp_path: Path) -> None:
    """Values above the nodes and derivatives below them, by hand: e = c² with c = 0.9, so 2·0.9 comes back."""
    out = tmp_path / "out.md"
    ran = run(LINEAR, "--level", "scalar", *NUMBERS[LINEAR], "-o", out)
    assert ran.exit_code == 0, ran.output
    root = ElementTree.fromstring((tmp_path / "out.graph.svg").read_text(encoding="utf-8"))
    (group,) = root.iterfind(f"{SVG}g[@data-sym='c']")
    assert [t for t in ("".join(text.itertext()) for text in group.iter(f"{SVG}text")) if t[0].isdigit()][:2] == [
        "0.9",
        "1.8",
    ]
    nodes = {g.get("data-sym") for g in root.iter(f"{SVG}g") if g.get("class") == "node"}
    assert len(nodes) == 9 + 2 + 12 + 1  # parameters, data, operations, the loss


def test_turned_weights() -> None:
    """The first seed multiplies from the left: its W¹ is 2 × 3, and the line from unit 1 to unit 3 is W¹_{1,3}."""
    drawing = usual(SEED)["network"].drawing
    shown = {words_of(label.text) for label in labels(drawing)}
    assert {f"W[1]_{i},{j}" for i in (1, 2) for j in (1, 2, 3)} <= shown
    assert "W[1]_3,1" not in shown


def test_contour_of_a_circle() -> None:
    """x² + y² = 1 is one closed line, each of its points at the distance 1 as near as the grid tells."""
    axis = np.linspace(-1.5, 1.5, 31)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    (line,) = contour((axis, axis), x**2 + y**2, 1.0)
    assert line[0] == line[-1]
    assert all(abs(np.hypot(*point) - 1) < 0.005 for point in line)
    assert sum(np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(line)) == pytest.approx(
        2 * np.pi, rel=0.01
    )


def test_contour_at_a_saddle() -> None:
    """Of xy = ±0.1 both branches are lines of their own."""
    axis = np.linspace(-1.0, 1.0, 20)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    for level in (0.1, -0.1):
        lines = contour((axis, axis), x * y, level)
        assert len(lines) == 2
        assert all(len({np.sign(point[0]) for point in line}) == 1 for line in lines)


def test_layer_and_index_stand_over_each_other() -> None:
    """In SVG what comes second begins where the first began; in TeX both are scripts of one letter."""
    text = (Run("W", math=True), Run("[1]", level=1), Run("2,3", level=-1))
    assert width_of(text, 16) == max(width_of(text[:2], 16), width_of((text[0], text[2]), 16))
    drawing = Drawing(50, 30, "t", "d", (Label(25, 20, text),))
    spans = ElementTree.fromstring(svg(drawing)).findall(f"{SVG}text/{SVG}tspan")
    assert float(spans[2].get("dx", "0")) < -5
    assert "${}^{\\mathrm{[1]}}_{\\mathrm{2,3}}$" in tikz(drawing)


def test_parameters_of_one_equation_are_one_node() -> None:
    """The three parameters of a recurrence are one node, with all their steps; the two of the output stay two."""
    groups = [s for s in _graph_of("rnn").shapes if isinstance(s, Group) and s.kind == "node"]
    (one,) = [group for group in groups if " " in group.symbol]
    assert set(one.symbol.split()) == {"h.W_x", "h.W_h", "h.b"}
    numbers = {step.tensor: step.number for step in (derived("rnn").one_sample or derived("rnn")).steps}
    first, last = one.step.split("–")
    assert {int(numbers[name]) for name in one.symbol.split()} == set(range(int(first), int(last) + 1))
    assert {group.symbol for group in groups} >= {"o.W", "o.b"}


def _graph_of(stem: str) -> Drawing:
    found = graph.illustration(subject(stem))
    assert found is not None
    return found.drawing


def test_kinds() -> None:
    """In their order, once each, from a string or from several."""
    assert chosen_figures("boxes, graph") == chosen_figures(["graph", "boxes", "graph"]) == ("graph", "boxes")
    assert (chosen_figures("none"), chosen_figures(None)) == ((), None)
    with pytest.raises(UsageError, match="there is no figure"):
        chosen_figures("")
    assert figures_of(derived(SEED), sb.Conventions(), "md", KINDS[:1]).files == {}


def test_a_recurrence_stands_in_a_grid() -> None:
    """A step is a column, a kind of value a row; each state has the shared parameters beside it."""
    found = unrolled.illustration(subject("rnn"))
    assert found is not None
    spots: dict[str, list[tuple[float, float]]] = {}
    for shape in found.drawing.shapes:
        if isinstance(shape, Group):
            outline = next(s for s in shape.shapes if isinstance(s, Box))
            name = re.sub(r"_t[+−]?\d?$", "", words_of(next(labels(replace(found.drawing, shapes=(shape,)))).text))
            spots.setdefault(name, []).append((outline.x + outline.width / 2, outline.y + outline.height / 2))
    columns = [x for x, _ in spots["h"]]
    assert len(set(columns)) == 3
    for name in ("x", "o"):
        assert [x for x, _ in spots[name]] == pytest.approx(columns)
        assert len({y for _, y in spots[name]}) == 1
    assert spots["x"][0][1] > spots["h"][0][1] > spots["o"][0][1] > spots["L"][0][1]
    assert len(spots["W_x, W_h, b"]) == 3


def test_arrows_of_the_grid_end_at_their_nodes() -> None:
    """Each arrow joins what it names: it ends near the outline of the reader, and goes through no other node."""
    found = unrolled.illustration(subject("rnn"))
    assert found is not None
    outlines = [next(p for p in s.shapes if isinstance(p, Box)) for s in found.drawing.shapes if isinstance(s, Group)]
    for curve in (s for s in found.drawing.shapes if isinstance(s, Curve)):
        middle = [(a + b) / 2 for a, b in zip(curve.points[1], curve.points[2], strict=True)]
        assert not any(_holds(box, middle, 0.0) for box in outlines), curve.of
        for end in (curve.points[0], curve.points[-1]):
            assert any(_holds(box, list(end), 12.0) for box in outlines), curve.of


def _holds(box: Box, point: list[float], air: float) -> bool:
    return box.x - air < point[0] < box.x + box.width + air and box.y - air < point[1] < box.y + box.height + air


@pytest.mark.latex
def test_all_kinds_compile(tmp_path: Path) -> None:
    """Every figure of a model with numbers, in TikZ, without an overfull line."""
    drawings = [made.drawing for stem in (SEED, "rnn") for made in usual(stem, seed=0).values()]
    compiles([tikz(drawing, scale=min(0.62, 446 / drawing.width)) for drawing in drawings], tmp_path)
