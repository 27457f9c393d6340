r"""Verdicts are data: what was claimed, where, what became of it and why. Reports are folds over them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from symbackprop.algebra.space import Premise
from symbackprop.errors import Location


class Status(StrEnum):
    """What a claim can turn out to be."""

    PROVED = "proved"  # for all values, at all sizes, under the premises named
    AGREES = "agrees"  # numbers and functions that run: equal at so many points, to so many digits
    CONVENTION = "convention"  # right under another convention or model than the stated one, which is named
    REFUTED = "refuted"  # wrong: with a witness, and a diagnosis where one was found
    UNDECIDED = "undecided"  # neither proved nor refuted; so many points agreed
    UNREADABLE = "unreadable"  # cannot be read: where and why


SUCCESSES = frozenset({Status.PROVED, Status.AGREES})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one claim.

    `claim` is the line as written, `line` its number from 1 (0 for a function), `where` its place. `method` says how it
    was judged, `scope` for which loss and sizes ("one sample", "all samples"), `given` that it is right given an
    earlier line of the person's that is not. `expected` is the true formula and `found` the claimed one, as text.
    `witness` is a certified point in words. `points` and `digits` count what agreed.
    """

    status: Status
    claim: str
    line: int = 0
    where: Location | None = None
    subject: str = ""
    method: str = ""
    scope: str = ""
    premises: tuple[Premise, ...] = ()
    given: int | None = None
    convention: str = ""
    diagnosis: str = ""
    expected: str = ""
    found: str = ""
    witness: str = ""
    points: int = 0
    digits: int = 0
    because: str = ""

    @property
    def ok(self) -> bool:
        return self.status in SUCCESSES


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts in the order of the claims; `source` names the note or the function."""

    source: str
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether there is a claim, and every one is proved or agrees."""
        return bool(self.verdicts) and all(verdict.ok for verdict in self.verdicts)

    @property
    def first_wrong(self) -> Verdict | None:
        """The first line that is refuted, or right only under another convention."""
        wrong = (Status.REFUTED, Status.CONVENTION)
        return next((verdict for verdict in self.verdicts if verdict.status in wrong), None)

    def count(self, status: Status) -> int:
        return sum(verdict.status is status for verdict in self.verdicts)
