"""How many planted errors are found: counted over all notes and functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import symbackprop as sb
from symbackprop.verifying.verdicts import Report, Status
from symbackprop.verifying.verify import verify
from tests.planted import notes_classifier, notes_sigmoid, notes_squares
from tests.planted.examples import load
from tests.planted.records import Note, Plant
from tests.planted.right_functions import RIGHT
from tests.planted.wrong_functions import WRONG, Wrong

NOTES = (*notes_sigmoid.NOTES, *notes_squares.NOTES, *notes_classifier.NOTES)
PLANTS = tuple((note, plant) for note in NOTES for plant in note.plants)


@lru_cache(maxsize=512)
def report_of(note: Note, plant: Plant | None = None) -> Report:
    """The verdicts on a note, with one wrong line or right throughout."""
    return verify(load(note.model), note.text(plant))


@dataclass
class Figures:
    """Counts of errors found, and what was missed, in words."""

    planted: int = 0
    refuted: int = 0
    diagnosed: int = 0
    right: int = 0
    wronged: int = 0
    missed: list[str] = field(default_factory=list)

    def count_wrong(self, name: str, is_refuted: bool, is_diagnosed: bool, said: str) -> None:
        self.planted += 1
        self.refuted += is_refuted
        self.diagnosed += is_diagnosed
        if not (is_refuted and is_diagnosed):
            self.missed.append(f"{name}: {'refuted' if is_refuted else 'not refuted there'}; {said or 'no diagnosis'}")

    def count_right(self, name: str, count: int, wronged: int, said: str) -> None:
        self.right += count
        self.wronged += wronged
        if wronged:
            self.missed.append(f"{name}: right, and {said}")


def claims(figures: Figures, note: Note, plant: Plant | None) -> None:
    """Counts one note: with a wrong line, that this line alone is refuted; without, that none is."""
    report = report_of(note, plant)
    bad = [v for v in report.verdicts if not v.ok]
    if plant is None:
        said = "; ".join(f"{v.claim} is {v.status}" for v in bad)
        figures.count_right(note.name, len(note.lines), len(bad) + abs(len(note.lines) - len(report.verdicts)), said)
        return
    refuted = [v for v in bad if v.status is Status.REFUTED]
    at = [v.line for v in bad] == [plant.at] and len(refuted) == 1
    said = refuted[0].diagnosis if refuted else "; ".join(f"{v.claim} is {v.status}" for v in bad)
    figures.count_wrong(f"{note.name}: {plant.text}", at, at and bool(re.search(plant.word, said, re.I)), said)


def wrong_function(figures: Figures, wrong: Wrong) -> None:
    """Counts one function: that the results that are wrong, and no others, are refuted, and why."""
    report = sb.verify_function(load(wrong.model), wrong.function)
    refuted = [v for v in report.verdicts if v.status is Status.REFUTED]
    names = {v.claim for v in refuted}
    others = [v for v in report.verdicts if v.status not in (Status.REFUTED, Status.AGREES)]
    exact = names == set(wrong.results) and not others
    said = "; ".join(v.diagnosis for v in refuted if v.diagnosis)
    figures.count_wrong(
        f"{wrong.model}, {sorted(wrong.results)}", exact, exact and bool(re.search(wrong.word, said)), said
    )


def right_function(figures: Figures, model: str, function: Callable[..., Any]) -> None:
    """Counts one function that is right: that all of its results agree."""
    report = sb.verify_function(load(model), function)
    bad = [v for v in report.verdicts if v.status is not Status.AGREES]
    said = "; ".join(f"{v.claim} is {v.status}: {v.convention or v.diagnosis or v.because}" for v in bad)
    figures.count_right(function.__name__, 1, int(bool(bad)), said)


def all_claims() -> Figures:
    figures = Figures()
    for note in NOTES:
        claims(figures, note, None)
        for plant in note.plants:
            claims(figures, note, plant)
    return figures


def all_functions() -> Figures:
    figures = Figures()
    for model, function in RIGHT:
        right_function(figures, model, function)
    for wrong in WRONG:
        wrong_function(figures, wrong)
    return figures
