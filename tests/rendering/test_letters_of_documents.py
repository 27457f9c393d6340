r"""What the LaTeX of documents must never have: read off the text alone, by regular expressions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ALL = sorted([*EXAMPLES.glob("*.model"), *(EXAMPLES / "networks").glob("*.model")])
FEW = ("000_two_layer_generic", "002_two_layer_sigmoid", "attention_masked", "embedding", "layer_norm", "rnn")

BOUND = re.compile(r"\\(?:sum|max|mathrm\{argmax\}\})_(\{[^{}=]*=|\{[a-z](?:,[a-z])*\}|[a-z])")
SYMBOL = re.compile(r"^\| \$`(.*?)`\$ \| \w+ \| \$`(.*?)`\$", re.MULTILINE)


def bound_letters(text: str) -> set[str]:
    """The letters under the signs of sums and maxima."""
    return {letter for under in BOUND.findall(text) for letter in re.findall(r"(?<![\\a-z])[a-z](?![a-z])", under)}


def letters_with_meaning(text: str) -> set[str]:
    """The letters of the table of symbols: the first one of each tensor, and those of the sizes in shapes."""
    found: set[str] = set()
    for symbol, shape in SYMBOL.findall(text):
        bare = re.sub(r"\\(?:hat|bar|tilde)\{(.*?)\}", r"\1", symbol)
        name = re.match(r"\\[a-z]+\{?|[A-Za-z]", bare)
        assert name is not None
        found.add(name[0])
        found |= set(re.findall(r"(?<![\\a-zA-Z])[a-z](?![a-z])", shape))
    return found


@pytest.fixture(scope="module")
def documents() -> dict[Path, str]:
    return {}


def written(path: Path, documents: dict[Path, str]) -> str:
    if path not in documents:
        documents[path] = document_text(sb.derive(sb.load(path), checks=False), "md", detail="every-step")
    return documents[path]


MODELS = [pytest.param(path, id=path.stem, marks=() if path.stem in FEW else pytest.mark.long) for path in ALL]


@pytest.mark.parametrize("path", MODELS)
def test_no_bound_letter_has_another_meaning(path: Path, documents: dict[Path, str]) -> None:
    """The index of a sum is no tensor and no size of the document."""
    text = written(path, documents)
    assert bound_letters(text) & letters_with_meaning(text) == set()


CROWDED = (
    "bilinear", "char_lstm", "cnn_digits", "conv1d", "conv1d_groups", "flatten", "group_norm", "lstm", "lstm_peepholes",
    "max_pool", "max_pool2d", "rnn_bidirectional", "rnn_many_to_one", "rnn_two_layers", "transformer_block",
    "transformer_copy", "transformer_post",
)  # fmt: skip
"""Networks with more indices over their axes, in every step, than there are free letters; there some are shared."""


@pytest.mark.parametrize("path", [case for case in MODELS if case.id not in CROWDED])
def test_no_axis_has_two_sums_of_one_letter_and_other_lengths(path: Path, documents: dict[Path, str]) -> None:
    """A letter under a sum runs over one axis in the whole document."""
    lengths: dict[str, set[str]] = {}
    for letter, high in re.findall(r"\\sum_\{([a-z])=1\}\^(\{(?:[^{}]|\{[^{}]*\})*\}|.)", written(path, documents)):
        lengths.setdefault(letter, set()).add(high.strip("{}"))
    assert {letter: found for letter, found in lengths.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", MODELS)
def test_what_nobody_writes(path: Path, documents: dict[Path, str]) -> None:
    """No sum of one term, no number that cancels, no shapes of scalars alone, no name in code points."""
    text = written(path, documents)
    unwanted = (
        r"=1\}\^\{?1\}?[ }]",
        r"\\frac\{1\}\{2\} (?:\\cdot )?2\b",
        r"\\frac\{1\}\{[a-zA-Z]\} (?:\\cdot )?\d",
        r"\) \\frac\{1\}\{1 - ",
        r"Shapes: \$`[^`]*= (?:\(1 \\times 1\)|[ +]|\\odot)+`",
        r"U\+|[a-z]hat\}|tilde\}",
    )
    assert [pattern for pattern in unwanted if re.search(pattern, text)] == []


VAE = "input x[2]\nparameter mu[2], y[2]\nL0 = half_squared_error(mu, y)\nloss L = L0 + sum(i, x[i]^2)"


def test_a_half_times_two() -> None:
    """½ ‖μ - y‖² has the slope μ - y."""
    assert sb.text(sb.derive(sb.parse(VAE)), "mu", level="index") == "dμ[i] = μ[i] - y[i]"


def test_a_mean_of_squares() -> None:
    """1/n times 2 is 2/n."""
    model = sb.parse("size n\ninput x[n]\nparameter w[n]\nloss L = 1/n * sum(i, (w[i] - x[i])^2)")
    assert sb.latex(sb.derive(model), "w", level="index") == r"dw_i = \frac{2}{n} (w_i - x_i)"


def test_the_loss_is_no_value_to_fold_into() -> None:
    """softplus' is σ of its argument, not 1 - e^(-L)."""
    model = sb.parse("input x\nparameter w\nz = w x\nloss L = softplus(z)")
    assert sb.text(sb.derive(model), "z", level="index") == "dz = σ(z)"


