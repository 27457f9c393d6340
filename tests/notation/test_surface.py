"""The surface parser: trees of formulas as people write them, their places, its errors and its bounds."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.errors import LimitError, NotationError, SymbackpropError
from symbackprop.notation.source import Source, Span, source_of
from symbackprop.notation.surface.grammar import MAX_LENGTH, parse
from symbackprop.notation.surface.macros import Macro, macros_of
from symbackprop.notation.surface.tokens import GREEK, LETTER_COMMANDS, LETTERS, SIGN_COMMANDS, SIGNS
from symbackprop.notation.surface.tree import Fence, Number, Piece, Scripted, Word, children, walk, with_children
from tests.notation import claim_cases
from tests.notation.surface_cases import LATEX, LATEX_ERRORS, TEXT, TEXT_ERRORS
from tests.notation.surface_shown import shown, shown_pieces

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def parsed(text: str, markup: str = "latex", macros: tuple[Macro, ...] = ()) -> tuple[Piece, ...]:
    return parse(source_of(text), Span(0, len(text)), markup, macros)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------ trees


@pytest.mark.parametrize(("text", "tree"), LATEX)
def test_latex(text: str, tree: str) -> None:
    assert shown_pieces(parsed(text)) == tree


@pytest.mark.parametrize(("text", "tree"), TEXT)
def test_text(text: str, tree: str) -> None:
    assert shown_pieces(parsed(text, "text")) == tree


@pytest.mark.parametrize("line", ["", "  ", "\n", "% words", r"\quad \label{a}"])
def test_nothing_is_no_piece(line: str) -> None:
    assert parsed(line) == ()


SAME = (
    (r"dz^{[1]} = W^{[2]T} dz^{[2]} \odot \sigma'(z^{[1]})", "dz^{[1]} = W^{[2]T} dz^{[2]} ⊙ σ'(z^{[1]})"),
    (r"\hat y_i - y_i", "ŷ_i - y_{i}"),
    (r"a^{(1)T} x^2 W_1 y^\top", "a^{(1)T} x² W₁ yᵀ"),
    (r"\sum_{j=1}^n x_{j} \cdot y", "∑_{j=1}^n x_{j} · y"),
    (r"\partial L/\partial z \le \nabla_{W} L", "∂L/∂z ≤ ∇_{W} L"),
    (r"\|x\|^2 + |y - 1|", "‖x‖² + |y - 1|"),
    (r"\alpha \gets \beta \to \infty", "α ← β → ∞"),
    (r"[0, 1) \in \mathbb{R}", "[0, 1) ∈ ℝ"),
    (r"\max_{k} x_{k} \ne \sqrt{y}", "max_{k} x_{k} ≠ √y"),
    (r"f''(x) \Rightarrow g", "f″(x) ⇒ g"),
)


@pytest.mark.parametrize(("latex", "text"), SAME)
def test_both_markups_and_unicode_make_one_tree(latex: str, text: str) -> None:
    """Brackets are tight in either; only in LaTeX white space means nothing."""

    def plain(pieces: tuple[Piece, ...]) -> str:
        return shown_pieces(pieces).replace("!", "")

    assert plain(parsed(latex)) == plain(parsed(text, "text"))
    assert plain(parsed(latex)) == plain(parsed(re.sub(r"(?<=_)(\w)", r"{\1}", text), "latex"))


@pytest.mark.parametrize("command", sorted(LETTER_COMMANDS))
def test_a_letter_is_the_same_by_command_and_by_character(command: str) -> None:
    (by_command,) = parsed(rf"\{command}")
    assert isinstance(by_command.node, Word)
    for character, name in LETTERS.items():
        if name == LETTER_COMMANDS[command] and name != "⊤":  # as a character it is raised
            for markup in ("latex", "text"):
                (by_character,) = parsed(f"x + {character}", markup)
                assert shown(by_character.node) == f"(sum +x +{name})"


@pytest.mark.parametrize("command", sorted(SIGN_COMMANDS))
def test_a_sign_is_the_same_by_command_and_by_character(command: str) -> None:
    name = SIGN_COMMANDS[command]
    by_command = shown_pieces(parsed(rf"a \{command} b"))
    for character in (character for character, sign in SIGNS.items() if sign == name):
        assert shown_pieces(parsed(f"a {character} b", "text")) == by_command


def test_the_greek_letters_have_their_names() -> None:
    for name, letter in GREEK.items():
        assert shown_pieces(parsed(f"{letter}1", "text")) == f"{name}1"
        assert shown_pieces(parsed(rf"\{name}")) == name if name in LETTER_COMMANDS else True


TIGHTER = [("·", "⊙"), ("@", "*"), ("/", "×"), ("⊙", "+"), ("*", "-"), ("+", "="), ("·", "≤"), ("/", "⊗")]


@pytest.mark.parametrize(("tight", "loose"), TIGHTER)
def test_signs_bind_by_their_kind(tight: str, loose: str) -> None:
    (piece,) = parsed(f"a {tight} b {loose} c {tight} d", "text")
    left, right = children(piece.node)
    assert {shown(left), shown(right)} in (
        {f"<a {tight}b>", f"<c {tight}d>"},
        {f"(sum +a {tight}b)", f"(sum +c {tight}d)"},
    )


def test_scripts_bind_tightest() -> None:
    assert shown_pieces(parsed("-a^2 b_{i}' / c", "text")) == "(sum -<(scr a ^2) (scr b _i ') /c>)"


# ----------------------------------------------------------------------------------------------------------- macros


def test_macros_of_a_note_are_expanded_elsewhere() -> None:
    note = source_of(
        r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\z#1{z^{[#1]}} \DeclareMathOperator*{\am}{argmax}"
    )
    macros = macros_of(note)
    assert [(macro.name, macro.arguments) for macro in macros] == [("pd", 2), ("z", 1), ("am", 0)]
    assert shown_pieces(parsed(r"\pd{L}{\z{1}} + \am_k x", macros=macros)) == (
        "(sum +(frac <∂ L> <∂ (scr z ^[1])>) +(argmax k ~ : x))"
    )


def test_what_a_macro_stands_for_is_placed_where_it_is_called() -> None:
    text = r"a + \z{1}"
    (piece,) = parsed(text, macros=(Macro("z", 1, "z^{#1}"),))
    power = next(node for node in walk(piece.node) if isinstance(node, Scripted))
    assert text[power.span.start : power.span.end] == r"\z{1}"


@pytest.mark.parametrize("body", [r"\a", r"\a\a", r"\a{#1#1}", r"{\a}", r"\text{$\a$}"])
def test_macros_without_end_are_refused(body: str) -> None:
    with pytest.raises(LimitError, match="expands without end"):
        parsed(r"\a{x}", macros=(Macro("a", body.count("#1") and 1, body),))


# ----------------------------------------------------------------------------------------------------------- places

PLACES = (
    (
        "latex",
        r"dz^{[1]} = W^{[2]T} \odot \sigma'(z)",
        {
            "dz": "dz",
            "(scr dz ^[1])": "dz^{[1]}",
            "sigma": r"\sigma",
            "(scr sigma ')": r"\sigma'",
            "(!z)": "(z)",
            "<[2] T>": "[2]T",
        },
    ),
    (
        "latex",
        r"\frac{\partial L}{\partial \hat{y}_i}",
        {
            "<∂ L>": r"\partial L",
            "(hat y)": r"\hat{y}",
            "(scr (hat y) _i)": r"\hat{y}_i",
        },
    ),
    (
        "latex",
        r"{W^{(2)}}^\top \left(a + b\right)",
        {
            "(scr W ^(2))": "W^{(2)}",
            "(scr (scr W ^(2)) ^⊤)": r"{W^{(2)}}^\top",
            "(!(sum +a +b))": r"\left(a + b\right)",
        },
    ),
    (
        "latex",
        r"\text{if } x = \mathrm{softmax}(S)",
        {
            "'if'": r"\text{if }",
            "softmax:upright": r"\mathrm{softmax}",
        },
    ),
    (
        "latex",
        r"\sum_{i=1}^{m} x_i y",
        {
            "(sum (rel i = 1) m : <(scr x _i) y>)": r"\sum_{i=1}^{m} x_i y",
            "(rel i = 1)": "i=1",
        },
    ),
    (
        "text",
        "dW₁ᵢⱼ = ½ ŷ xᵀ[i,j] ∂L/∂W1",
        {
            "dW": "dW",
            "<1 ij>": "₁ᵢⱼ",
            "½": "½",
            "(hat y)": "ŷ",
            "(scr x ^⊤)": "xᵀ",
            "[!(list i , j)]": "[i,j]",
            "<∂ W1>": "∂W1",
        },
    ),
    (
        "text",
        "a = sum_j W[j] x + 1",
        {
            "(sum j ~ : <W [!j] x>)": "sum_j W[j] x",
            "(rel a = (sum +(sum j ~ : <W [!j] x>) +1))": "a = sum_j W[j] x + 1",
        },
    ),
    (
        "text",
        "y = a if p else b",
        {
            "(cases a & p ; b)": "a if p else b",
        },
    ),
)


@pytest.mark.parametrize(("markup", "text", "places"), PLACES)
def test_a_node_knows_its_place(markup: str, text: str, places: dict[str, str]) -> None:
    found = {
        shown(node): text[node.span.start : node.span.end]
        for piece in parsed(text, markup)
        for node in walk(piece.node)
    }
    assert places.items() <= found.items()


@pytest.mark.parametrize(("markup", "text"), [*(("latex", t) for t, _ in LATEX), *(("text", t) for t, _ in TEXT)])
def test_places_nest(markup: str, text: str) -> None:
    """A part stands within the whole, and a number where its digits are, but for what a macro brings."""
    for piece in parsed(text, markup):
        for node in walk(piece.node):
            for part in children(node):
                assert node.span.start <= part.span.start <= part.span.end <= node.span.end
            if isinstance(node, Number) and not text[node.span.start : node.span.end].startswith("\\"):
                written = unicodedata.normalize("NFKC", text[node.span.start : node.span.end])
                assert written == unicodedata.normalize("NFKC", node.written)


def test_places_count_from_the_start_of_the_whole_text() -> None:
    source = source_of("words $a + b$ words")
    (piece,) = parse(source, Span(7, 12), "latex")
    assert source.written(piece.node.span) == "a + b"


# ----------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(("text", "what", "fix"), LATEX_ERRORS)
def test_errors_in_latex(text: str, what: str, fix: str) -> None:
    _refused(text, "latex", what, fix)


@pytest.mark.parametrize(("text", "what", "fix"), TEXT_ERRORS)
def test_errors_in_text(text: str, what: str, fix: str) -> None:
    _refused(text, "text", what, fix)


def _refused(text: str, markup: str, what: str, fix: str) -> None:
    with pytest.raises(NotationError) as caught:
        parsed(text, markup)
    assert (caught.value.what, caught.value.fix) == (what, fix)
    assert caught.value.where is not None
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r"x + \foo y", r"\foo"),
        ("a + (b", "("),
        (r"\frac{a}{b", "{"),
        ("a * = b", "="),
        ("f(x] + 1", "]"),
        ("a 1 2", "2"),
    ],
)
def test_an_error_is_where_it_is(text: str, place: str) -> None:
    with pytest.raises(NotationError) as caught:
        parsed(text)
    where = caught.value.where
    assert where is not None
    assert text[where.column - 1 : where.column - 1 + where.length] == place


# ----------------------------------------------------------------------------------------------------------- bounds

MANY = 9_000
HOSTILE = {
    "brackets": "(" * 10_000,
    "pairs": "(" * 5_000 + ")" * 5_000,
    "closing": ")" * MANY,
    "braces": "{" * MANY,
    "primes": "x" + "'" * 5_000,
    "powers": "x" + "^a" * 4_000,
    "minus": "-" * MANY,
    "plus": "a+" * 4_000 + "b",
    "bars": "|" * MANY,
    "bars between": "a|b " * 2_000,
    "roots": "√" * MANY,
    "prefixes": "∂" * MANY,
    "sums": "∑" * MANY,
    "commands": r"\frac" * 2_000,
    "hats": r"\hat" * 2_000,
    "not": r"\not" * 2_000,
    "fonts": r"\mathbf{" * 1_000,
    "conditions": "a if " * 1_800,
    "elses": "a if b else " * 700,
    "nested": "(a if " * 50 + "b" + " else c)" * 50,
    "rows": r"\\" * 4_000,
    "cells": r"\begin{matrix}" + "&" * MANY + r"\end{matrix}",
    "environments": r"\begin{cases}" * 600,
    "over": r"a\over " * 1_000,
    "left": r"\left(" * 1_500,
    "text": r"\text{" * 1_500,
    "digits": "1" * MANY,
    "exponent": "1e" + "9" * 400,
    "lowered": "x" + "ᵢ" * MANY,
    "accents": "x" + "\u0302" * MANY,
    "scripts": "^_'" * 3_000,
    "slices": "x[" + ":" * 5_000 + "]",
    "quantifiers": "for all i, " * 900,
    "words": "where " * 1_500,
    "equals": "a=" * 4_000,
    "substacks": r"\substack{" * 100 + "}" * 100,
    "a million": "x\n" * 500_000,
    "bits": r"\def\a#1{#1#1#1#1}" + r"\a{" * 30 + "x" + "}" * 30,
    "definitions": "".join(rf"\def\{c}{{\{n}\{n}\{n}}}" for c, n in zip("abcdefghijkl", "bcdefghijklm", strict=True))
    + r"\def\m{x}\a",
    "backslash": "\\",
    "comment": "%" * MANY,
    "cut": r"\frac{a",
    "mixed": "({[|" * 12,
    "matrices": r"\begin{matrix}" * 45 + r"\end{matrix}" * 45,
    "deep": "(" * 49 + "x" + ")" * 49,
    "deep fractions": r"\frac{" * 24 + "x" + "}{y}" * 24,
    "deep scripts": "x_{" * 45 + "y" + "}" * 45,
}


@pytest.mark.parametrize("markup", ["latex", "text"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_soon(name: str, markup: str) -> None:
    text = HOSTILE[name]
    began = time.process_time()
    try:
        parsed(text, markup)
    except SymbackpropError as error:
        str(error)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("markup", ["latex", "text"])
def test_depth_is_bounded_and_what_is_not_too_deep_is_read(markup: str) -> None:
    assert parsed("(" * 49 + "x" + ")" * 49, markup)
    with pytest.raises(LimitError, match="nested too deep"):
        parsed("(" * 60 + "x" + ")" * 60, markup)


def test_length_is_bounded() -> None:
    with pytest.raises(LimitError, match="50,001 characters"):
        parsed("x\n" * (MAX_LENGTH // 2) + "y")


SIGNS_AND_COMMANDS = r"""
    { } ( ) [ ] | \| ^ _ ' x dz 1 2.5 + - * / = < , ; : . .. … # % $ @ ⊙ √ ∂ ∑ ᵀ ₁ ½ ŷ 𝒙 & |_ |a 1_
    {} a. e- max _{i=1}
    \ \\ \frac \sqrt \left \right \big \sum \max \arg \hat \mathbf \mathrm \mathsf \mathbin \rm \text{if} \text{ab}
    \begin{cases} \end{cases} \over \nabla \quad \overset \underset \not \underbrace \substack \def\q \star
    \boxed \color \tag
