"""The records that templates word: strings of the format, booleans and records of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from symbackprop.derivation.steps import StepKind
from symbackprop.rendering.index_lines import Line
from symbackprop.rendering.numbers import Numbers
from symbackprop.rendering.reasons import How
from symbackprop.rendering.roles import Kind

LEVELS = ("both", "index", "matrix")
DETAILS = ("outline", "standard", "every-step")


class First(StrEnum):
    """What is explained where it is met first."""

    LOSS = "loss"  # why the way goes backwards
    OUTER = "outer"  # all entries dz_i a_j together are a column times a row
    TURNED = "turned"  # products of single numbers with a row, which stand in a column
    TRANSPOSE = "transpose"  # a sum down the columns of W is a product with Wᵀ
    PATHS = "paths"  # what a tensor does by several ways adds up
    ERROR = "error"  # the prediction less the target
    RECURRENCE = "recurrence"  # the steps are gone through from the last to the first


@dataclass(frozen=True, slots=True)
class Over:
    """The layers that a row is about: their number, a letter, goes from `first` to `last`."""

    letter: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of symbols: tensors that are told together, for they have one role; `over` alike layers."""

    symbols: tuple[str, ...]
    shapes: tuple[str, ...]
    roles: tuple[Told, ...]
    facts: tuple[str, ...]
    over: Over | None


@dataclass(frozen=True, slots=True)
class Way:
    """How equations read the tensor of a step, several together that read it alike: see `reasons.Reading`.

    `slopes` has one for each of `entries`; it is empty where they are too wide for a sentence.
    """

    how: How
    of: str
    entries: tuple[str, ...]
    through: str
    over: tuple[str, ...]
    slopes: tuple[str, ...]
    function: str
    later: bool
    separate: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The role of a tensor, with its function as the format writes it: see `roles.Role`."""

    kind: Kind
    layer: str
    function: str
    several: bool
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instead:
    """In a step that goes like an earlier one: what stands in the place of what."""

    this: str
    that: str


@dataclass(frozen=True, slots=True)
class Like:
    """The earlier step that a step goes like."""

    number: str
    instead: tuple[Instead, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What led to one line of the algebra: the kind of step, and the names or facts that it used."""

    kind: StepKind
    names: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One step: the adjoint of one tensor, numbered as it is shown.

    `step` is its number in the derivation, `tensor` the name inside of what the derivative is by.
    `places` counts the equations that read it.
    `slopes` are local derivatives that are too wide for a sentence.
    `entry` is the result by entries where it is short and stands in the sentence, `algebra` the lines that lead to it
    where there are more, `done` says what was done there. `matrices` is the result in matrix notation, `put_in` has the
    adjoints of earlier steps that were put in there.
    `firsts` names what is met here for the first time and wants a word.
    """

    number: str
    step: str
    tensor: str
    math: str
    role: Told
    schema: str
    ways: tuple[Way, ...]
    places: int
    like: Like | None
    slopes: tuple[str, ...]
    entry: str
    algebra: str
    done: tuple[Done, ...]
    matrices: str
    put_in: tuple[str, ...]
    shapes: str
    facts: tuple[str, ...]
    firsts: frozenset[First]
    factor: str
    checked: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring steps each of which goes like an earlier one: told together, with their results in one block."""

    items: tuple[Item, ...]
    likes: tuple[str, ...]
    instead: tuple[Instead, ...]
    block: str


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """An entry that is read out of range, and where: before the first entry, past the last one, or both."""

    math: str
    before: bool
    past: bool


@dataclass(frozen=True, slots=True)
class Path:
    """The notation for a part of an adjoint, shown at the first one that there is."""

    math: str
    adjoint: str
    through: str


@dataclass(frozen=True, slots=True)
class Batch:
    """How the samples stand, and what the cost over all of them is."""

    size: str
    side: str
    root: str
    loss: str
    factor: str


@dataclass(frozen=True, slots=True)
class Slope:
    """A function that the network applies: its formula, if it is not elementary, and the derivative from it."""

    function: str
    formula: str
    slope: str


@dataclass(frozen=True, slots=True)
class Notation:
    """Signs of the document: of adjoints, shown at the tensor `of`, and of products by entries."""

    of: str
    adjoint: str
    partial: str
    hadamard: str


@dataclass(frozen=True, slots=True)
class Descent:
    """The step of gradient descent: of the first parameter, in a sentence, which others go the same way; and of all.

    `all` is empty but where every step is wanted.
    """

    rate: str
    update: str
    others: tuple[str, ...]
    all: str


@dataclass(frozen=True, slots=True)
class Part:
    """One derivation in the document: of one sample's loss, or of the cost over all samples."""

    id: str
    root: str
    batch: Batch | None
    rows: tuple[Row, ...]
    forward: str
    slopes: tuple[Slope, ...]
    signs: Mapping[str, str]
    functions: tuple[str, ...]
    sizes: tuple[str, ...]
    notation: Notation
    edges: tuple[EdgeLine, ...]
    later: tuple[EdgeLine, ...]
    path: Path | None
    kept: str
    items: tuple[Item, ...]
    told: tuple[Item | Run, ...]
    summary: str
    descent: Descent | None


@dataclass(frozen=True, slots=True)
class Document:
    """What a template words."""

    title: str
    author: str
    name: str
    level: str
    detail: str
    parts: tuple[Part, ...]
    numbers: Numbers | None
    checks: tuple[str, ...]
    premises: tuple[str, ...]
    kinks: tuple[str, ...]