def test_a_letter_for_each_axis() -> None:
    """Weights of two layers: inputs, hidden units and outputs keep their letters, in sums and outside of them."""
    model = sb.parse(
        "size n, h, c\ninput x[n]\ntarget y[c]\nparameter W1[h,n], W2[c,h]\nz1 = W1 x\na1 = tanh(z1)\n"
        "z2 = W2 a1\nloss L = half_squared_error(z2, y)"
    )
    found = sb.derive(model)
    assert [sb.text(found, name, level="index") for name in ("W2", "a1", "W1")] == [
        "dW2[k,i] = dz2[k] a1[i]",
        "da1[i] = ∑_k W2[k,i] dz2[k]",
        "dW1[i,j] = dz1[i] x[j]",
    ]


def test_an_index_is_no_tensor() -> None:
    """A tensor called k, or a function, takes its letter from the indices."""
    model = sb.parse("size n\ninput k[n]\nparameter i[n,n]\nz = i k\nloss L = sum(z^2)")
    text = document_text(sb.derive(model), "md", detail="every-step")
    assert not bound_letters(text) & {"i", "k", "n", "z"}


def test_one_entry_needs_no_index() -> None:
    """With one output, its error is a number, and the weights that lead to it have one row."""
    model = sb.parse("size n\ninput x[n]\ntarget y[1]\nparameter W[1,n]\nz = W x\nloss L = half_squared_error(z, y)")
    found = sb.derive(model)
    assert sb.text(found, "z", level="index") == "dz = z - y"
    assert sb.text(found, "W", level="index") == "dW[1,j] = dz x[j]"


def test_a_quotient_of_scalars_is_one_fraction() -> None:
    """The slope of the binary cross-entropy, as in every textbook."""
    model = sb.parse("target y[1] binary\nparameter a[1]\nloss L = binary_cross_entropy(a, y)")
    assert sb.latex(sb.derive(model), "a") == r"da = \frac{1 - y}{1 - a} - \frac{y}{a}"


def test_the_errors_come_first_in_both_forms() -> None:
    """What comes back through the weights stands before the slope of the activation, entry by entry and as matrices."""
    model = sb.load(EXAMPLES / "softmax_classifier.model")
    one = sb.derive(model.one_sample(), checks=False)
    assert sb.text(one, "z1") == "dz1 = (W2ᵀ dz2) ⊙ ReLU'(z1)"
    by_entry = r"dz1\[(\w)\] = \(∑_(\w) W2\[\2,\1\] dz2\[\2\]\) 1\[z1\[\1\] > 0\]"
    assert re.fullmatch(by_entry, sb.text(one, "z1", level="index"))


SCALAR = [
    ("001_linear_1_1_2_1", {}, "w^{[3]}_{1,1}", "2 a^{[2]}_1 (a^{[3]} - y)"),
    ("002_two_layer_sigmoid", {"n": 2, "h": 2}, "b^{[2]}_1", "a^{[2]} - y"),
    ("002_two_layer_sigmoid", {"n": 2, "h": 2}, "w^{[2]}_{1,2}", "a^{[1]}_2 (a^{[2]} - y)"),
]


@pytest.mark.parametrize(("name", "sizes", "leaf", "own"), SCALAR)
def test_single_operations_end_in_the_names_of_the_model(name: str, sizes: dict[str, int], leaf: str, own: str) -> None:
    """The last form of a derivative has no letter of an operation in it."""
    text = document_text(sb.scalars(sb.load(EXAMPLES / f"{name}.model"), sizes, checks=False), "md")
    item = next(part for part in text.split("\n### ") if part.split("\n")[0].endswith(f"the parameter $`{leaf}`$"))
    chain = item.split("```math")[-1].split("```")[0].replace(r"\end{aligned}", "")
    assert chain.split("= ")[-1].strip() == own