"""
PARTS = [*SIGNS_AND_COMMANDS.split(), " ", "\n", "\t", "if ", "else ", "and ", "for all ", "{x if y; z}", "sum_j "]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=16).map("".join), st.sampled_from(["latex", "text"]))
def test_no_mixture_of_signs_crashes(text: str, markup: str) -> None:
    _survives(text, markup)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["latex", "text"]))
def test_no_text_crashes(text: str, markup: str) -> None:
    _survives(text, markup)


def _survives(text: str, markup: str) -> None:
    source = Source("<text>", text, (0, *(place + 1 for place, c in enumerate(text) if c == "\n")))
    try:
        pieces = parse(source, Span(0, len(text)), markup)  # type: ignore[arg-type]
    except SymbackpropError as error:
        assert str(error)
    else:
        assert all(0 <= node.span.start <= node.span.end <= len(text) for piece in pieces for node in walk(piece.node))


# ----------------------------------------------------------------------------------- the project's own formulas


def _claims() -> Iterator[str]:
    for name in dir(claim_cases):
        cases = getattr(claim_cases, name)
        if isinstance(cases, list) and cases and isinstance(cases[0], tuple):
            yield from (case[0] for case in cases)


@pytest.mark.parametrize("claim", sorted(set(_claims())))
def test_claims_are_read(claim: str) -> None:
    assert parsed(claim, "latex" if "\\" in claim else "text")


FORMULAS = {
    ".md": re.compile(r"```math\n(.+?)```|\$`(.+?)`\$", re.DOTALL),
    ".tex": re.compile(r"\\\[(.+?)\\\]|(?<!\\)\$([^$]+?)\$", re.DOTALL),
}


@pytest.mark.parametrize("path", sorted((*EXAMPLES.glob("*.md"), *EXAMPLES.glob("*.tex"))), ids=lambda path: path.name)
def test_documents_are_read(path: Path) -> None:
    formulas = [found[1] or found[2] for found in FORMULAS[path.suffix].finditer(path.read_text(encoding="utf-8"))]
    assert formulas
    signs = {formula for formula in formulas if re.fullmatch(r"\\[A-Za-z]+\s*", formula)}  # of which a sentence speaks
    for formula in {*formulas} - signs:
        assert parsed(formula)


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.model")), ids=lambda path: path.name)
def test_equations_of_models_are_read(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "=" in line.partition("#")[0]]
    assert lines
    for line in lines:
        (piece,) = parsed(line, "text")
        assert not any(isinstance(node, Fence) and not node.opening for node in walk(piece.node))


def test_a_node_is_rebuilt_from_its_parts() -> None:
    for text, _ in TEXT:
        for piece in parsed(text, "text"):
            assert all(with_children(node, children(node)) == node for node in walk(piece.node))
