"""Model files: each form of statement gives the equations that a person would build by hand."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Piecewise, Rational, Sum, cos, erf, exp, floor, log, pi, sin, sqrt

from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply, Guard, Maximum, entry, index, size, total
from symbackprop.errors import LimitError, NotationError, SymbackpropError
from symbackprop.model.model import Model
from symbackprop.notation.reading.model_text import load, read_model

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
DOCUMENT = Path(__file__).parents[2] / "docs" / "model_files.md"

i, j, k, t, u = (index(name) for name in "ijktu")
n, h, m, K, T = (size(name) for name in ("n", "h", "m", "K", "T"))


def x(*at):
    return entry("x", *at)


def W(*at):
    return entry("W", *at)


DECLARED = """
size n, h
size n >= K
input x[n], X[n,n], y[n] positive, g[h]
constant c, d
parameter W[h,n], V[n,h], A[n,n]
function f(x)
function cube(x) = x^3
"""


def equation(text: str):
    """The indices, the shape and the right side of `q` in a model of the declarations above."""
    model = read_model(f"{DECLARED}{text}\nloss L = c sum(W) sum(V) sum(A) d")
    found = model.equation("q")
    return found.indices, model.tensor("q").shape, found.expression


MATRIX_FORM = [
    ("q = W x", (h,), total(W(i, j) * x(j), (j, n))),
    ("q = W x + g", (h,), total(W(i, j) * x(j), (j, n)) + entry("g", i)),
    ("q = W @ x", (h,), total(W(i, j) * x(j), (j, n))),
    ("q = W·x", (h,), total(W(i, j) * x(j), (j, n))),
    ("q = x V", (h,), total(x(j) * entry("V", j, i), (j, n))),
    ("q = Vᵀ x", (h,), total(x(j) * entry("V", j, i), (j, n))),
    ("q = x^T V", (h,), total(x(j) * entry("V", j, i), (j, n))),
    ("q = W V", (h, h), total(W(i, k) * entry("V", k, j), (k, n))),
    ("q = g x^T", (h, n), entry("g", i) * x(j)),
    ("q = (W ⊙ Vᵀ) x", (h,), total(W(i, j) * entry("V", j, i) * x(j), (j, n))),
    ("q = W * V^T", (h, n), W(i, j) * entry("V", j, i)),
    ("q = W x ⊙ g", (h,), total(W(i, j) * x(j), (j, n)) * entry("g", i)),
    ("q = c W x/2", (h,), entry("c") * total(W(i, j) * x(j), (j, n)) / 2),
    ("q = 1/n x", (n,), x(i) / n),
    ("q = 1/x", (n,), 1 / x(i)),
    ("q = x/y", (n,), x(i) / entry("y", i)),
    ("q = -x^2 + 1", (n,), 1 - x(i) ** 2),
    ("q = x^-½", (n,), 1 / sqrt(x(i))),
    ("q = 0.1 x − 2e-3", (n,), x(i) / 10 - Rational(1, 500)),
    ("q = sigmoid(W x)", (h,), Apply("sigmoid", total(W(i, j) * x(j), (j, n)))),
    ("q = σ(x)", (n,), Apply("sigmoid", x(i))),
    ("q = f(x)", (n,), Apply("f", x(i))),
    ("q = cube(2x)", (n,), Apply("cube", 2 * x(i))),
    ("q = exp(x) + ln(x) + sqrt(x)", (n,), exp(x(i)) + log(x(i)) + sqrt(x(i))),
    ("q = sin(x) + cos(x) + erf(x)", (n,), sin(x(i)) + cos(x(i)) + erf(x(i))),
    ("q = pi x", (n,), pi * x(i)),
    ("q = c(x + y)", (n,), entry("c") * (x(i) + entry("y", i))),
    ("q = c (x + y)^2", (n,), entry("c") * (x(i) + entry("y", i)) ** 2),
    ("q = max(0, x)", (n,), Apply("relu", x(i))),
    ("q = x if x > 0 else c x", (n,), Piecewise((x(i), x(i) > 0), (entry("c") * x(i), True))),
    ("q = softmax(x)", (n,), exp(x(i)) / total(exp(x(j)), (j, n))),
    ("q = sum(x)", (), total(x(i), (i, n))),
    ("q = sum(W^2)", (), total(W(i, j) ** 2, (i, h), (j, n))),
    ("q = mean(x)", (), total(x(i), (i, n)) / n),
    ("q = max(x)", (), Maximum(x(i), (i, n))),
    ("q = logsumexp(x)", (), log(total(exp(x(i)), (i, n)))),
    ("q = x · y", (), total(x(i) * entry("y", i), (i, n))),
    ("q = x^T y", (), total(x(i) * entry("y", i), (i, n))),
    ("q = x^T A x", (), total(total(x(j) * entry("A", j, i), (j, n)) * x(i), (i, n))),
    ("q = X^T x", (n,), total(entry("X", j, i) * x(j), (j, n))),
]  # fmt: skip

INDEX_FORM = [
    ("q[i] = sum(j, W[i,j] x[j])", (h,), total(W(i, j) * x(j), (j, n))),
    ("q[k] = W[k,0] + 1", (h,), W(k, 0) + 1),
    ("q[k] = (W x)[k]", (h,), total(W(k, i) * x(i), (i, n))),
    ("q[i] = X[i,i]", (n,), entry("X", i, i)),
    ("q[i] = softmax(i, x[i])", (n,), exp(x(i)) / total(exp(x(j)), (j, n))),
    ("q[i,k] = softmax(k, W[i,k])", (h, n), exp(W(i, k)) / total(exp(W(i, j)), (j, n))),
    ("q[i] = logsumexp(k, W[i,k])", (h,), log(total(exp(W(i, k)), (k, n)))),
    ("q[i] = mean(k, W[i,k])", (h,), total(W(i, k), (k, n)) / n),
    ("q[i] = max(k, W[i,k])", (h,), Maximum(W(i, k), (k, n))),
    ("q[i] = i x[i] / n", (n,), i * x(i) / n),
    ("q[i] = x[i] if i < K else 0", (n,), Piecewise((x(i), i < K), (0, True))),
    ("q = sum(i, j, W[i,j] V[j,i])", (), total(W(i, j) * entry("V", j, i), (j, n), (i, h))),
    ("q = sum(j = 0..n-1, x[j])", (), total(x(j), (j, n))),
    ("q = sum(j = 1..n-1, x[j])", (), total(x(j + 1), (j, n - 1))),
    ("q[i] = sum(j = 1..n-1, W[i,j])", (h,), total(W(i, j + 1), (j, n - 1))),
    ("q = sum(i, sum(j = 1..n-1, W[i,j]))", (), total(total(W(i, j + 1), (j, n - 1)), (i, h))),
    ("q = sum(j < K, x[j])", (), total(x(j), (j, K))),
    ("q = sum(1 <= j < n, x[j])", (), total(x(j + 1), (j, n - 1))),
    ("q = sum(0 < j <= n - 1, x[j])", (), total(x(j + 1), (j, n - 1))),
    ("q = mean(j = 1..n-1, x[j])", (), total(x(j + 1), (j, n - 1)) / (n - 1)),
    ("q[i] = sum(j <= i, x[j] y[i])", (n,), total(Guard(i - j) * x(j) * entry("y", i), (j, n))),
    ("q = sum(j, x[j] sum(j, g[j]))", (), total(x(j) * total(entry("g", i), (i, h)), (j, n))),
    ("q = sum(i < K, x[floor(i/2)])", (), total(x(floor(i / 2)), (i, K))),
    ("pad x\nq = sum(i < n, x[n - 1 - i] x[i+1])", (), total(x(n - 1 - i) * x(i + 1), (i, n))),
    ("tensor q[n]\npad x\nq[i] = sum(u < 3, x[i+u-1])", (n,), total(x(i + u - 1), (u, 3))),
    ("tensor q[n]\npad q\nq[t] = x[t] + c q[t-1]", (n,), x(t) + entry("c") * entry("q", t - 1)),
]


@pytest.mark.parametrize(("text", "shape", "expression"), [*MATRIX_FORM, *INDEX_FORM])
def test_forms(text, shape, expression):
    """A written equation is the expression that is built by hand, and the shape is inferred."""
    _, found_shape, found = equation(text)
    assert found_shape == shape
    assert alike(found, expression)


def alike(found, expected) -> bool:
    """Equal up to the names of bound indices, which are made canonical on both sides by their order of binding."""
    return canonical(found) == canonical(expected)


def canonical(expr, depth=0):
    """Bound indices named by their depth; the innermost of one sum last."""
    if isinstance(expr, Sum | Maximum):
        bounds = expr.limits if isinstance(expr, Sum) else [(expr.bound[0], 0, expr.bound[1] - 1)]
        body = expr.function if isinstance(expr, Sum) else expr.body
        names = [index(f"bound{depth + place}") for place in range(len(bounds))]
        body = body.xreplace(dict(zip((b[0] for b in bounds), names, strict=True)))
        ends = tuple((name, b[2] + 1) for name, b in zip(names, bounds, strict=True))
        inner = canonical(body, depth + len(bounds))
        if isinstance(expr, Sum):
            ordered = sorted(ends, key=lambda end: str(end[0]))
            return ("sum", inner, tuple(ordered))
        return ("max", inner, ends)
    if not expr.has(Sum, Maximum):
        return expr
    parts = [canonical(part, depth) for part in expr.args]
    commutes = expr.is_Add or expr.is_Mul
    return (type(expr).__name__, tuple(sorted(map(str, parts)) if commutes else parts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("q = W x ⊙ g", "q[i] = sum(j, W[i,j] x[j]) g[i]"),
        ("q = σ(W x + g)", "q[i] = sigmoid(sum(j, W[i,j] x[j]) + g[i])"),
        ("q = (W V)^T", "q[i,j] = sum(k, W[j,k] V[k,i])"),
        ("q = x X y^T", "q[i,j] = sum(k, x[k] X[k,i]) y[j]"),
    ],
)
def test_matrix_and_index_form_agree(one, other):
    """The same equation in both notations."""
    (indices, shape, first), (others, other_shape, second) = equation(one), equation(other)
    assert shape == other_shape
    assert alike(first, second.subs(dict(zip(others, indices, strict=True)), simultaneous=True))


def test_no_index_takes_the_name_of_something_declared():
    """A size called i, or a tensor called k, leaves these letters to itself."""
    model = read_model("size i, j, l, p\ninput x[p], k[l]\nparameter W[l,p]\nz = W x + k\nloss L = sum(z^2)")
    names = {symbol.name for e in model.equations for symbol in bound_indices(e.expression)}
    names |= {variable.name for e in model.equations for variable in e.indices}
    assert names
    assert not names & {"i", "j", "k", "l", "p"}


def test_no_sum_hides_the_index_of_another():
    """Sums inside sums have indices of their own."""
    _, _, found = equation("q = sum(j, x[j]^2 exp(sum(j, x[j] exp(sum(j, g[j])))))")
    assert len(bound_indices(found)) == 3


def bound_indices(expression) -> set:
    return {variable for found in expression.atoms(Sum) for variable in found.variables}


def test_declarations():
    """Sizes, facts, roles, samples and functions stand in the model as declared."""
    model = read_model(
        "size n = 2, N = 3 n, h\nsize h >= K\ninput x[N] positive\ntarget y[h] one_hot, w[n,h] distribution\n"
        "constant λ\nparameter W[h,N], b[h]\nsamples m in rows\nfunction f(x)\nfunction swish(x) = x sigmoid(x)\n"
        "a = swish(f(W x) + b)\nloss L = sum(y ⊙ a) + λ sum(w)\ncost J = mean(L) + λ/2 sum(W^2)"
    )
    assert [t.name for t in model.tensors][:6] == ["x", "y", "w", "lambda", "W", "b"]
    assert model.tensor("x").shape == (Integer(6),)
    assert model.tensor("w").shape == (Integer(2), h)
    facts = {fact for tensor in model.tensors for fact in tensor.facts}
    assert facts == {Fact("x", "positive"), Fact("y", "one_hot", 0), Fact("w", "distribution", 1)}
    assert model.size_facts == (h - K,)
    assert (model.samples.size, model.samples.side) == (m, "rows")
    assert model.functions["f"].expression is None
    swish = model.functions["swish"]
    assert swish.expression == swish.variable / (1 + exp(-swish.variable))
    s = index("s")
    squares = total(entry("W", i, j) ** 2, (i, h), (j, Integer(6)))
    expected = total(entry("L", s), (s, m)) / m + entry("lambda") / 2 * squares
    assert alike(model.cost.expression, expected)


def test_order_of_lines_is_free():
    """Declarations may follow what uses them, and equations those that need them."""
    model = read_model("loss L = sum(a^2)\na = sigmoid(z)\nz = W x\nparameter W[h,n]\ninput x[n]\nsize n, h")
    assert [e.tensor for e in model.order] == ["z", "a", "L"]


def test_origins():
    """Every tensor and equation knows its place."""
    model = read_model("input x[2]\nparameter w[2]\n  z = x ⊙\n    w\nloss L = sum(z)", "file.model")
    place = model.equation("z").origin
    assert (str(place), place.length) == ("file.model:3:3", len("z = x ⊙"))
    assert str(model.tensor("w").origin) == "file.model:2:11"
    assert str(model.tensor("z").origin) == "file.model:3:3"


def test_dense():
    """A layer call gives the parameters and the equations of the layer, named after its output."""
    model = read_model("size n\ninput x[n]\na1 = dense(x, 3, σ)\na2 = dense(a1, 1, bias=no)\nloss L = sum(a2^2)")
    assert [t.name for t in model.tensors] == ["x", "a1.W", "a1.b", "a1.z", "a1", "a2.W", "a2", "L"]
    assert model.tensor("a1.W").shape == (Integer(3), n)
    assert model.equation("a1").expression == Apply("sigmoid", entry("a1.z", i))
    expected = total(entry("a1.W", i, j) * x(j), (j, n)) + entry("a1.b", i)
    assert alike(model.equation("a1.z").expression, expected)


def test_dense_with_own_function_and_readable_tensors():
    """An own function serves as activation, and the tensors of a layer can be read by their names."""
    model = read_model(
        "function f(x)\ninput x[2]\na = dense(x, 3, activation=f)\nloss L = sum(a) + sum(a.W^2) + a.b · a.z"
    )
    assert model.equation("a").expression == Apply("f", entry("a.z", i))
    assert "a.b" in {str(atom) for atom in model.equation("L").expression.atoms()}


def test_an_integer_tensor_serves_as_an_index():
    """Entries of integer data stand in index places, and their indices get their range there."""
    model = read_model("size T, V, D\ninput tok[T] integer\nparameter E[V,D]\ne[t,d] = E[tok[t],d]\nloss L = sum(e^2)")
    assert model.tensor("tok").integer
    assert model.tensor("e").shape == (T, size("D"))
    assert model.equation("e").expression == entry("E", entry("tok", t), index("d"))


def test_options_of_a_loss():
    """An option is a number; the loss is that of the library."""
    model = read_model("input y[2]\nparameter w[2]\nloss L = huber(w, y, delta=½)")
    pieces = next(iter(model.equation("L").expression.atoms(Piecewise)))
    assert pieces.args[0].cond.rhs == Rational(1, 2)


@pytest.mark.parametrize("cost", ["mean(L)", "1/m sum(L)", "1/m sum(s, L[s])", "sum(s < m, L[s]) / m"])
def test_a_cost_in_each_way_of_writing(cost):
    """The mean of the losses, whole or by samples."""
    model = read_model(f"input x[2]\nparameter w[2]\nsamples m in columns\nloss L = w · x\ncost J = {cost}")
    s = index("s")
    assert alike(model.cost.expression, total(entry("L", s), (s, m)) / m)


def test_an_inner_index_hides_an_outer_one():
    """A sum may use a letter again; its range may still speak of the outer one."""
    inner = total(Guard(i - k) * entry("g", k), (k, h))
    _, _, found = equation("q[i] = g[i] sum(i <= i, g[i])")
    assert alike(found, entry("g", i) * inner)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.model")), ids=lambda path: path.stem)
def test_examples_are_read(path):
    """Each example is a model, named after its file."""
    model = load(path)
    assert isinstance(model, Model)
    assert model.name == path.stem


def blocks(language: str) -> list[str]:
    """The code blocks of the page on model files."""
    text = DOCUMENT.read_text(encoding="utf-8")
    parts = text.split(f"```{language}\n")[1:]
    return [part.split("```")[0] for part in parts]


@pytest.mark.parametrize("text", blocks("model"))
def test_models_of_the_page_are_read(text):
    """Every model on the page can be read."""
    read_model(text)


@pytest.mark.parametrize("line", [line for block in blocks("text") for line in block.splitlines() if line])
def test_lines_of_the_page_are_read(line):
    """Every line of the tables of the page can be read in a model that declares what it uses."""
    statement, _, _ = line.partition("#")
    read_model(f"{DECLARED}{statement}\nloss L = c sum(W) sum(V) sum(A) d")


PIECES = st.sampled_from(
    ("size", "input", "target", "parameter", "loss", "cost", "pad", "tensor", "samples", "function", "in", "rows", "if",
     "else", "and", "sum", "max", "mean", "softmax", "dense", "sigmoid", "x", "y", "W", "z1", "n", "h", "m", "i", "j",
     "L", "=", "==", "<", "<=", "+", "-", "*", "/", "^", "^T", "ᵀ", "⊙", "@", "·", "(", ")", "[", "]", ",", "..", "0",
     "1", "2", "0.5", "1e9", "1e400", "#", "λ", "σ", "²", "½", "∂", "'", '"', "\\", "\t", "\n", " ", "\0", "é", "💥")
)  # fmt: skip
LINES = st.sampled_from((EXAMPLES / "softmax_classifier.model").read_text(encoding="utf-8").splitlines())
MODEL = (EXAMPLES / "002_two_layer_sigmoid.model").read_text(encoding="utf-8")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map(" ".join), st.lists(LINES).map("\n".join)))
def test_any_text_is_read_or_refused(text):
    """Whatever is typed, it is a model or one of our own errors, which says how to mend it."""
    try:
        read_model(text)
    except SymbackpropError as error:
        assert error.fix, error


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, len(MODEL)), st.integers(0, 6), st.lists(PIECES, max_size=3))
def test_a_spoilt_model_is_read_or_refused(at, gone, pieces):
    """A valid model with a few characters replaced is a model or one of our own errors, which says how to mend it."""
    try:
        read_model(MODEL[:at] + "".join(pieces) + MODEL[at + gone :])
    except SymbackpropError as error:
        assert error.fix, error


def test_bounds_are_met_before_time_is_lost():
    """Large texts are refused, or read within the bounds of their work."""
    with pytest.raises(LimitError, match="statements"):
        read_model("\n".join(f"a{count} = x" for count in range(3000)))
    with pytest.raises(LimitError, match="parts"):
        read_model("input x\nloss L = " + "\n + ".join(["x +"] * 2500) + "x")
    for formula, words in [
        ("A " * 31 + "v", "more than 30 matrices"),
        ("softmax(" * 14 + "A v" + ")" * 14, "more than 5,000 parts"),
    ]:
        with pytest.raises(LimitError, match=words):
            read_model(f"size n\ninput v[n]\nparameter A[n,n]\nq = {formula}\nloss L = sum(q)")
    with pytest.raises(LimitError, match="nests more than 3 functions"):
        read_model("function f(t) = tanh(tanh(tanh(tanh(t))))\ninput x\nparameter w\nloss L = f(w x)")
    long = read_model("input x\nparameter w\nloss L = w + " + " + ".join(f"{count} x^{count}" for count in range(300)))
    assert len(long.equation("L").expression.args) == 300
    deep = "exp(" * 25 + "w x" + ")" * 25
    assert read_model(f"input x\nparameter w\nloss L = {deep}").root == "L"


def test_files_are_named(tmp_path):
    """What is wrong with a file names it."""
    with pytest.raises(NotationError, match=r"there is no file .*missing\.model"):
        load(tmp_path / "missing.model")
