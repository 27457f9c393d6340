"""Near misses drawn from a seed, each judged as a note of one line, and what became of them beside the truth."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from random import Random

import symbackprop as sb
from symbackprop.errors import SymbackpropError
from symbackprop.notation.claims.reader import read_note, words_of
from symbackprop.notation.claims.records import Claim, Note
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.notes.formats import parts_of
from symbackprop.verifying.claims.alternatives import stated_context
from symbackprop.verifying.claims.contexts import Context
from symbackprop.verifying.truths import truths_of
from symbackprop.verifying.verdicts import Status, Verdict
from symbackprop.verifying.verify import verify
from tests.planted.near_misses.changes import Change, Written, changes_of
from tests.planted.near_misses.claims import MODELS, claims_of, model_of
from tests.planted.near_misses.truth import Evaluator, Truth, evaluator_of

TRIES = 6  # near misses drawn for each that is wanted
JUDGED = (Status.PROVED, Status.REFUTED, Status.UNDECIDED, Status.CONVENTION)


@dataclass(frozen=True)
class Outcome:
    """One near miss: the right claim, what was changed, the verdict, and whether it is true."""

    model: str
    claim: Written
    change: Change
    verdict: Verdict
    truth: Truth
    started_right: bool = True

    @property
    def counts(self) -> bool:
        """Whether it was read as a claim that has a truth."""
        return self.verdict.status in JUDGED and self.truth != "unknown"

    @property
    def is_false_proof(self) -> bool:
        return self.verdict.status is Status.PROVED and self.truth == "false"

    @property
    def is_false_refutation(self) -> bool:
        return self.verdict.status in (Status.REFUTED, Status.CONVENTION) and self.truth == "true"

    @property
    def is_named(self) -> bool:
        """Whether the diagnosis names the change that was made, or one that comes to the same."""
        return bool(re.search(NAMED[self.change.kind], self.verdict.diagnosis))

    def __str__(self) -> str:
        what = f"{self.model}: {self.change.kind}, {self.change.before!r} is now {self.change.now!r}"
        said = f"{self.verdict.status}, and {self.truth}: {self.change.text}"
        return "\n".join((what, f"    {said}", f"    diagnosis: {self.verdict.diagnosis}"))


NAMED = {
    "sign": "sign",
    "factor": r"factor|too often|missing|too much",
    "number": r"factor|missing|too often|too much|stands where",
    "transpose": r"transpose|order|axis|indices|product",
    "name": r"stands? where|missing|too much|sign",
    "index": r"sum over|ind(ex|ices)|stands? where|transpose|entry by entry|axis",
    "range": r"sum|stands? where|range|term|axis|transpose",
    "term dropped": r"missing|path|stands? where",
    "factor dropped": r"missing|stands? where|too often|too much",
    "product": r"want|order|transpose|entry by entry|brackets",
    "step": r"step|off by one|index|sign before|the term 1",
    "function": r"derivative|stands? where|missing",
    "power": r"stands? where|exponent|square|factor",
    "complement": r"stands? where",
    "order": r"order|transpose|want|brackets",
    "condition": r"condition|case|stands? where",
}
"""What the words of a diagnosis have in them that names a change of each kind."""


def outcomes(count: int, seed: int, models: Collection[str] = tuple(MODELS)) -> Iterator[Outcome]:
    """So many near misses over all models that count, and those drawn on the way that do not; of some models alone."""
    for at, name in enumerate(MODELS):
        if name in models:
            wanted = count * (at + 1) // len(MODELS) - count * at // len(MODELS)
            yield from _of_model(name, wanted, Random(f"{seed} {name}"))


def _of_model(name: str, wanted: int, random: Random) -> Iterator[Outcome]:
    if not wanted:
        return
    claims, evaluator = claims_of(name), evaluator_of(model_of(name))
    seen: set[str] = set()
    for _ in range(TRIES * wanted):
        drawn = _drawn(random.choice(claims), random)
        if drawn is None or drawn[1].text in seen:
            continue
        seen.add(drawn[1].text)
        outcome = judged(name, *drawn, evaluator)
        if outcome is not None:
            yield outcome
            wanted -= outcome.counts
        if not wanted:
            return


def _drawn(claim: Written, random: Random) -> tuple[Written, Change] | None:
    """A change of a claim: first its kind, then one of that kind."""
    by_kind: dict[str, list[Change]] = {}
    for change in changes_of(claim):
        by_kind.setdefault(change.kind, []).append(change)
    return (claim, random.choice(by_kind[random.choice(sorted(by_kind))])) if by_kind else None


def judged(name: str, claim: Written, change: Change, evaluator: Evaluator) -> Outcome | None:
    """The verdict on a near miss, and its truth; None where it is not read as one line."""
    model = model_of(name)
    try:
        verdicts = verify(model, _note(claim, change.text)).verdicts
    except SymbackpropError:
        return None
    if len(verdicts) != 1:
        return None
    truth = _truth(model, _note(claim, change.text), evaluator)
    outcome = Outcome(name, claim, change, verdicts[0], truth)
    if verdicts[0].status is not Status.REFUTED or outcome.is_named:
        return outcome
    return replace(outcome, started_right=_truth(model, _note(claim, claim.text), evaluator) == "true")


def _note(claim: Written, text: str) -> str:
    return f"$${text}$$" if claim.is_latex else text


def _truth(model: sb.Model, text: str, evaluator: Evaluator) -> Truth:
    """The truth of a note of one line: all of it is true, or something false."""
    context = _context(model, text)
    truths: set[Truth] = {
        evaluator.truth(line, number, context) for number, line in enumerate(context.lines) if isinstance(line, Claim)
    }
    return next((found for found in ("false", "unknown", "true") if found in truths), "unknown")


def _context(model: sb.Model, text: str) -> Context:
    """The line as it is read, before anything is judged."""
    parts = parts_of(text, names=words_of(model))

    def read(beside: sb.Model, only: frozenset[int] | None = None, /, **changes: object) -> Note:
        return read_note(parts, beside, Conventions(), changes, only)

    return stated_context(read, truths_of(model))


KINDS = ("false", "undecided", "unnamed")
"""Outcomes worth a look: a false proof or refutation, no verdict, a mistake that is not named."""


@dataclass
class Figures:
    """Counts over near misses; `aside` are those that were not read as a claim with a truth, by what became of them."""

    counted: Counter[tuple[Status, Truth]] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    diagnosed: Counter[str] = field(default_factory=Counter)
    false_proofs: int = 0
    false_refutations: int = 0

    @property
    def total(self) -> int:
        return sum(self.counted.values())

    def count(self, outcome: Outcome) -> str:
        """Counts one outcome, and says which of `KINDS` it is of, if any."""
        status = outcome.verdict.status
        if not outcome.counts:
            self.aside[str(status) if status not in JUDGED else "without a truth"] += 1
            return ""
        self.counted[status, outcome.truth] += 1
        self.false_proofs += outcome.is_false_proof
        self.false_refutations += outcome.is_false_refutation
        if outcome.is_false_proof or outcome.is_false_refutation:
            return "false"
        if status is Status.UNDECIDED:
            return "undecided"
        if status is not Status.REFUTED:
            return ""
        if not outcome.started_right:
            return ""  # what means something else by itself than in its document was not made wrong by the change
        self.diagnosed["named" if outcome.is_named else "another" if outcome.verdict.diagnosis else "none"] += 1
        return "" if outcome.is_named else "unnamed"
