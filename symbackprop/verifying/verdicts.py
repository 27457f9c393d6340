r"""Verdicts are data: what was claimed, where, what became of it and why. Reports are folds over them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from symbackprop.algebra.proving.equality import Witness
from symbackprop.algebra.space import Premise
from symbackprop.errors import Location


class Status(StrEnum):
    """What a claim can turn out to be."""

    PROVED = "proved"  # for all values, at all sizes, under the premises named
    AGREES = "agrees"  # numbers and functions that run: equal at so many points, to so many digits
    CONVENTION = "convention"  # right under another convention or model than the stated one, which is named
    DEFINED = "defined"  # gives a name to something: shown, and no success, for a definition is not a proof
    REFUTED = "refuted"  # wrong: with a witness, and a diagnosis where one was found
    UNDECIDED = "undecided"  # neither proved nor refuted; so many points agreed
    UNREADABLE = "unreadable"  # cannot be read: where and why


SUCCESSES = frozenset({Status.PROVED, Status.AGREES})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one claim.

    `claim` is the line as written, `line` its number from 1 (0 for a function), `where` its place. `method` says how it
    was judged, `scope` for which loss and sizes ("one sample", "all samples"), `given` that it is right given an
    earlier line that is not, `under` its premises in words without the definitions, `step` which of its equals signs
    breaks, counted from 1; where there are several, `where` is the place behind it. `expected` is the true formula and
    `found` the claimed one, as text. `witness` is a certified point in words, `point` the same with every number.
    `points` and `digits` count agreement. `condition` is that under which the
    claim is said, where the words around it say so.
    """

    status: Status
    claim: str
    line: int = 0
    where: Location | None = None
    subject: str = ""
    method: str = ""
    scope: str = ""
    premises: tuple[Premise, ...] = ()
    under: tuple[str, ...] = ()
    given: int | None = None
    convention: str = ""
    diagnosis: str = ""
    expected: str = ""
    found: str = ""
    witness: str = ""
    point: Witness | None = None
    points: int = 0
    digits: int = 0
    because: str = ""
    step: int = 0
    condition: str = ""

    @property
    def ok(self) -> bool:
        return self.status in SUCCESSES

    @property
    def where_it_holds(self) -> str:
        """`, where y = 1`; "" for a claim without a condition."""
        return f", where {self.condition}" if self.condition else ""

    @property
    def headline(self) -> str:
        """`line 4: refuted: dz1 = W2^T dz2`; what is right upon a wrong line says upon which."""
        place = f"line {self.line}: " if self.line else ""
        upon = f", given line {self.given}" if self.given else ""
        under = f"  (given that {', '.join(self.under)})" if self.under and self.ok else ""
        return f"{place}{self.status}{upon}: {self.claim}{self.where_it_holds}{under}"

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """What else there is to say, each under its word, in the order in which it helps."""
        if self.ok:
            return ()
        said = (
            ("diagnosis", self.diagnosis),
            ("right", self.convention),
            ("because", self.because),
            ("expected", self.expected),
            ("witness", self.witness if self.status is Status.REFUTED else ""),
            ("read for", self.scope if self.status is not Status.UNREADABLE else ""),
        )
        return tuple((word, text) for word, text in said if text)

    def __str__(self) -> str:
        return "\n".join((self.headline, *(f"    {word}: {text}" for word, text in self.details)))


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """All verdicts in the order of the claims; `source` names the note or the function.

    `notation` says what was decided once for the whole note.
    """

    source: str
    verdicts: tuple[Verdict, ...]
    notation: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether something is claimed, and everything that is claimed is proved or agrees."""
        judged = [verdict for verdict in self.verdicts if verdict.status is not Status.DEFINED]
        return bool(judged) and all(verdict.ok for verdict in judged)

    @property
    def first_wrong(self) -> Verdict | None:
        """The first line that is refuted, or right only under another convention."""
        wrong = (Status.REFUTED, Status.CONVENTION)
        return next((verdict for verdict in self.verdicts if verdict.status in wrong), None)

    def count(self, status: Status) -> int:
        return sum(verdict.status is status for verdict in self.verdicts)

    @property
    def summary(self) -> str:
        """`6 claims: 5 proved, 1 refuted. The first wrong one is in line 4.`; `2 lines:` where some only give names."""
        counts = ", ".join(f"{count} {status}" for status in Status if (count := self.count(status)))
        number, what = len(self.verdicts), "line" if self.count(Status.DEFINED) else "claim"
        said = f"{number} {what}{'' if number == 1 else 's'}: {counts or 'nothing to judge'}."
        wrong = self.first_wrong
        return f"{said} The first wrong one is in line {wrong.line}." if wrong is not None and wrong.line else said

    def __str__(self) -> str:
        return "\n".join((*self.notation, *map(str, self.verdicts), self.summary))

    def __repr__(self) -> str:
        return f"<Report on {self.source}: {self.summary}>"
