r"""A person's gradient function called: its arguments found by their names, its results told apart by theirs."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from symbackprop.algebra.proving.grids import Grid
from symbackprop.errors import Location, UsageError, suggestion
from symbackprop.model.model import Model

RAISED = (
    ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, ImportError, LookupError, MemoryError,
    NameError, OSError, ReferenceError, RuntimeError, StopIteration, SyntaxError, SystemError, TypeError, ValueError,
    Warning,
)  # fmt: skip
"""What the person's code may raise: all of Python's own errors."""

_INPUTS = ("x", "inputs", "input", "data", "batch", "features", "samples")
_TARGETS = ("y", "targets", "target", "labels", "label", "t")
_BEFORE = ("grad_", "gradient_", "nabla_", "delta_", "d_", "∂", "grad", "nabla", "delta", "d", "g")
_AFTER = ("_grad", "_gradient", "_bar", "grad")
_DICTS = (
    "params", "parameters", "param", "weights", "theta", "p", "cache", "tensors", "values", "model", "state", "network",
    "net",
)  # fmt: skip
_LOSSES = ("loss", "cost", "j", "l", "value", "error")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that came to nothing: why, and the place in the person's code."""

    because: str
    where: Location | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What a function returned: gradients by the tensor's name, and by the key under which each came.

    `values` are results that bear the name of a tensor itself, such as the loss; `unknown` are keys of no tensor.
    """

    gradients: Mapping[str, Any]
    keys: Mapping[str, str]
    values: Mapping[str, Any]
    unknown: tuple[str, ...] = ()


class Tensors(dict[str, Grid]):
    """Arrays by name, small and capital letters and underscores being the same where no two names clash."""

    def __missing__(self, key: str) -> Grid:
        found = match(str(key), self)
        if found is None:
            raise KeyError(f"there is no tensor {key}; there are {', '.join(self)}")
        return self[found]

    def get(self, key: str, default: Any = None) -> Any:
        found = match(str(key), self)
        return default if found is None else self[found]

    def __contains__(self, key: object) -> bool:
        return match(str(key), list(self)) is not None


def match(name: str, known: Iterable[str]) -> str | None:
    """The name among `known` that is meant: the same, or the only one that differs in case and underscores alone."""
    known = list(known)
    if name in known:
        return name
    plain = _plain(name)
    found = [other for other in known if _plain(other) == plain]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


# arguments


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called: each of its arguments is a tensor by name, or all tensors as a dict (None).

    `keywords` are tensors that it takes beside these, under their own names.
    """

    positional: tuple[str | None, ...]
    named: Mapping[str, str | None]
    keywords: tuple[str, ...] = ()

    def call(self, function: Callable[..., Any], tensors: Mapping[str, Grid]) -> Any:
        def given(name: str | None) -> Any:
            return Tensors(tensors) if name is None else tensors[name]

        named = {key: given(name) for key, name in self.named.items()}
        named |= {name: tensors[name] for name in self.keywords}
        return function(*(given(name) for name in self.positional), **named)


def signature_of(function: Callable[..., Any], model: Model) -> Signature:
    """What each argument of `function` is in the model.

    Raises:
        UsageError: it cannot be called, or several of its arguments are no tensors of the model.
    """
    if not callable(function):
        raise UsageError(f"{function!r} is no function", fix="Give a function that takes arrays and returns gradients.")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return Signature((None,), {})
    positional: list[str | None] = []
    named: dict[str, str | None] = {}
    unknown: list[str] = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        tensor = tensor_for(parameter.name, model)
        if tensor is None and parameter.default is not parameter.empty:
            continue
        if tensor is None and not _is_dict(parameter.name, parameters):
            unknown.append(parameter.name)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(tensor)
        else:
            named[parameter.name] = tensor
    if unknown:
        raise _no_tensor(unknown[0], function, model)
    every = any(p.kind is p.VAR_KEYWORD for p in parameters)
    used = {*positional, *named, *named.values()}
    keywords = tuple(name for name in _leaves(model) if every and name not in used)
    if not positional and not named and not keywords:
        raise UsageError(
            f"{called(function)} takes no tensor",
            because="Its gradients would be the same whatever the weights are.",
            fix=f"Let it take tensors by name: {', '.join(_leaves(model))}.",
        )
    return Signature(tuple(positional), named, keywords)


def tensor_for(name: str, model: Model) -> str | None:
    """The tensor that an argument of this name is; X and `inputs` are the only input, `labels` the only target."""
    tensors = [t.name for t in model.tensors if t.role not in ("loss", "cost")]
    found = match(name, tensors)
    if found is not None:
        return found
    for role, words in (("input", _INPUTS), ("target", _TARGETS)):
        known = [t.name for t in model.tensors if t.role == role]
        if name.casefold().rstrip("_") in words and len(known) == 1:
            return known[0]
    return None


def _is_dict(name: str, parameters: list[inspect.Parameter]) -> bool:
    """Whether an argument takes the tensors as a dict: by its name, or being the only one."""
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return name.casefold() in _DICTS or len(required) == 1


def _no_tensor(name: str, function: Callable[..., Any], model: Model) -> UsageError:
    known = [t.name for t in model.tensors if t.role not in ("loss", "cost")]
    names = ", ".join(known)
    fix = suggestion(name, known) or f"Name it like a tensor of the model ({names}), or params for a dict of them all."
    return UsageError(
        f"{called(function)} takes {name}, and the model has no such tensor",
        because=f"Arguments are found by their names; the model has {names}.",
        fix=fix,
        name=name,
    )


