"""The symbol table: what each name stands for while an expression is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sympy import Expr, Symbol

from symbackprop.algebra.space import ScalarFunction
from symbackprop.algebra.symbols import ADJOINT, index
from symbackprop.errors import UnknownNameError, suggestion
from symbackprop.notation.reading.remedies import foreign_fix
from symbackprop.notation.reading.syntax import Name
from symbackprop.notation.reading.values import Value
from symbackprop.notation.source import Source, Span

PLACEHOLDER = "·"

_REMEDIES = {
    "name": "Declare it, parameter {0} or constant {0}, or give it an equation.",
    "tensor": "Declare it, parameter {0}[n] or input {0}[n], or give it an equation.",
    "size": "Declare it: size {0}.",
    "size or index": "Sum over it, sum({0}, ...), put it on the left side, or declare it: size {0}.",
    "function": "Declare it, function {0}(x), or write * for a product.",
    "activation": "Declare it: function {0}(x) = ...",
}

_REMEDIES_OF_CLAIMS = {
    **dict.fromkeys(("name", "tensor"), "A claim may name what the model has: W1, and dW1 or ∂L/∂W1 beside it."),
    **dict.fromkeys(("size", "size or index"), "Sum over it, ∑_{0} ..., or put it on the left side: dz[{0}] = ..."),
    **dict.fromkeys(("function", "activation"), "Use the functions of the model, or write * for a product."),
}


@lru_cache(maxsize=256)
def _indices(names: tuple[str, ...]) -> frozenset[Symbol]:
    return frozenset(map(index, names))


@dataclass(slots=True)
class BoundIndex:
    """An index in scope. `symbol` is a placeholder, so that it meets no other index; `uses` gather its sizes.

    `last` is its last value, where the binder says it.
    `binder` is what binds it: `sum`, `max`, ..., or the tensor of a left side with its indices still open. `cased` are
    the uses where a condition on indices holds, `f[i] if i < 4`: of its sizes, those say nothing if others do.
    """

    name: str
    binder: str
    symbol: Symbol
    span: Span
    uses: list[tuple[Expr, Span]] = field(default_factory=list)
    cased: list[tuple[Expr, Span]] = field(default_factory=list)
    last: Expr | None = None

    @property
    def sized(self) -> list[tuple[Expr, Span]]:
        """The uses that say what its range is."""
        return self.uses or self.cased


@dataclass(frozen=True, slots=True)
class Stated:
    """What a claim may say beyond a model's own formulas.

    `aliases` are other spellings of the names in `tensors`, `roots` what may be differentiated, by every name that it
    goes by. Indices are counted from `base`; the claim is said for each value of those in `each`. `samples` is the size
    of the axis over samples and its place (0 or -1), None for one sample. `free` are the indices that stand free, with
    their sizes. `repeated` gathers the places where a vector was repeated for each sample. `broadcasts`: arrays of
    different shapes go together as NumPy has it. What is `padded` reads 0 outside its range. `rows`: vectors stand on
    the left of matrices, as rows. `row_gradients`: the derivative of a number by a vector is a row.
    """

    aliases: Mapping[str, str]
    roots: Mapping[str, str]
    base: int = 1
    samples: tuple[Expr, int] | None = None
    free: Mapping[str, tuple[Symbol, Expr]] = field(default_factory=dict)
    repeated: list[Span] = field(default_factory=list)
    unit: Expr | None = None
    dots: bool = False
    broadcasts: bool = False
    each: frozenset[str] = frozenset()
    padded: frozenset[str] = frozenset()
    rows: bool = False
    row_gradients: bool = False
    depends: Callable[[str, str], bool] = field(default=lambda _of, _by: False, compare=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """Names by kind. Sizes are symbols or integers; functions are the user's own and the known ones by name.

    `stated` is there where a claim is read, not a model; `sizing` where a size is read, which no tensor may stand in.
    `given` are names that a note defines itself, with what they stand for.
    """

    source: Source
    sizes: Mapping[str, Expr]
    tensors: Mapping[str, tuple[Expr, ...]]
    functions: Mapping[str, ScalarFunction]
    indices: Mapping[str, BoundIndex]
    callables: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    stated: Stated | None = None
    sizing: bool = False
    given: Mapping[str, Value] = field(default_factory=dict)

    @property
    def base(self) -> int:
        """What the first entry is called: 0 in a model, in a claim as its note has it."""
        return self.stated.base if self.stated is not None else 0

    @property
    def taken(self) -> frozenset[Symbol]:
        """Indices with the name of something declared, which no new index may have."""
        return _indices((*self.sizes, *self.tensors))

    def declared(self, name: str) -> bool:
        return name in self.sizes or name in self.tensors

    def is_function(self, name: str) -> bool:
        return name in self.functions or name in self.callables

    def known(self, what: str = "name") -> Iterator[str]:
        """The names that could have been meant."""
        if what in ("function", "activation", "name"):
            yield from self.functions
            yield from self.callables
        if what in ("size", "size or index", "name"):
            yield from self.sizes
            yield from self.indices
        if what in ("tensor", "name"):
            yield from (name for name in self.tensors if not name.startswith(ADJOINT))
            yield from self.stated.aliases if self.stated is not None else ()

    def unknown(self, name: Name, what: str = "name") -> UnknownNameError:
        """The error for a name that has no meaning, with the nearest one that has, or how to give it one."""
        written = self.source.written(name.span)
        last = name.name.rpartition(".")[2] if what == "function" else name.name
        near = suggestion(last, (known for known in self.known(what) if known != name.name))
        if self.stated is None and what in ("function", "name"):
            near = foreign_fix(name.name, self.tensors) or near
        return UnknownNameError(
            f"unknown {what} {written}",
            where=self.source.locate(name.span),
            fix=near or (_REMEDIES if self.stated is None else _REMEDIES_OF_CLAIMS)[what].format(written),
            name=written,
        )
