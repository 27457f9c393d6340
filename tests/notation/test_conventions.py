"""Conventions: their names, their choices, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from symbackprop.errors import UsageError
from symbackprop.notation.conventions import CHOICES, PRESETS, Conventions


def test_default_is_what_courses_write() -> None:
    """The default is the preset of that name."""
    assert Conventions.named("default") == Conventions()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_found_by_name(name: str) -> None:
    """A preset goes by its name, and no two are alike."""
    assert Conventions.named(name) is PRESETS[name]
    assert [other for other in PRESETS if PRESETS[other] == PRESETS[name]] == [name]


@pytest.mark.parametrize(("name", "choice"), [(n, c) for n, choices in CHOICES.items() for c in choices])
def test_every_choice_is_accepted(name: str, choice: object) -> None:
    """Each choice that is listed can be made."""
    assert getattr(Conventions().having(**{name: choice}), name) == choice


@pytest.mark.parametrize(
    ("choices", "what", "because", "fix"),
    [
        (
            {"adjoint": "partials"},
            "'partials' is no choice for the convention 'adjoint'",
            "The choices are: 'd', 'partial', 'nabla', 'bar', 'delta'.",
            "Did you mean partial?",
        ),
        (
            {"index_base": 2},
            "2 is no choice for the convention 'index_base'",
            "The choices are: 0, 1.",
            None,
        ),
        (
            {"index_base": True},
            "True is no choice for the convention 'index_base'",
            "The choices are: 0, 1.",
            None,
        ),
        (
            {"transpos": "T"},
            "there is no convention 'transpos'",
            "The conventions are: layers, adjoint, transpose, hadamard, one_over_m, local_derivatives, batch, "
            "sum_bounds, index_base.",
            "Did you mean transpose?",
        ),
    ],
)
def test_a_wrong_choice_is_refused(choices: dict, what: str, because: str, fix: str | None) -> None:
    """A wrong convention or choice is named, with those that exist."""
    with pytest.raises(UsageError) as caught:
        Conventions().having(**choices)
    assert (caught.value.what, caught.value.because, caught.value.fix) == (what, because, fix)


def test_an_unknown_preset_is_refused() -> None:
    """The names that exist are listed, and the nearest is suggested."""
    with pytest.raises(UsageError, match="no conventions named 'defualt'") as caught:
        Conventions.named("defualt")
    assert caught.value.fix == "Did you mean default?"
    assert all(name in str(caught.value) for name in PRESETS)
