"""MathML and Typst beside the LaTeX of the same formulas; names that mean harm; numbers in brackets."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import typst
from sympy import Expr

import symbackprop as sb
from symbackprop.algebra.matrices.grammar import Leaf
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, entry, index, size
from symbackprop.derivation.steps import walk
from symbackprop.errors import RenderError
from symbackprop.notation.conventions import PRESETS, Conventions
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.layout import Layout
from symbackprop.notation.writing.lines import aligned, lines
from symbackprop.notation.writing.matrix_layout import Formula
from symbackprop.notation.writing.number_grids import numbers_grid
from symbackprop.notation.writing.spellings import SPELLINGS
from symbackprop.notation.writing.text import spell as text_of
from symbackprop.rendering.formulas import formulas_of
from tests.notation.flattened import of_latex, of_mathml, parsed
from tests.notation.written_formulas import EXPRESSIONS, MATRICES, SPACE

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
MODELS = sorted(FOLDER.rglob("*.model"))
TEX, HTML, TYPST = (SPELLINGS[name] for name in ("tex", "html", "typst"))
HOSTILE = ("<script>", "50%", "é", 'a_" #panic()', 'x_\\"', "w_$", "//", "/*", "&amp;", "a_'b", "]]>", "q_<b>", "漢")


def compiled(sources: list[str]) -> None:
    """All formulas as one document, without a warning."""
    text = "\n\n".join(TYPST.display(source) for source in dict.fromkeys(sources))
    _, warnings = typst.compile_with_warnings(f"#set page(height: auto)\n{text}\n".encode(), format="svg")
    assert [str(warning) for warning in warnings] == []


def chains_of(derivation: sb.Derivation) -> list[tuple[Formula, ...]]:
    """The sides of every equation that stands in a step, at both levels."""
    steps = walk((*derivation.forward, *derivation.steps))
    sides = ((step.left, step.before, step.after) for step in steps)
    return list(dict.fromkeys(tuple(side for side in each if side is not None) for each in sides))


def check(model: sb.Model, presets: Iterable[str]) -> None:
    """Each formula says in MathML what it says in LaTeX; all of them compile in Typst."""
    whole = sb.derive(model, checks=False)
    sources: list[str] = []
    for derivation, preset in itertools.product(filter(None, (whole, whole.one_sample)), presets):
        names = formulas_of(derivation, PRESETS[preset], "tex").names
        for sides in chains_of(derivation):
            layout = lines(sides, names)
            assert of_mathml(HTML.spell(layout, names.conventions)) == of_latex(TEX.spell(layout, names.conventions))
            sources.append(TYPST.spell(layout, names.conventions))
    compiled(sources)


def test_formulas_of_a_model() -> None:
    check(sb.load(FOLDER / "000_two_layer_sigmoid.model"), ("textbook", "code"))


@pytest.mark.long
@pytest.mark.parametrize(("number", "path"), [pytest.param(*each, id=each[1].stem) for each in enumerate(MODELS)])
def test_formulas_of_all_models(number: int, path: Path) -> None:
    """Two named conventions at each model, so that each of them stands at a third of all models."""
    presets = sorted(PRESETS)
    check(sb.load(path), {presets[number % len(presets)], presets[(number + 1) % len(presets)]})


@pytest.mark.parametrize("preset", PRESETS)
def test_formulas_of_textbooks(preset: str) -> None:
    names = nomenclature(PRESETS[preset], SPACE)
    for formula in (*EXPRESSIONS.values(), *MATRICES.values()):
        assert of_mathml(HTML.formula(formula, names)) == of_latex(TEX.formula(formula, names))
    compiled([TYPST.formula(formula, names) for formula in (*EXPRESSIONS.values(), *MATRICES.values())])


def test_flattening_sees_what_is_turned_round() -> None:
    """The check itself can fail."""
    assert of_mathml("<mfrac><mi>a</mi><mi>b</mi></mfrac>") != of_latex(r"\frac{b}{a}")
    assert of_mathml("<msub><mi>x</mi><mi>i</mi></msub>") == of_latex("x_i") != of_latex("x")
    with pytest.raises(AssertionError):
        parsed("<mfrac><mi>a</mi></mfrac>")


def test_broken_lines() -> None:
    """A side that is too wide goes on in rows with their brackets, in each spelling."""
    names = nomenclature(
        Conventions(), Space(dict.fromkeys([*(f"long{k}" for k in range(12)), "x", "y"], (size("n"),)))
    )
    i = index("i")
    total = sum(((-1) ** (k + 1) * entry(f"long{k}", i) * entry("x", i) for k in range(12)), start=entry("x", i))
    layout = aligned([entry("y", i), entry("x", i) * total], names)
    assert len(layout.lines) > 1
    assert of_mathml(HTML.spell(layout, names.conventions)) == of_latex(TEX.spell(layout, names.conventions))
    source = TYPST.spell(layout, names.conventions)
    assert 'quad class("binary", ' in source  # no sign of a number
    compiled([source])


def names_of(*tensors: str) -> Nomenclature:
    return nomenclature(Conventions(), Space(dict.fromkeys(tensors, (size("n"), size("n")))))


def symbols(formula: Expr, names: Nomenclature) -> list[str]:
    root = ElementTree.fromstring(HTML.inline(HTML.formula(formula, names)))
    return [e.attrib["data-sym"] for e in root.iter() if e.get("class") == "sym"]


def test_symbols_bear_the_names_of_the_model() -> None:
    """Tensors, adjoints and indices go by what they are called inside, however they are shown."""
    names = names_of("W1", "gamma", "y_hat", "dW1")
    i, j = index("i"), index("j")
    assert symbols(entry("W1", i, j), names) == ["W1", "i", "j"]
    assert symbols(entry("gamma", i, j) * entry("y_hat", i, j), names) == ["gamma", "i", "j", "y_hat", "i", "j"]
    assert symbols(entry(adjoint("gamma"), i, j), names) == ["∂gamma", "i", "j"]
    assert symbols(entry(adjoint("W1"), i, j), names) == ["∂W1", "L", "W1", "i", "j"]  # dW1 is another tensor
    assert HTML.name("W1", names_of("W1")).startswith('<msup class="sym" data-sym="W1">')


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("preset", PRESETS)
def test_hostile_names(name: str, preset: str) -> None:
    """What a name holds is text: one symbol with this name in HTML, and no code in Typst."""
    names = nomenclature(PRESETS[preset], Space({name: (size("n"), size("n"))}))
    root = ElementTree.fromstring(HTML.display(HTML.name(name, names)))
    assert name in [element.get("data-sym") for element in root.iter()]
    assert {element.tag for element in root.iter()} <= {
        "math",
        "mi",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mrow",
        "msub",
        "msup",
    }
    compiled([TYPST.name(name, names), TYPST.formula(entry(name, index("i"), index("j")) ** 2, names)])


@pytest.mark.parametrize("words", [*HOSTILE, "= a", "- b", "1. c", "*d* _e_ `f` @g #h [i] $j$ ~ -- ...", "u\n\n= v"])
def test_hostile_words(words: str) -> None:
    """Typst shows the words as they are: no emphasis, no heading, no code."""
    source = f"#let found = [{TYPST.plain(words)}]\n#metadata(found) <words>\n"
    found = typst.query(source.encode(), "<words>", field="value", one=True)
    assert _shown(json.loads(found)) == re.sub(r"\s+", " ", words)
    assert ElementTree.fromstring(f"<p>{HTML.plain(words)}</p>").text == words


def _shown(of: object) -> str:
    """The text of Typst's content; what is no text, space or sequence of these fails."""
    assert isinstance(of, dict) and of["func"] in ("text", "symbol", "space", "sequence", "smartquote"), of
    if of["func"] == "smartquote":
        return '"' if of.get("double", True) else "'"
    return " " if of["func"] == "space" else of.get("text") or "".join(map(_shown, of.get("children", [])))


