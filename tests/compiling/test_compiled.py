"""The compiled function: right, pure, and clear about what does not fit."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.symbols import size
from symbackprop.compiling import compiled as module
from symbackprop.errors import ArgumentError, DerivationError, UsageError, WriteError
from symbackprop.model.model import Model
from tests.compiling.by_hand import BY_HAND
from tests.oracles.draws import draw
from tests.oracles.slopes import leaves, slopes

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SIZES = {size(name): value for name, value in {"n": 3, "h": 4, "h1": 4, "h2": 6, "k": 7, "m": 5}.items()}


def example(name: str) -> Model:
    return sb.load(EXAMPLES / f"{name}.model")


@pytest.fixture(scope="module")
def classifier() -> sb.Compiled:
    return sb.compile(example("softmax_classifier"))


@pytest.fixture
def data() -> dict[str, np.ndarray]:
    return draw(example("softmax_classifier"), SIZES, seed=1)


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_examples_agree_with_numpy_by_hand(name: str, seed: int) -> None:
    """Loss and all gradients, by inputs and targets too, as written by hand."""
    model = example(name)
    arrays = draw(model, SIZES, seed)
    loss, expected = BY_HAND[name](arrays)
    found, gradients = sb.compile(model, wrt=leaves(model))(arrays)
    assert found == pytest.approx(loss, rel=1e-13)
    assert set(gradients) == set(expected)
    for variable, slope in expected.items():
        assert gradients[variable].shape == np.shape(arrays[variable])
        np.testing.assert_allclose(gradients[variable], slope, rtol=1e-11, atol=1e-15, err_msg=variable)


@pytest.mark.parametrize("name", BY_HAND)
def test_examples_agree_with_complex_steps(name: str) -> None:
    """Loss and all gradients, as the oracle has them."""
    model = example(name)
    arrays = draw(model, SIZES, seed=5)
    truth = slopes(model, SIZES, arrays)
    loss, gradients = sb.compile(model)(arrays)
    assert loss == pytest.approx(truth.root, rel=1e-13)
    for variable, slope in gradients.items():
        np.testing.assert_allclose(slope, truth.slopes[variable], rtol=1e-11, atol=1e-15, err_msg=variable)


def test_a_function_without_a_formula() -> None:
    """An activation left general can be derived, not computed."""
    with pytest.raises(UsageError) as error:
        sb.compile(example("000_two_layer_generic"))
    assert str(error.value) == (
        "UsageError: f has no definition\n  Compiled code must compute its values.\n  Give it one: function f(x) = ..."
    )


# calling


def test_what_is_returned(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """A float and one array of each parameter's shape, in the order of the parameters."""
    loss, gradients = classifier(data)
    assert type(loss) is float
    assert list(gradients) == ["W1", "b1", "W2", "b2", "W3", "b3"] == list(classifier.gradients)
    assert all(gradients[name].shape == data[name].shape for name in gradients)


