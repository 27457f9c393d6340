"""Names that a note gives itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbackprop as sb

MODEL = Path(__file__).parents[2] / "docs" / "examples" / "002_two_layer_sigmoid.model"


@pytest.fixture(scope="module")
def model() -> sb.Model:
    return sb.load(MODEL)


@pytest.mark.parametrize(
    ("note", "statuses"),
    [
        ("yhat = a2\nL = -(y log(yhat) + (1-y) log(1-yhat))", "defined proved"),
        ("yhat = a2\nL = -(y log(yhat) + (1-y) log(1+yhat))", "defined refuted"),
        ("$$a^{[2]} = \\hat{y}$$\n$$dz^{[2]} = \\hat{y} - y$$", "defined proved"),
        ("s = σ'(z1)\ndz1 = W2^T dz2 * s", "defined proved"),
        ("s = σ'(a1)\ndz1 = W2^T dz2 * s", "defined refuted"),
        ("e = a2 - y\nq = 2 e\ndz2 = q", "defined defined refuted"),
        ("dz3 = a2 - y", "unreadable"),
        ("dW2 = e a1^T", "unreadable"),
    ],
)
def test_a_note_may_name_things(model: sb.Model, note: str, statuses: str) -> None:
    """A new name stands for what it equals, in later lines; a gradient misspelt is no new name."""
    report = sb.verify(model, note)
    assert " ".join(verdict.status for verdict in report.verdicts) == statuses
    if statuses.startswith("defined"):
        assert report.verdicts[0].because.startswith("it stands for")
