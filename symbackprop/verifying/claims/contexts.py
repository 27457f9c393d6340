r"""What a whole note is judged in: a model under one convention, and the judgements on its lines there.

Beside the stated model and convention there are others that an author may have in mind. A convention belongs to a
whole note: what is wrong as stated is right under another one only if every line that tells the two apart is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from symbackprop.model.model import Model
from symbackprop.notation.claims.records import Claim, Defined, Line, Note, Reading, Scale, Schema, Unreadable, rooted
from symbackprop.notation.conventions import Stand
from symbackprop.verifying.claims.judging import Basis, Judgement, judge, names_in, values_of
from symbackprop.verifying.claims.meanings import Meaning, others, stated
from symbackprop.verifying.claims.partials import Partials, partials_in, with_given
from symbackprop.verifying.claims.scales import best, fitting
from symbackprop.verifying.claims.witnesses import Certifier
from symbackprop.verifying.truths import Truth, direct_name, partial_of


class Reader(Protocol):
    """A note as it reads beside a model, with these changes to the notation that was decided for it.

    Where `only` gives numbers of lines, it is read for these, the others as far as these rest on them.
    """

    def __call__(self, model: Model, only: frozenset[int] | None = None, /, **changes: object) -> Note: ...


Single = Claim | Defined | Unreadable
"""A line, or one instance of a schema."""


def singles(lines: Sequence[Line]) -> tuple[Single, ...]:
    """The lines, each schema as its instances."""
    found: list[Single] = []
    for line in lines:
        found.extend([claim for _, claim in line.instances] if isinstance(line, Schema) else [line])
    return tuple(found)


@dataclass(slots=True)
class Context:
    """A note beside one model under one convention; `words` name the convention, none for the stated one.

    `ranked` says that the reader has put the readings in order. `rereads` says that shapes are others than those
    stated, so that the note was read anew, `transposed` that derivatives of tensors by tensors are. `given` are the
    tensors whose adjoint is what comes to them from the root itself, not by way of others. It takes `telling` different
    lines that are right in this context for the note to be in it; or `by_equations` one that states an equation of the
    model. `like` is the context that has decided what derivatives mean. Where some lines alone were read, `whole` reads
    all of them.
    """

    lines: tuple[Single, ...]
    truth_at: Callable[[Scale], Truth]
    one_over_m: Stand
    words: str = ""
    ranked: bool = False
    rereads: bool = False
    transposed: bool = False
    given: tuple[str, ...] = ()
    telling: int = 1
    by_equations: bool = False
    like: Context | None = None
    whole: Callable[[], Context] | None = None
    _bases: dict[Scale, Basis] = field(default_factory=dict, init=False)
    _certifiers: dict[int, Certifier] = field(default_factory=dict, init=False)
    _judged: dict[int, tuple[Judgement, ...]] = field(default_factory=dict, init=False)

    @property
    def is_layout(self) -> bool:
        """Whether this differs from what is stated in the places of entries alone."""
        return self.rereads or self.transposed

    def basis(self, scale: Scale) -> Basis:
        """What readings at one scale are judged by, with all derivatives that the note reads."""
        if scale not in self._bases:
            claims = [line for line in self.lines if isinstance(line, Claim)]
            at_scale = [replace(c, readings=tuple(r for r in c.readings if r.scale == scale)) for c in claims]
            rates = [reading.rate for claim in at_scale for reading in claim.readings if reading.rate]
            truth = self.truth_at(scale).with_scalars(rates).with_partials(sorted(names_in(at_scale)))
            if self.like is not None:
                partials = self.like.partials(scale)
            else:
                truth, partials = partials_in([value.expression for value in values_of(at_scale)], truth)
            truth, partials = with_given(self.given, truth, partials)
            self._bases[scale] = Basis(truth, self._meaning(truth), partials, self.transposed)
        return self._bases[scale]

    def basis_of_line(self, number: int, scale: Scale) -> Basis:
        """The basis for one line: in `du|L = ∂L/∂u`, and in the line after it, ∂L/∂u is by the equation of L alone."""
        basis = self.basis(scale)
        spoken = {name for line in self.lines[max(number - 1, 0) : number + 1] for name in _parts_by_way_of_root(line)}
        held = frozenset(name for name in spoken if basis.truth.knows(direct_name(*(partial_of(name) or ("", "")))))
        if not held:
            return basis
        return replace(basis, partials=replace(basis.partials, held=basis.partials.held | held))

    def truth(self, scale: Scale) -> Truth:
        """The truth at one scale, with all that the note reads."""
        return self.basis(scale).truth

    def partials(self, scale: Scale) -> Partials:
        return self.basis(scale).partials

    def _meaning(self, truth: Truth) -> Meaning:
        known = stated(truth, self.one_over_m)
        return next((m for m in others(truth, self.one_over_m) if m.words == self.words), known)

    def certifier(self, truth: Truth) -> Certifier:
        return self._certifiers.setdefault(id(truth), Certifier(truth))

    def judgement(self, number: int) -> Judgement:
        """The judgement on a line in the reading that is meant."""
        if self.ranked:
            return self._of_first_that_fits(number)
        lines = range(len(self.lines))
        return self._best(number, fitting(number, [self._each(place) for place in lines]))

    def alone(self, number: int) -> Judgement:
        """The judgement on a line, whatever the lines around it are."""
        return self._of_first_that_fits(number) if self.ranked else self._best(number, self._each(number))

    def at_scale(self, number: int, scale: Scale) -> Judgement:
        """The judgement on a line in its readings at one scale."""
        found = (j for j in self._each(number) if j.reading is not None and j.reading.scale == scale)
        return self._best(number, tuple(found))

    def _of_first_that_fits(self, number: int) -> Judgement:
        """The judgement on the first reading whose shapes fit; on the first of all where none does."""
        judgements = self._each(number)
        return next((j for j in judgements if j.fits), self._best(number, judgements[:1]))

    def _best(self, number: int, judgements: tuple[Judgement, ...]) -> Judgement:
        return best((*judgements, Judgement("void", because=_void_because(self.lines[number], judgements))))

    def _each(self, number: int) -> tuple[Judgement, ...]:
        """A judgement on each reading that may be meant."""
        if number not in self._judged:
            line = self.lines[number]
            self._judged[number] = tuple(self._judgements(number, line)) if isinstance(line, Claim) else ()
        return self._judged[number]

    def _judgements(self, number: int, claim: Claim) -> Iterator[Judgement]:
        """After the first that is right only those at another scale, none where the text has set the scale."""
        right: set[Scale] = set()
        for reading in claim.readings:
            if claim.scale is not None and claim.scale in right:
                return
            if reading.scale not in right:
                judgement = judge(claim, reading, self.basis_of_line(number, reading.scale))
                if judgement.status == "right":
                    right.add(reading.scale)
                yield judgement


def _void_because(line: Single, judgements: tuple[Judgement, ...]) -> str:
    if isinstance(line, Unreadable):
        return line.error.what
    return judgements[0].because if judgements else "it has no reading beside this model"


def _parts_by_way_of_root(line: Single) -> Iterator[str]:
    """For a line that is about du|L the name of ∂L/∂u."""
    for reading in readings_of(line):
        subject = reading.sides[0].subject
        if subject.kind == "part":
            yield rooted(subject.of, subject.name)


def readings_of(line: Single) -> tuple[Reading, ...]:
    return line.readings if isinstance(line, Claim) else ()