def test_arrays_are_given_by_name_or_in_a_mapping(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """By keyword, in one mapping, or both; the order does not matter."""
    loss, _ = classifier(**data)
    assert classifier(data)[0] == loss
    assert classifier({"x": data["x"]}, **{k: v for k, v in reversed(data.items()) if k != "x"})[0] == loss


def test_calls_are_pure(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """Inputs stay as they are, and what a call returns is nobody else's."""
    before = {name: array.copy() for name, array in data.items()}
    first, gradients = classifier(data)
    kept = {name: array.copy() for name, array in gradients.items()}
    for array in gradients.values():
        array += 1.0
    second, again = classifier(data)
    assert first == second
    for name, array in data.items():
        np.testing.assert_array_equal(array, before[name])
    for name, array in again.items():
        np.testing.assert_array_equal(array, kept[name])
        assert not any(np.shares_memory(array, other) for other in (*data.values(), *gradients.values()))


def test_a_gradient_that_is_an_input_is_a_copy() -> None:
    """The slope of y = m x + c by m is x: another array than the one that was given."""
    f = sb.compile(example("001_line"))
    x = np.array(2.0)
    _, gradients = f(x=x, m=3.0, c=1.0)
    assert gradients["m"] == 2.0
    assert not np.shares_memory(gradients["m"], x)


VIEWS = {
    "Fortran order": np.asfortranarray,
    "every other entry of a larger array": lambda a: np.repeat(a, 2, axis=0)[::2],
    "a reversed view": lambda a: a[::-1].copy()[::-1],
    "lists": lambda a: a.tolist(),
    "big endian": lambda a: a.astype(">f8"),
    "read only": lambda a: np.broadcast_to(a, a.shape),
}


@pytest.mark.parametrize("view", VIEWS)
def test_any_layout_of_memory_serves(view: str, classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """Arrays that are not contiguous, lists, and other orders of bytes give the same numbers."""
    loss, gradients = classifier(data)
    found, again = classifier({name: VIEWS[view](array) for name, array in data.items()})
    assert found == loss
    for name, array in gradients.items():
        np.testing.assert_array_equal(again[name], array)


def test_single_precision_and_integers_are_taken_as_doubles(
    classifier: sb.Compiled, data: dict[str, np.ndarray]
) -> None:
    """float32 and int arrays are computed with in double precision; one-hot targets may be True and False."""
    single = {name: array.astype(np.float32) for name, array in data.items()}
    loss, gradients = classifier(single)
    assert gradients["W1"].dtype == np.float64
    assert loss == classifier({name: array.astype(float) for name, array in single.items()})[0]
    assert classifier({**single, "y": data["y"].astype(bool)})[0] == loss
    assert classifier({**single, "y": data["y"].astype(np.int8)})[0] == loss


def test_one_sample(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """A batch of one."""
    one = {**data, "x": data["x"][:1], "y": data["y"][:1]}
    assert classifier(one)[0] == pytest.approx(BY_HAND["softmax_classifier"](one)[0], rel=1e-13)


def test_sizes_may_change_from_call_to_call(classifier: sb.Compiled) -> None:
    """One function serves all sizes."""
    for number, sizes in enumerate(({**SIZES, size("m"): 1}, {**SIZES, size("n"): 1, size("h1"): 2}, SIZES)):
        arrays = draw(example("softmax_classifier"), sizes, seed=number)
        assert classifier(arrays)[0] == pytest.approx(BY_HAND["softmax_classifier"](arrays)[0], rel=1e-13)


def test_the_bare_function(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """By position, in the order of `arguments`; the gradients in the order of `gradients`."""
    assert [argument.name for argument in classifier.arguments] == ["x", "y", "W1", "b1", "W2", "b2", "W3", "b3"]
    loss, found = classifier.function(*(data[argument.name] for argument in classifier.arguments))
    expected, gradients = classifier(data)
    assert loss == expected
    for name, array in zip(classifier.gradients, found, strict=True):
        np.testing.assert_array_equal(array, gradients[name])
    assert classifier.sizes == ()


def test_sizes_that_no_array_tells() -> None:
    """They are given beside the arrays."""
    f = sb.compile(sb.parse("size N\nparameter w[3]\nloss L = sum(i, w[i]^2)/N"))
    assert f.sizes == ("N",)
    assert f(w=[1.0, 2.0, 3.0], N=7)[0] == pytest.approx(2.0)
    with pytest.raises(ArgumentError, match="no array tells the size N"):
        f(w=[1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError, match="the size N is 0"):
        f(w=[1.0, 2.0, 3.0], N=0)
    assert f.check().ok


def test_facts_on_request(data: dict[str, np.ndarray]) -> None:
    """p - y where the caller says so, the same numbers for one-hot targets; p Σy - y for any others."""
    model = example("softmax_classifier")
    assumed = sb.compile(model, assume_facts=True)
    assert "dz3 = p - y" in assumed.source
    assert "dz3 = p - y" not in sb.compile(model).source
    np.testing.assert_allclose(assumed(data)[1]["W3"], BY_HAND["softmax_classifier"](data)[1]["W3"], rtol=1e-11)
    soft = {**data, "y": np.full_like(data["y"], 0.3)}
    any_target = sb.compile(model, check_facts=False)
    np.testing.assert_allclose(any_target(soft)[1]["W3"], BY_HAND["softmax_classifier"](soft)[1]["W3"], rtol=1e-11)
    with pytest.raises(ArgumentError, match="must be 0 or 1"):
        assumed(soft)


# what does not fit


def bad(**changes: Any) -> Any:
    def change(data: dict[str, np.ndarray]) -> dict[str, Any]:
        made = {**data, **{n: v(data) if callable(v) else v for n, v in changes.items()}}
        return {name: value for name, value in made.items() if value is not Ellipsis}

    return change


def with_entries(name: str, *entries: tuple[Any, float]) -> Any:
    def change(data: dict[str, np.ndarray]) -> np.ndarray:
        array = data[name].copy()
        for place, value in entries:
            array[place] = value
        return array

    return change


BAD = {
    "unknown": (
        bad(w1=lambda d: d["W1"], W1=...),
        "there is no argument w1\n  Did you mean W1?",
    ),
    "unknown, nothing near": (
        bad(rate=0.1),
        "there is no argument rate\n  The arguments are x, y, W1, b1, W2, b2, W3, b3.",
    ),
    "an intermediate": (
        bad(a1=0.0),
        "a1 is computed, not given\n  The arguments are x, y, W1, b1, W2, b2, W3, b3.",
    ),
    "one missing": (bad(b2=...), "1 argument is missing: b2\n  Give b2[h2]."),
    "two missing": (bad(W1=..., y=...), "2 arguments are missing: y, W1\n  Give y[m, k], W1[h1, n]."),
    "too few axes": (
        bad(x=lambda d: d["x"][0]),
        "x has 1 axis, and needs 2\n  Its shape is 3; the model has m × n.\n  For one sample, give x[None, :].",
    ),
    "too many axes": (
        bad(b1=lambda d: d["b1"][:, None]),
        "b1 has 2 axes, and needs 1\n  Its shape is 4 × 1; the model has h1.",
    ),
    "transposed": (
        bad(W1=lambda d: d["W1"].T),
        "W1 has 4 entries along its second axis, and needs n = 3\n  x is 5 × 3, so n = 3.\n  Give its transpose: W1.T.",
    ),
    "another size": (
        bad(b1=np.zeros(5)),
        "b1 has 5 entries, and needs h1 = 4\n  W1 is 4 × 3, so h1 = 4.",
    ),
    "another number of samples": (
        bad(y=lambda d: d["y"][:4]),
        "y has 4 entries along its first axis, and needs m = 5\n  x is 5 × 3, so m = 5.",
    ),
    "no samples": (
        bad(x=np.zeros((0, 3))),
        "x has no entries\n  Its shape is 0 × 3; m must be at least 1.",
    ),
    "nan": (
        bad(x=with_entries("x", ((3, 1), np.nan))),
        "x[3, 1] is nan\n  1 entry is not finite.",
    ),
    "infinities": (
        bad(W2=with_entries("W2", ((5, 3), np.inf), ((2, 0), -np.inf))),
        "W2[2, 0] is -inf\n  2 entries are not finite.",
    ),
    "text": (bad(x="abc"), "x holds no numbers\n  Its type is str.\n  Give an array of real numbers."),
    "numbers as text": (
        bad(b1=np.array(["1", "2", "3", "4"])),
        "b1 holds no numbers\n  Its type is <U1.\n  Give an array of real numbers.",
    ),
    "nothing": (bad(x=None), "x holds no numbers\n  Its type is NoneType.\n  Give an array of real numbers."),
    "a mapping": (bad(x={}), "x holds no numbers\n  Its type is dict.\n  Give an array of real numbers."),
    "objects": (
        bad(x=lambda d: d["x"].astype(object)),
        "x holds no numbers\n  Its type is object.\n  Give an array of real numbers.",
    ),
    "a number too large": (
        bad(b1=[1, 2, 3, 10**400]),
        "b1 holds no numbers\n  Its type is object.\n  Give an array of real numbers.",
    ),
    "dates": (
        bad(b1=np.zeros(4, "datetime64[s]")),
        "b1 holds no numbers\n  Its type is datetime64[s].\n  Give an array of real numbers.",
    ),
    "complex": (bad(W1=lambda d: d["W1"] + 0j), "W1 is complex\n  Give real numbers."),
    "truth values": (
        bad(x=lambda d: d["x"] > 0),
        "x holds truth values\n  Only binary and one-hot data may be True and False.\n  Give numbers: x.astype(float).",
    ),
    "ragged": (bad(x=[[1.0, 2.0], [3.0]]), "x is no array of numbers\n  Its rows must all have one length."),
    "masked": (
        bad(x=lambda d: np.ma.masked_array(d["x"], d["x"] > 0)),
        "x has masked entries\n  Fill them: array.filled(0).",
    ),
    "not one-hot": (
        bad(y=with_entries("y", ((2, 0), 0.5))),
        "y[2, 0] is 0.5, and must be 0 or 1\n  The model says that y is one-hot.\n"
        "  Mend the data, or compile with check_facts=False.",
    ),
    "two classes at once": (
        bad(y=with_entries("y", (3, 1.0))),
        "y[3, :] sums to 7, and must sum to 1\n  The model says that y is one-hot along its second axis.\n"
        "  Mend the data, or compile with check_facts=False.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_arguments_that_do_not_fit(case: str, classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """Each is named, with what is wrong, where, and the mend."""
    change, words = BAD[case]
    with pytest.raises(ArgumentError) as error:
        classifier(change(data))
    assert str(error.value) == f"ArgumentError: {words}"
    assert (error.value.name or "?") in words


def test_calls_by_position_and_names_given_twice(classifier: sb.Compiled) -> None:
    """Arrays go by name, each once."""
    with pytest.raises(ArgumentError, match="arrays are given by name, and the first argument is ndarray"):
        classifier(np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="x is given twice"):
        classifier({"x": 1}, x=2)


def test_scalars() -> None:
    """Rank 0 takes numbers, and arrays without axes."""
    f = sb.compile(example("001_line"))
    assert f(x=2, m=np.float32(3), c=np.array(1.0))[0] == 7.0
    with pytest.raises(ArgumentError) as error:
        f(x=[2.0], m=3.0, c=1.0)
    assert str(error.value) == (
        "ArgumentError: x has 1 axis, and needs 0\n"
        "  Its shape is 1; the model has a single number (x is a scalar).\n"
        "  Give x.item()."
    )


INDEXED = "size V, D, T\ninput tok[T] integer\nparameter E[V,D]\nloss L = sum(t, d, E[tok[t], d]^2)"
INTEGERS = {
    "too large": ([0, 4, 1], "tok[1] is 4, and indexes 4 entries\n  It must be at least 0 and at most 3."),
    "negative": ([0, 1, -1], "tok[2] is -1, and indexes 4 entries\n  It must be at least 0 and at most 3."),
    "a fraction": ([0, 1.5, 1], "tok[1] is 1.5, and serves as an index\n  Give whole numbers."),
}


def test_integer_data() -> None:
    """Indices into a table; whole floats serve too."""
    f = sb.compile(sb.parse(INDEXED))
    table = np.arange(8.0).reshape(4, 2)
    loss, gradients = f(tok=[1, 3, 1], E=table)
    assert loss == 2 * (4 + 9) + 36 + 49
    np.testing.assert_array_equal(gradients["E"], 2 * table * np.array([[0], [2], [0], [1]]))
    assert f(tok=np.array([1.0, 3.0, 1.0]), E=table)[0] == loss
    for values, words in INTEGERS.values():
        with pytest.raises(ArgumentError) as error:
            f(tok=values, E=table)
        assert str(error.value) == f"ArgumentError: {words}"


FACTS = {
    "binary": ("y[1,m] binary", "y[0, 2] is 0.5, and must be 0 or 1\n  The model says that y is binary."),
    "positive": ("y[1,m] positive", "y[0, 1] is 0, and must be above 0\n  The model says that y is positive."),
    "distribution": (
        "y[1,m] distribution",
        "y[0, :] sums to 2.25, and must sum to 1\n  The model says that y is a distribution along its second axis.",
    ),
}


@pytest.mark.parametrize("fact", FACTS)
def test_facts_that_do_not_hold(fact: str) -> None:
    """Each says where the data are not what the model says."""
    declared, words = FACTS[fact]
    f = sb.compile(sb.parse(f"size m\ninput {declared}\nparameter w[1,m]\nloss L = sum(i, j, w[i,j] y[i,j])"))
    values = {"binary": [1, 1, 0.5], "positive": [1, 0, 1], "distribution": [0.25, 1, 1]}[fact]
    with pytest.raises(ArgumentError) as error:
        f(y=[values], w=[[1, 1, 1]])
    assert str(error.value) == f"ArgumentError: {words}\n  Mend the data, or compile with check_facts=False."


def test_distributions_in_single_precision_are_close_enough() -> None:
    """A sum may be off by half of the digits of the type it was given in."""
    f = sb.compile(sb.parse("size k\ntarget y[k] distribution\nparameter w[k]\nloss L = sum(i, w[i] y[i])"))
    thirds = np.full(3, 1 / 3, np.float32)
    f(y=thirds, w=[1, 1, 1])
    with pytest.raises(ArgumentError, match=r"sums to 1\.0001"):
        f(y=np.full(3, 1.0001 / 3), w=[1, 1, 1])


# compiling


def test_options_that_make_no_sense() -> None:
    """Backends that are not there, one string for names, names that are not there."""
    model = example("001_line")
    with pytest.raises(UsageError, match="there is no backend 'numppy'") as error:
        sb.compile(model, backend="numppy")
    assert error.value.fix == "Did you mean numpy?"
    with pytest.raises(UsageError, match="wrt is the string 'm'"):
        sb.compile(model, wrt="m")
    with pytest.raises(sb.SymbackpropError, match="no tensor M to derive by"):
        sb.compile(model, wrt=["M"])


def test_it_says_what_it_is(classifier: sb.Compiled) -> None:
    """What a notebook shows."""
    assert repr(sb.compile(example("002_two_layer_sigmoid"), wrt=["W1", "x"])) == (
        "<compiled 002_two_layer_sigmoid: (x[n, m], y[1, m], W1[h, n], b1[h], W2[1, h], b2[1]) -> J, {dJ/dW1, dJ/dx}>"
    )
    assert [repr(argument) for argument in classifier.arguments[:3]] == [
        "input x[m, n]",
        "target y[m, k]",
        "parameter W1[h1, n]",
    ]


def test_the_source_gives_the_same_numbers(
    classifier: sb.Compiled, data: dict[str, np.ndarray], tmp_path: Path
) -> None:
    """The saved file, loaded as any module is, agrees to the last digit."""
    path = tmp_path / "sub" / "generated.py"
    classifier.save(path)
    assert path.read_text(encoding="utf-8") == classifier.source
    spec = importlib.util.spec_from_file_location("generated", path)
    assert spec is not None
    assert spec.loader is not None
    generated = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generated)
    loss, gradients = generated.loss_and_gradients(**data)
    expected, ours = classifier(data)
    assert loss == expected
    assert list(gradients) == list(ours)
    for name, array in ours.items():
        np.testing.assert_array_equal(gradients[name], array)


def test_a_file_that_cannot_be_written(classifier: sb.Compiled, tmp_path: Path) -> None:
    """A folder is no file; nothing is left behind."""
    folder = tmp_path / "folder.py"
    folder.mkdir()
    with pytest.raises(WriteError, match="cannot write"):
        classifier.save(folder)
    assert list(folder.iterdir()) == [] and list(tmp_path.iterdir()) == [folder]


def test_the_same_model_gives_the_same_source(classifier: sb.Compiled) -> None:
    """Byte for byte."""
    assert sb.compile(example("softmax_classifier")).source == classifier.source


# checking


@pytest.mark.parametrize("name", BY_HAND)
def test_check_of_the_examples(name: str) -> None:
    """Every gradient, by inputs and intermediates too, agrees with complex steps."""
    model = example(name)
    names = [t.name for t in model.tensors if t.name not in (model.root,)]
    report = sb.compile(model, wrt=names).check(points=2)
    assert report.ok, str(report)
    assert list(report.errors) == [model.root, *names]
    for sizes in report.sizes:
        assert len(set(sizes.values())) == len(sizes)
        assert min(sizes.values(), default=2) >= 2


def test_check_at_given_arrays(classifier: sb.Compiled, data: dict[str, np.ndarray]) -> None:
    """Arrays given stay as they are; sizes may be given too."""
    assert classifier.check(points=1, **data).ok
    report = classifier.check(points=2, x=data["x"], h1=9)
    assert report.ok
    assert all(sizes["h1"] == 9 and sizes["m"] == 5 for sizes in report.sizes)


def test_check_says_what_it_found(classifier: sb.Compiled) -> None:
    """The report in words."""
    lines = str(classifier.check(points=1)).splitlines()
    assert lines[0] == "agrees with complex steps at 1 point; worst relative errors:"
    assert [line.split()[0] for line in lines[1:]] == ["J", "W1", "b1", "W2", "b2", "W3", "b3"]


PLANTED = {
    "a transpose": ("dW2", "W2", lambda g: g.T.reshape(g.shape)),
    "a sign": ("b1", "b1", lambda g: -g),
    "a factor": ("W3", "W3", lambda g: 2 * g),
    "one entry": ("W1", "W1", lambda g: g + 1e-6 * np.eye(*g.shape)),
    "no number": ("b3", "b3", lambda g: g * np.nan),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_check_finds_mistakes(mistake: str, classifier: sb.Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong gradient is found, and named."""
    _, name, wrong = PLANTED[mistake]
    right = sb.Compiled.__call__

    def call(self: sb.Compiled, given: Any = None, /, **arrays: Any) -> Any:
        loss, gradients = right(self, given, **arrays)
        return loss, {**gradients, name: wrong(gradients[name])}

    monkeypatch.setattr(sb.Compiled, "__call__", call)
    report = classifier.check()
    assert not report.ok
    assert [n for n, error in report.errors.items() if error > report.tolerance] == [name]
    assert "DIFFERS" in str(report)


def test_compile_with_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check at once: silent if all is well, an error of ours if not."""
    model = example("001_line")
    sb.compile(model, check=True)
    monkeypatch.setattr(module, "check_gradients", lambda *_: sb.CheckReport("y", {"m": 0.5}, 1, ()))
    with pytest.raises(DerivationError, match="the compiled gradients of 001_line are wrong"):
        sb.compile(model, check=True)


def test_check_where_the_loss_has_few_values() -> None:
    """A logarithm of parameters: points with positive entries are found; where there are none, it says so."""
    assert sb.compile(sb.parse("parameter w[3]\nloss L = sum(i, log(w[i]))")).check().ok
    with pytest.raises(UsageError, match="no point was found at which L has a value"):
        sb.compile(sb.parse("parameter w[3]\nloss L = sum(i, log(-1 - w[i]^2))")).check()
    with pytest.raises(UsageError, match="a check at 0 points"):
        sb.compile(sb.parse("parameter w[3]\nloss L = sum(i, w[i])")).check(points=0)


VANISHING = """
size m, n
input x[m,n]
target y[m,3]
parameter W[4,n], b[4]
z[s,i] = sum(j, W[i,j] x[s,j]) + b[i]
a = batch_norm(z)
o = dense(a, 3)
loss J = squared_error(o, y)
"""


def test_a_gradient_that_vanishes_is_compared_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch norm takes away what a bias before it adds; what rounding leaves of that gradient is no error."""
    f = sb.compile(sb.parse(VANISHING))
    assert f.check().ok
    right = sb.Compiled.__call__

    def call(self: sb.Compiled, given: Any = None, /, **arrays: Any) -> Any:
        loss, gradients = right(self, given, **arrays)
        return loss, {**gradients, "b": gradients["b"] + 1e-8 * max(abs(g).max() for g in gradients.values())}

    monkeypatch.setattr(sb.Compiled, "__call__", call)
    report = f.check()
    assert [name for name, error in report.errors.items() if error > report.tolerance] == ["b"]


MEAN_OF_A_RESIDUAL = """
size T, D
input x[T,D]
samples m in rows
parameter W[2,T,T], b[2], C[2,D], v[D]
a[h,t,d] = sum(k, W[h,t,k] x[k,d]) + b[h]
{tensor}[t,d] = sum(h, C[h,d] a[h,t,d])
r = x + {tensor}
u[d] = mean(i, r[i,d])
loss L = (v · u)^2
cost J = mean(L)
"""


@pytest.mark.parametrize("tensor", ["q", "s", "i", "j"])
def test_a_tensor_called_as_an_index(tensor: str) -> None:
    """A tensor may have the letter of the samples' index, or of others; gradients that are the same along an axis."""
    text = MEAN_OF_A_RESIDUAL.format(tensor=tensor).replace("mean(i, r[i,d])", "mean(l, r[l,d])")
    f = sb.compile(sb.parse(text))
    report = f.check()
    assert report.ok, str(report)
    random = np.random.default_rng(0)
    x, W, b, C, v = (random.standard_normal(s) for s in ((3, 5, 4), (2, 5, 5), (2,), (2, 4), (4,)))
    _, found = f(x=x, W=W, b=b, C=C, v=v)
    a = np.einsum("htk,skd->shtd", W, x) + b[:, None, None]
    u = (x + np.einsum("hd,shtd->std", C, a)).mean(axis=1)
    da = np.broadcast_to((2 / 5 * (u @ v))[:, None, None, None] * (v * C)[:, None, :], (3, 2, 5, 4))
    np.testing.assert_allclose(found["W"], np.einsum("shtd,skd->htk", da, x) / 3, rtol=1e-12)
    np.testing.assert_allclose(found["b"], da.sum(axis=(0, 2, 3)) / 3, rtol=1e-12)
