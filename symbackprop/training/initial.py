r"""Where a descent begins, told from how the equations read each parameter.

* One that only adds (its local derivative is a number: a bias) begins at 0: it needs no spread. The rows of a table
  that integers choose are no biases.
* One that only scales, entry by entry, what else an equation gives (a gain of a norm) begins at 1: it changes nothing.
* The others are uniform in \(\pm\sqrt{6 / (n_1 + n_2)}\), which keeps the variance of values and of adjoints alike from
  layer to layer (Glorot and Bengio, 2010). \(n_1\) is how many entries are added up to one of the value, \(n_2\) in how
  many an entry of the other factor is used: of W[i,j] x[j] the sizes of j and of i, of a convolution's
  W[o,c,u] x[c,i+u] those of c and u, and of o and u.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from sympy import Add, Expr, Indexed, Integer, Mul, Sum, Symbol

from symbackprop.algebra.binding import all_symbols, substitute, tensors_in
from symbackprop.algebra.derivative import uses
from symbackprop.algebra.symbols import bounds_of, indices_of, tensor_of
from symbackprop.errors import DataError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Tensor


def initial_parameters(
    model: Model,
    sizes: Mapping[str, int],
    seed: int = 0,
    given: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """An array for each parameter: as given, else drawn; the same seed gives the same arrays.

    Raises:
        DataError: a size without a value, or given arrays that are no parameters of the model or have other shapes.
    """
    random = np.random.default_rng(seed)
    given = given or {}
    names = [tensor.name for tensor in model.parameters]
    for name in given:
        if name not in names:
            raise DataError(
                f"{name} is no parameter of the model",
                fix=suggestion(name, names) or f"Its parameters are {', '.join(names)}.",
                name=name,
            )
    found = {}
    for tensor in model.parameters:
        shape = _numbers(tensor, sizes)
        drawn = _begin(model, tensor, shape, random)
        if tensor.name in given and np.shape(given[tensor.name]) != shape:
            raise DataError(
                f"{tensor.name} has the shape {np.shape(given[tensor.name])}, not {shape}", name=tensor.name
            )
        found[tensor.name] = np.array(given.get(tensor.name, drawn), dtype=float)
    return found


def _begin(model: Model, tensor: Tensor, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    if only_scales(model, tensor):
        return np.ones(shape)
    reads = [read for expression in _readers(model, tensor) for read in _reads(expression, tensor.name)]
    if only_adds(model, tensor) and not any(read.looked_up for read in reads):
        return np.zeros(shape)
    limit = np.sqrt(6 / max((sum(read.fans(shape)) for read in reads), default=2))
    return random.uniform(-limit, limit, shape)


def only_adds(model: Model, tensor: Tensor) -> bool:
    """Whether the local derivative by the tensor is a number in every equation that reads it; penalties aside."""
    for expression, indices in _readers(model, tensor).items():
        avoid = set(all_symbols(expression)) | set(indices)
        if any(tensors_in(use.factor) for use in uses(expression, tensor.name, avoid)):
            return False
    return True


def only_scales(model: Model, tensor: Tensor) -> bool:
    """Whether each equation that reads the tensor is γ[i] times something, plus terms of parameters alone."""
    readers = _readers(model, tensor)
    plain = {parameter.name for parameter in model.parameters}
    return bool(tensor.shape and readers) and all(
        _is_scaled(expression, indices, tensor.name, plain) for expression, indices in readers.items()
    )


def _readers(model: Model, tensor: Tensor) -> dict[Expr, tuple[Symbol, ...]]:
    """The expressions that read the tensor, with their free indices."""
    return {e.expression: e.indices for e in model.equations if tensor.name in tensors_in(e.expression)}


def _is_scaled(expression: Expr, indices: tuple[Symbol, ...], name: str, parameters: set[str]) -> bool:
    for term in Add.make_args(expression):
        if name not in tensors_in(term):
            if not tensors_in(term) <= parameters:
                return False
            continue
        reads = [factor for factor in Mul.make_args(term) if name in tensors_in(factor)]
        if len(reads) != 1 or tensor_of(reads[0]) != name or not set(indices_of(reads[0])) <= set(indices):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Read:
    """One place where an expression reads a tensor: at which indices, under which sums, beside which plain indices."""

    indices: tuple[Expr, ...]
    summed: frozenset[Symbol]
    beside: frozenset[Symbol]

    @property
    def looked_up(self) -> bool:
        """Whether data say which of several rows is read, as if a one-hot vector were multiplied by the table."""
        return len(self.indices) > 1 and any(tensors_in(place) for place in self.indices)

    def fans(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """How many entries are added to one of the value, and in how many an entry of the other factor is used."""
        axes = list(zip(self.indices, shape, strict=True))
        into = prod(extent for place, extent in axes if place in self.summed)
        return into, prod(extent for place, extent in axes if place.is_Symbol and place not in self.beside)


def _reads(
    expression: Expr, name: str, summed: frozenset[Symbol] = frozenset(), beside: frozenset[Symbol] = frozenset()
) -> Iterator[_Read]:
    if tensor_of(expression) == name:
        yield _Read(indices_of(expression), summed, beside)
        return
    if isinstance(expression, Sum):
        summed = summed | {variable for variable, _ in bounds_of(expression)}
    for part in expression.args:
        if name in tensors_in(part):
            others = [other for other in expression.args if other != part] if expression.is_Mul else []
            yield from _reads(part, name, summed, beside.union(*map(_plain_indices, others)))


def _plain_indices(expression: Expr) -> set[Symbol]:
    """The indices that stand alone as an index of an entry."""
    return {place for read in expression.atoms(Indexed) for place in indices_of(read) if place.is_Symbol}


def _numbers(tensor: Tensor, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(_number(extent, tensor, sizes) for extent in tensor.shape)


def _number(extent: Expr, tensor: Tensor, sizes: Mapping[str, int]) -> int:
    symbols = sorted(extent.free_symbols, key=str)
    for symbol in symbols:
        if symbol.name not in sizes:
            raise DataError(
                f"the size {symbol} of {tensor.name} is not known from the data",
                fix=f"Give it: --size {symbol}=4, or sizes={{'{symbol}': 4}}.",
                name=symbol.name,
            )
        if sizes[symbol.name] < 1:
            raise DataError(
                f"the size {symbol} is {sizes[symbol.name]}", because="A size is at least 1.", name=symbol.name
            )
    return int(substitute(extent, {symbol: Integer(sizes[symbol.name]) for symbol in symbols}))
