"""How names are shown, and that no two tensors look alike."""

from __future__ import annotations

import itertools

import pytest

from symbackprop.algebra.matrices.grammar import Leaf
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, entry, index, size
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.latex import latex, latex_name
from symbackprop.notation.writing.text import text

n, m = size("n"), size("m")


def names_of(*tensors: str, sampled: tuple[str, ...] = (), **choices: object) -> Nomenclature:
    shapes = dict.fromkeys(tensors, (n, m))
    return nomenclature(Conventions().having(**choices), Space(shapes=shapes), sampled=sampled)


def text_name(name: str, names: Nomenclature) -> str:
    return text(Leaf(name, (n, m)), names=names)


@pytest.mark.parametrize(
    ("name", "marked", "plain", "in_text"),
    [
        ("x", "x", "x", "x"),
        ("W1", "W^{[1]}", "W_1", "W1"),
        ("W12", "W^{[12]}", "W_{12}", "W12"),
        ("alpha", r"\alpha", r"\alpha", "α"),
        ("sigma2", r"\sigma^{[2]}", r"\sigma_2", "σ2"),
        ("σ2", r"\sigma^{[2]}", r"\sigma_2", "σ2"),
        ("omicron", "o", "o", "ο"),
        ("probs", r"\mathrm{probs}", r"\mathrm{probs}", "probs"),
        ("y_hat", r"\hat{y}", r"\hat{y}", "y_hat"),
        ("yhat", r"\hat{y}", r"\hat{y}", "yhat"),
        ("ytilde1", r"\tilde{y}^{[1]}", r"\tilde{y}_1", "ytilde1"),
        ("muhat", r"\hat{\mu}", r"\hat{\mu}", "muhat"),
        ("what", r"\hat{w}", r"\hat{w}", "what"),
        ("chat_x", r"\hat{c}_x", r"\hat{c}_x", "chat_x"),
        ("ŷ", r"\hat{y}", r"\hat{y}", "ŷ"),
        ("é", r"\acute{e}", r"\acute{e}", "é"),
        ("W_q", "W_q", "W_q", "W_q"),
        ("W_q1", "W^{[1]}_q", "W_{q,1}", "W_q1"),
        ("gamma_1", r"\gamma_1", r"\gamma_1", "γ_1"),
        ("w_in", r"w_{\mathrm{in}}", r"w_{\mathrm{in}}", "w_in"),
        ("a1.W", "W^{[1]}", "W_1", "a1.W"),
        ("out.W", "W", "W", "W"),
        ("x2y", r"\mathrm{x2y}", r"\mathrm{x2y}", "x2y"),
        ("a__b", r"a_{\mathrm{\_b}}", r"a_{\mathrm{\_b}}", "a__b"),
        ("w_é", r"w_{\mathrm{\acute{e}}}", r"w_{\mathrm{\acute{e}}}", "w_é"),
        ("w_%", r"w_{\mathrm{\text{U+0025}}}", r"w_{\mathrm{\text{U+0025}}}", "w_%"),
    ],
)
def test_one_name(name: str, marked: str, plain: str, in_text: str) -> None:
    """Letters, Greek, words, layers, subscripts and accents; nothing that could break LaTeX."""
    assert latex_name(name, names_of(name)) == marked
    assert latex_name(name, names_of(name, layers="plain")) == plain
    assert text_name(name, names_of(name)) == in_text


@pytest.mark.parametrize(
    ("tensors", "sampled", "choices", "shown"),
    [
        (("a1.z", "a2.z"), (), {}, ["z^{[1]}", "z^{[2]}"]),
        (("a1.z", "h1.z"), (), {}, [r"z^{[\mathrm{a1}]}", r"z^{[\mathrm{h1}]}"]),
        (("W1", "a1.W"), (), {}, ["W^{[1]}", r"W^{[\mathrm{a1}]}"]),
        (("z1", "x", "probs"), ("z1", "x", "probs"), {}, ["Z^{[1]}", "X", r"\mathrm{probs}"]),
        (("z1", "x"), ("z1", "x"), {"batch": "same"}, ["z^{[1]}", "x"]),
        (("z1", "Z1"), ("z1",), {}, ["z^{[1]}", "Z^{[1]}"]),
        (("W1", "W_1"), (), {}, ["W^{[1]}", "W_1"]),
        (("W1", "W_1"), (), {"layers": "plain"}, [r"\mathrm{W1}", r"\mathrm{W\_1}"]),
        (("x_bar", "x"), (), {"adjoint": "bar"}, [r"x_{\mathrm{bar}}", "x"]),
    ],
)
def test_names_beside_each_other(tensors: tuple, sampled: tuple, choices: dict, shown: list[str]) -> None:
    """Capitals for samples and short layer marks, unless two tensors would look alike."""
    names = names_of(*tensors, sampled=sampled, **choices)
    assert [latex_name(tensor, names) for tensor in tensors] == shown


