"""Calls of the public face: an argument that does not exist, is missing or is no such thing is told in words."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from symbackprop.errors import UsageError, suggestion

P = ParamSpec("P")
R = TypeVar("R")

_ALIKE: Mapping[type, tuple[type, ...]] = {
    bool: (bool, np.bool_),
    int: (Integral,),
    float: (Real,),
    Path: (os.PathLike,),
}
"""What is as good as a type that an annotation names."""


def checked(function: Callable[P, R], called: str = "") -> Callable[P, R]:
    """The same function, which raises a `UsageError` where Python raises a bare TypeError, or none before it is late.

    The types are those of the annotations as far as these are classes, or unions with some; of `Mapping[str, int]` it
    is seen to that it is a mapping with strings as keys. What an annotation says beyond that the function checks.
    `called` is the name that it has in messages, where that is not its own.
    """
    name = called or function.__name__
    signature = inspect.signature(function)
    hints = get_type_hints(function)

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        _check_names(name, signature, named)
        try:
            bound = signature.bind(*arguments, **named)
        except TypeError as error:
            raise UsageError(f"{name}(): {error}", because=_all_of(signature)) from None
        for argument, given in bound.arguments.items():
            several = {inspect.Parameter.VAR_POSITIONAL: given, inspect.Parameter.VAR_KEYWORD: ()}
            for value in several.get(signature.parameters[argument].kind, (given,)):
                if not _fits(value, hints.get(argument, Any)):
                    raise _wrong_type(name, argument, value, hints[argument])
        return function(*arguments, **named)

    return call


def _check_names(function: str, signature: inspect.Signature, named: Mapping[str, object]) -> None:
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    if inspect.Parameter.VAR_KEYWORD in kinds.values():
        return
    for name in named:
        if name not in kinds:
            raise UsageError(
                f"{function}() has no argument {name!r}",
                because=_all_of(signature),
                fix=suggestion(name, kinds),
                name=name,
            )


def _all_of(signature: inspect.Signature) -> str:
    return f"It takes {', '.join(name for name in signature.parameters if name != 'self')}."


def _fits(value: object, hint: Any) -> bool:
    """Whether a value may be what an annotation says; True where that cannot be told by classes."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in get_args(hint))
    kind = hint if origin is None else origin
    if hint is Any or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    if not isinstance(value, _ALIKE.get(kind, kind)):
        return False
    if kind in (Iterable, Mapping) and isinstance(value, list | tuple | dict):
        return all(_fits(part, get_args(hint)[0]) for part in value)
    return True


_READ_FIRST = "Read it first: sb.load(path) of a file, sb.parse(text) of a text."


def _wrong_type(function: str, name: str, value: object, hint: Any) -> UsageError:
    wanted = " or ".join(dict.fromkeys(_words(hint)))
    given = "None" if value is None else f"of the type {type(value).__name__}"
    reads = wanted == "Model" and isinstance(value, str | os.PathLike)
    return UsageError(
        f"{name} of {function}() is {given}",
        because=f"It is to be {wanted}.",
        fix="Read it first: sb.load(path) of a file, sb.parse(text) of a text."
        if reads
        else f"Give {name} as {wanted}.",
        name=name,
    )


def _words(hint: Any) -> list[str]:
    """The names of the types that an annotation names."""
    if get_origin(hint) in (Union, UnionType):
        return [word for part in get_args(hint) for word in _words(part)]
    kind = get_origin(hint) or hint
    if kind in (Iterable, Mapping):
        return [f"{kind.__name__} of {_words(get_args(hint)[0])[0]}"]
    return ["None" if kind is type(None) else getattr(kind, "__name__", str(kind))]
