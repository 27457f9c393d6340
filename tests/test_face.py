"""Calls of the public face that cannot be meant: told in words, with what there is instead."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import face
from symbackprop.errors import UsageError

MODEL = sb.parse("input x[2]\nparameter W[1,2]\na = W x\nloss L = sum(a)\n")
DERIVATION = sb.derive(MODEL)


def called(name: str, *arguments: object, **named: object) -> Callable[[], object]:
    function: Callable[..., object] = getattr(sb, name)
    return lambda: function(*arguments, **named)


BAD: list[tuple[Callable[[], object], str, str]] = [
    (called("compile", MODEL, backnd="c"), "compile() has no argument 'backnd'", "Did you mean backend?"),
    (called("train", MODEL, {}, epoch=5), "train() has no argument 'epoch'", "Did you mean epochs?"),
    (called("derive", MODEL, with_respect_to="W"), "no argument 'with_respect_to'", "It takes model, wrt, checks"),
    (called("exercise", MODEL, sort="blanks"), "exercise() has no argument 'sort'", "It takes model, kind"),
    (called("derive"), "missing a required argument: 'model'", "It takes model, wrt"),
    (called("verify", MODEL), "missing a required argument: 'note'", "It takes model, note"),
    (called("derive", MODEL, [], True), "too many positional arguments", "It takes model, wrt"),
    (called("derive", "net.model"), "model of derive() is of the type str", "sb.load(path)"),
    (called("compile", Path("net.model")), "model of compile() is of the type PosixPath", "sb.load(path)"),
    (called("derive", None), "model of derive() is None", "It is to be Model."),
    (called("derive", MODEL, 3), "wrt of derive() is of the type int", "Iterable of str or None"),
    (called("derive", MODEL, [3]), "wrt of derive() is of the type list", "Iterable of str or None"),
    (called("verify", MODEL, 3), "note of verify() is of the type int", "It is to be str or Path."),
    (called("load", 3), "path of load() is of the type int", "It is to be str or Path."),
    (called("read_data", 3, MODEL), "path of read_data() is of the type int", "str or Path"),
    (called("parse", b"size n"), "text of parse() is of the type bytes", "It is to be str."),
    (called("train", MODEL, 3), "data of train() is of the type int", "Mapping of str"),
    (called("train", MODEL, {3: 3}), "data of train() is of the type dict", "Mapping of str"),
    (called("train", MODEL, {}, rate="fast"), "rate of train() is of the type str", "It is to be float."),
    (called("train", MODEL, {}, epochs=2.5), "epochs of train() is of the type float", "It is to be int."),
    (called("train", MODEL, {}, seed=-1), "the seed is -1", "It is 0 or more."),
    (called("render", MODEL, "out.md"), "derivation of render() is of the type Model", "Derivation or"),
    (called("render", DERIVATION, "out.md", conventions="nabla"), "of the type str", "Conventions or None"),
    (called("text", DERIVATION, 3), "name of text() is of the type int", "It is to be str."),
    (called("latex", MODEL, "W"), "derivation of latex() is of the type Model", "It is to be Derivation."),
    (called("verify_function", MODEL, 3), "function of verify_function() is of the type int", "Callable"),
    (called("build", 3, loss="L"), "equations of build() is of the type int", "Equation"),
    (called("compile", MODEL, check="yes"), "check of compile() is of the type str", "It is to be bool."),
    (lambda: sb.compile(MODEL).save(3), "path of save() is of the type int", "It is to be str or PathLike."),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "what", "more"), BAD, ids=[what for _, what, _ in BAD])
def test_told_in_words(call: Callable[[], object], what: str, more: str) -> None:
    """A UsageError of the user's own names."""
    with pytest.raises(UsageError) as caught:
        call()
    assert what in str(caught.value)
    assert more in str(caught.value)


def test_what_is_as_good_is_taken() -> None:
    """Numbers of NumPy, tuples and generators of names, lists in the place of arrays."""
    data = {"x": [1.0, 2.0]}
    assert sb.train(MODEL, data, rate=np.float64(0.1), epochs=np.int64(2), seed=np.uint8(1)).epochs == 2
    for wrt in (["W"], ("W",), {"W"}, (name for name in "W")):
        assert list(sb.derive(MODEL, wrt).adjoints) == list(DERIVATION.adjoints)
    assert sb.compile(MODEL, check=np.bool_(False)).gradients == ("W",)


VERBS = sorted(name for name, value in vars(face).items() if inspect.isfunction(value) and name in sb.__all__)


@pytest.mark.parametrize("name", VERBS)
def test_the_verbs_say_what_they_take(name: str) -> None:
    """The documentation and the signature are those of the function itself."""
    verb = getattr(sb, name)
    assert verb is getattr(face, name)
    assert inspect.getdoc(verb)
    assert inspect.signature(verb).parameters