@pytest.mark.parametrize(
    ("tensors", "style", "shown"),
    [
        (("W1", "z1"), "d", ["dW^{[1]}", "dz^{[1]}"]),
        (("W1", "dW1"), "d", [r"\frac{\partial L}{\partial W^{[1]}}", r"d\mathrm{dW}^{[1]}"]),
        (("z1", "W1"), "delta", [r"\delta^{[1]}", r"\frac{\partial L}{\partial W^{[1]}}"]),
        (
            ("z1", "delta1"),
            "delta",
            [r"\frac{\partial L}{\partial z^{[1]}}", r"\frac{\partial L}{\partial \delta^{[1]}}"],
        ),
        (("y_hat", "x"), "bar", [r"\frac{\partial L}{\partial \hat{y}}", r"\bar{x}"]),
        (("x",), "nabla", [r"\nabla_x L"]),
    ],
)
def test_adjoints(tensors: tuple, style: str, shown: list[str]) -> None:
    """The longer form of an adjoint where the short one is the name of a tensor."""
    names = names_of(*tensors, adjoint=style)
    assert [latex_name(adjoint(tensor), names) for tensor in tensors] == shown


AWKWARD = ("W1", "W_1", "a1.W", "h1.W", "Z1", "z1", "z_1", "dz1", "delta1", "z_bar", "z_hat", "zhat", "W_a1")


@pytest.mark.parametrize("layers", ["[l]", "(l)", "plain"])
@pytest.mark.parametrize("style", ["d", "partial", "nabla", "bar", "delta"])
def test_no_two_names_look_alike(layers: str, style: str) -> None:
    """Tensors and adjoints of a model with awkward names all differ, in LaTeX and in text."""
    names = names_of(*AWKWARD, sampled=("z1", "z_1"), layers=layers, adjoint=style)
    everything = [*AWKWARD, *map(adjoint, AWKWARD)]
    for write in (latex_name, text_name):
        for one, other in itertools.combinations(everything, 2):
            assert write(one, names) != write(other, names), (one, other)


def test_entries_of_names_with_subscripts() -> None:
    """A second subscript stands behind brackets."""
    names = names_of("W_q", "W_q1")
    i, j = index("i"), index("j")
    assert latex(entry("W_q", i, j), names=names) == "(W_q)_{ij}"
    assert latex(entry("W_q1", i, j), names=names) == "(W^{[1]}_q)_{ij}"


@pytest.mark.parametrize(
    ("name", "marked", "plain"),
    [
        ("w1_1_2", "w^{[1]}_{1,2}", "(w_1)_{1,2}"),
        ("b1_10", "b^{[1]}_{10}", "(b_1)_{10}"),
        ("x_12", "x_{12}", "x_{12}"),
        ("W_q_1", "(W_q)_1", "(W_q)_1"),
        ("y_hat_2", r"\hat{y}_2", r"\hat{y}_2"),
        ("a1.W_1_2", "W^{[1]}_{1,2}", "(W_1)_{1,2}"),
        ("rest_1", r"\mathrm{rest}_1", r"\mathrm{rest}_1"),
    ],
)
def test_scalars_named_after_entries(name: str, marked: str, plain: str) -> None:
    """A scalar with the name of an entry is shown as that entry; a power of it keeps its brackets."""
    space = Space(shapes={name: ()})
    for layers, shown in (("[l]", marked), ("plain", plain)):
        names = nomenclature(Conventions(layers=layers), space)
        assert latex(entry(name), names=names) == shown
        assert text(entry(name), names=names) == name
    assert latex(entry("w1_1_2") ** 2, space=Space(shapes={"w1_1_2": ()})) == "(w^{[1]}_{1,2})^2"


def test_a_scalar_beside_the_entry_of_its_name() -> None:
    """Two scalars never look alike, whatever their names say."""
    names = nomenclature(Conventions(layers="plain"), Space(shapes={"w_1_1": (), "w1_1": (), "w_1": ()}))
    shown = [latex(entry(name), names=names) for name in ("w_1_1", "w1_1", "w_1")]
    assert len(set(shown)) == 3
