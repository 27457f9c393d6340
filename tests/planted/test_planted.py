"""Planted errors: each is one by complex steps, each is refuted where it stands, and no right line or function is."""

from __future__ import annotations

import pytest

from tests.planted.examples import EXAMPLES
from tests.planted.figures import (
    NOTES,
    PLANTS,
    Figures,
    all_claims,
    all_functions,
    claims,
    right_function,
    wrong_function,
)
from tests.planted.records import Note, Plant
from tests.planted.right_functions import RIGHT
from tests.planted.truth import is_right
from tests.planted.wrong_functions import WRONG

SAMPLE = PLANTS[::15]
SAMPLE_WRONG = WRONG[::7]
SAMPLE_RIGHT = RIGHT[::4]


@pytest.mark.parametrize("note", NOTES, ids=lambda note: f"{note.model}, {note.name}")
def test_right_lines_hold_and_planted_ones_do_not(note: Note) -> None:
    """By complex steps alone every right line of a note is right, and every planted one is not."""
    for line in note.lines:
        assert is_right(line.numpy, note.model, note.scale), line
    for plant in note.plants:
        assert not is_right(plant.numpy, note.model, note.scale), plant
        assert plant.text != note.lines[plant.at - 1].text


def test_there_are_enough() -> None:
    """At least 60 wrong claims and 20 wrong functions, 60 and 8 right ones, over every example."""
    assert len(PLANTS) >= 60
    assert sum(len(note.lines) for note in NOTES) >= 60
    assert len(WRONG) >= 20
    assert len(RIGHT) >= 8
    assert {note.model for note in NOTES} >= set(EXAMPLES)
    models = {name for name, _ in RIGHT}
    assert models >= set(EXAMPLES) - {"000_two_layer_generic"}  # its activation has no formula, so no numbers
    assert {wrong.model for wrong in WRONG} == models


@pytest.mark.parametrize(("note", "plant"), SAMPLE, ids=lambda part: part.text if isinstance(part, Plant) else "")
def test_a_planted_line_is_refuted(note: Note, plant: Plant) -> None:
    """A wrong line alone is refuted in its note, with the diagnosis expected."""
    figures = Figures()
    claims(figures, note, plant)
    assert (figures.refuted, figures.diagnosed) == (1, 1), figures.missed


@pytest.mark.parametrize("note", NOTES, ids=lambda note: f"{note.model}, {note.name}")
def test_a_right_note_is_proved(note: Note) -> None:
    """Every line of a right note is proved."""
    figures = Figures()
    claims(figures, note, None)
    assert not figures.missed


@pytest.mark.parametrize("wrong", SAMPLE_WRONG, ids=lambda wrong: f"{wrong.model}, {wrong.word}")
def test_a_planted_function_is_refuted(wrong) -> None:
    """Just the wrong results of a function are refuted, with the diagnosis expected."""
    figures = Figures()
    wrong_function(figures, wrong)
    assert (figures.refuted, figures.diagnosed) == (1, 1), figures.missed


@pytest.mark.parametrize(("model", "function"), SAMPLE_RIGHT, ids=lambda part: getattr(part, "__name__", part))
def test_a_right_function_agrees(model: str, function) -> None:
    """Every result of a right function agrees."""
    figures = Figures()
    right_function(figures, model, function)
    assert not figures.missed


@pytest.mark.long
def test_the_figures_of_claims() -> None:
    """All planted claims are refuted at their line, none that is right is, and all diagnoses are those expected."""
    figures = all_claims()
    assert (figures.refuted, figures.wronged) == (figures.planted, 0), figures.missed
    assert figures.diagnosed == figures.planted, figures.missed


@pytest.mark.long
def test_the_figures_of_functions() -> None:
    """All planted functions are refuted for just what is wrong in them, none that is right is, all are diagnosed."""
    figures = all_functions()
    assert (figures.refuted, figures.wronged) == (figures.planted, 0), figures.missed
    assert figures.diagnosed == figures.planted, figures.missed