def test_words_in_markdown_and_latex() -> None:
    assert SPELLINGS["md"].plain("<script> a_b 1 < 2 & [c](d)") == r"\<script> a_b 1 < 2 & \[c\](d)"
    assert TEX.plain("50% of a_b <é> \\write18{x} 漢") == r"50\% of a\_b $<$é$>$ /write18(x) ?"


def test_wrappers() -> None:
    assert [s.inline("x") for s in SPELLINGS.values()] == ["$`x`$", "$x$", "<math>x</math>", "$x$"]
    displayed = ["```math\nx\n```", "\\[\nx\n\\]", '<math display="block">x</math>', "$ x $"]
    assert [s.display("x") for s in SPELLINGS.values()] == displayed


def shown(layout: Layout) -> tuple[str, str]:
    names = names_of("x")
    latex, html = TEX.layout(layout, names), HTML.layout(layout, names)
    assert of_mathml(html) == of_latex(latex)
    compiled([TYPST.layout(layout, names)])
    return latex, text_of(layout, names.conventions)


@pytest.mark.parametrize(
    ("array", "latex", "text"),
    [
        (0.5, "0.5000", "0.5000"),
        (-1234.56, "-1235", "-1235"),
        (0, "0", "0"),
        ([1.5, -0.25], r"\begin{bmatrix} 1.500 \\ -0.250 \end{bmatrix}", "[[1.500], [-0.250]]"),
        (
            [[1, 2], [3, -40]],
            r"\begin{bmatrix} 1.00 & 2.00 \\ 3.00 & -40.00 \end{bmatrix}",
            "[[1.00, 2.00], [3.00, -40.00]]",
        ),
        ([9.9999, -0.00001], r"\begin{bmatrix} 10.00 \\ 0.00 \end{bmatrix}", "[[10.00], [0.00]]"),
        ([1e-9], r"\begin{bmatrix} 1.000 \cdot 10^{-9} \end{bmatrix}", "[[1.000e-9]]"),
        (-np.inf, r"-\infty", "-∞"),
    ],
)
def test_numbers(array: object, latex: str, text: str) -> None:
    assert shown(numbers_grid(array)) == (latex, text)


def test_large_grids() -> None:
    """Of more than six rows or columns the first four and the last."""
    latex, text = shown(numbers_grid(np.arange(70).reshape(7, 10), digits=2))
    assert latex.count(r"\ddots") == 1 and latex.count(r"\vdots") == 5 and latex.count(r"\cdots") == 5
    assert text.startswith("[[0, 1, 2, 3, ⋯, 9], [10, ") and text.endswith("[60, 61, 62, 63, ⋯, 69]]")
    assert "⋯" not in shown(numbers_grid(np.ones((6, 6))))[1]
    with pytest.raises(RenderError, match="no scalar, column or matrix"):
        numbers_grid(np.ones((2, 2, 2)))


def test_shapes_and_chains() -> None:
    names = nomenclature(Conventions(), SPACE)
    assert of_mathml(HTML.shape((size("h"), size("n") + 1), names)) == "h×(n+1)"
    assert of_mathml(HTML.shape((), names)) == "scalar"
    assert of_mathml(HTML.chain([Leaf("x", (size("n"), size("n"))), MATRICES["back"]], names, ":=")).startswith("x:=(W")
