"""What a leaf is read beside: the model's symbols, the note's notation, and what the formula around it binds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr

from symbackprop.notation.claims.symbols import Symbols
from symbackprop.notation.source import Source


@dataclass(frozen=True, slots=True)
class Alias:
    """What a note's own letter stands for: the adjoint of a tensor, or of each layer's tensor of a family.

    `target` is the word of the tensor or of the family; `root` what is differentiated, "" where that is open.
    """

    target: str
    root: str


@dataclass(frozen=True, slots=True)
class Notation:
    r"""What was decided once for a whole note.

    `base` is what the first entry is called. `each_layer` are the letters that stand for any layer, `last_layer` those
    for the last one; `samples` and `times` the letters that count samples and steps. `superscript_times`: a bare number
    above a letter is a step and no power. `aliases` are the letters that the note gives to adjoints. `outer_deltas`:
    the δ of an activation is that of its pre-activation, `gate_deltas`: that of a gate is; `delta_operates`: δ before a
    tensor makes its adjoint; `matrix_powers`: in LaTeX \(X^2\) of a square matrix is X X.
    `numpy`: formulas are those of a program, whose arrays are repeated along axes that are missing.
    `labels` are letters below vectors that are part of their names. `differentials`: d before a tensor is its
    differential, and no gradient. `delta_shift` is what is added to the number of a δ for that of its layer.
    `outer_brackets`: ⟨u, v⟩ is the outer product of vectors.
    `row_gradients`: the derivative of a number by a vector is a row.
    `rows` are letters that with an index stand for rows of the matrix with the capital letter: x_iᵀ of X.
    `from_zero` are the sizes n to which sums over all n entries go from 0, `last_numbers` those
    of them that the note has elsewhere too: the numbers of last entries, where the first is that of number 0.
    `extents` is what a letter of an index runs over in all of the note. `said` words each decision for the report.
    """

    base: int = 1
    each_layer: frozenset[str] = frozenset({"l", "ell"})
    last_layer: frozenset[str] = frozenset({"L"})
    samples: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset({"t", "tau"})
    superscript_times: bool = False
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    outer_deltas: bool = False
    gate_deltas: bool = False
    delta_operates: bool = False
    numpy: bool = False
    row_gradients: bool = False
    outer_brackets: bool = False
    delta_shift: int = 0
    differentials: bool = False
    labels: frozenset[tuple[str, str]] = frozenset()
    rows: frozenset[str] = frozenset()
    extents: Mapping[str, Expr] = field(default_factory=dict)
    from_zero: frozenset[str] = frozenset()
    last_numbers: frozenset[str] = frozenset()
    matrix_powers: bool = False
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Where a leaf stands.

    `layers` gives the number for which each letter of a layer stands here. `bound` are the letters of indices in scope,
    `sizes_of` the extents that letters are known to run over, `named_sizes` the sizes that letters of the note
    are; `sample` is the index of the sample that is meant where none is written, within a sum over samples.
    `depths` gives, for a letter of layers in a model that numbers none, how deep that layer lies.
    `given` are names that the note defined earlier. With `pointwise` the
    derivative of f(z) by z is f'(z) entry by entry, not the matrix with that on its diagonal.
    """

    source: Source
    symbols: Symbols
    notation: Notation
    layers: Mapping[str, int] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    sizes_of: Mapping[str, Expr] = field(default_factory=dict)
    named_sizes: Mapping[str, str] = field(default_factory=dict)
    sample: str | None = None
    line_layer: int | None = None
    depths: Mapping[str, int] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    divides_words: bool = False
    pointwise: bool = False

    def extent(self, letter: str | None) -> Expr | None:
        """What a letter runs over here, or else in all of the note."""
        return None if letter is None else self.sizes_of.get(letter, self.notation.extents.get(letter))

    @property
    def has_matrix_powers(self) -> bool:
        """Whether a power of a square matrix is a product of matrices here."""
        return self.notation.matrix_powers and self.divides_words

    def binding(self, letters: Iterable[str]) -> Context:
        """This context with more letters of indices in scope."""
        return replace(self, bound=self.bound | set(letters))