def _leaves(model: Model) -> list[str]:
    return [t.name for t in model.tensors if not model.defines(t.name) and t.role not in ("loss", "cost")]


def called(function: Any) -> str:
    """The name of a function, for messages."""
    return getattr(function, "__name__", None) or type(function).__name__


# results


def results_of(returned: Any, model: Model) -> Results | Failure:
    """The gradients in what was returned: a dict, `(loss, dict)`, a tuple in the parameters' order, or one array."""
    parameters = [tensor.name for tensor in model.parameters]
    if isinstance(returned, Mapping):
        return _by_key(returned, model)
    fields = getattr(returned, "_fields", None)
    if fields is not None:
        return _by_key(dict(zip(fields, returned, strict=True)), model)
    if isinstance(returned, tuple | list):
        return _in_order(list(returned), parameters, model)
    if returned is None:
        return Failure("it returns nothing; a return is missing")
    if len(parameters) == 1:
        return Results({parameters[0]: returned}, {parameters[0]: f"d{parameters[0]}"}, {})
    return Failure(f"it returns one array, and the model has {len(parameters)} parameters: {', '.join(parameters)}")


def _in_order(parts: list[Any], parameters: list[str], model: Model) -> Results | Failure:
    """`(loss, dict)`, `(dict, loss)`, the gradients in order, or the loss and the gradients in order."""
    inner = next((part for part in parts if isinstance(part, Mapping | tuple | list)), None)
    if len(parts) == 2 and inner is not None and not (isinstance(inner, list) and len(parameters) == 2):
        loss = parts[1] if inner is parts[0] else parts[0]
        found = results_of(inner, model)
        if isinstance(found, Failure) or np.ndim(loss):
            return found
        return Results(found.gradients, found.keys, {**found.values, model.root: loss}, found.unknown)
    values: dict[str, Any] = {}
    if len(parts) == len(parameters) + 1 and np.ndim(parts[0]) == 0:
        values, parts = {model.root: parts[0]}, parts[1:]
    if len(parts) != len(parameters):
        return Failure(
            f"it returns {len(parts)} results, and the model has {len(parameters)} parameters: {', '.join(parameters)}"
        )
    return Results(dict(zip(parameters, parts, strict=True)), {name: f"d{name}" for name in parameters}, values)


def _by_key(returned: Mapping[Any, Any], model: Model) -> Results:
    gradients: dict[str, Any] = {}
    keys: dict[str, str] = {}
    values: dict[str, Any] = {}
    unknown = []
    for key, value in returned.items():
        kind, name = subject_of(str(key), model)
        if kind == "value" and name == model.loss and np.ndim(value) == 0:
            name = model.root  # one number for all samples is the cost, whatever it is called
        if kind == "gradient" and name not in gradients:
            gradients[name], keys[name] = value, str(key)
        elif kind == "value" and name not in values:
            values[name] = value
        else:
            unknown.append(str(key))
    return Results(gradients, keys, values, tuple(unknown))


def subject_of(key: str, model: Model) -> tuple[str, str]:
    """What a key names: ("gradient", "W1") for W1, dW1, grad_W1; ("value", "a1") for a1; ("", key) for nothing."""
    known = [tensor.name for tensor in model.tensors]
    parameters = [tensor.name for tensor in model.parameters]
    found = match(key, parameters)
    if found is not None:
        return "gradient", found
    if key in known:
        return "value", key
    for stem in _stems(key):
        name = match(stem, known)
        if name is not None:
            return "gradient", name
    if key.casefold() in _LOSSES:
        return "value", model.root
    name = match(key, known)
    return ("value", name) if name is not None else ("", key)


def _stems(key: str) -> Iterable[str]:
    """What may be left when the mark of a derivative is taken off: `dW1`, `dL_dW1`, `W1_grad`, `delta2` for dz2."""
    quotient = re.fullmatch(r"[d∂][A-Za-z]_?(?:by_?)?[d∂]_?(\w+)", key)
    if quotient is not None:
        yield quotient[1]
    layer = re.fullmatch(r"(?:delta|δ)_?(\d+)", key)
    if layer is not None:
        yield f"z{layer[1]}"
    for mark in _BEFORE:
        if key.startswith(mark) and len(key) > len(mark):
            yield key[len(mark) :]
    for mark in _AFTER:
        if key.endswith(mark) and len(key) > len(mark):
            yield key[: -len(mark)]


# errors of the person's code


def failure_of(error: BaseException, function: Callable[..., Any]) -> Failure:
    """What the function raised, and the line of its own file where it did."""
    what = traceback.format_exception_only(error)[-1].strip()
    where = _place(error.__traceback__, function)
    at = f" at {where.source}:{where.line}: {where.text}" if where is not None else ""
    return Failure(f"it raised {what}{at}", where)


def _place(trace: TracebackType | None, function: Callable[..., Any]) -> Location | None:
    """The last line of the function's own file that was running; else the last line of all outside this package."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename != __file__]
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    if not frames:
        return None
    last = (own or frames)[-1]
    line = last.line or ""
    return Location(last.filename, last.lineno or 1, 1, max(1, len(line)), line)


def as_numbers(value: Any) -> Grid | None:
    """A result as an array of floats; None where it is none."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.size > 100_000_000:
            return None
        return np.array(array, float)
    except RAISED:
        return None
