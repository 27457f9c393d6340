"""Reports as text: what stands under which line, colours, summaries; `undecided` never reads as success."""

from __future__ import annotations

import pytest

from symbackprop.algebra.space import Premise
from symbackprop.errors import Location
from symbackprop.rendering.reports import MARKS, report_text, verdict_text
from symbackprop.verifying.verdicts import SUCCESSES, Report, Status, Verdict

WHERE = Location("notes.txt", 4, 3, 14, "  dz1 = W2^T dz2")
WRONG = Verdict(
    Status.REFUTED,
    "dz1 = W2^T dz2",
    4,
    WHERE,
    scope="one sample, at all sizes",
    expected="dz1 = W2ᵀ dz2 ⊙ σ'(z1)",
    found="W2^T dz2",
    diagnosis="σ'(z1) is missing",
    witness="h = 2: dz1[1] is 0.1, and the line says 0.5",
)
RIGHT = Verdict(Status.PROVED, "dW1 = dz1 x^T", 5, Location("notes.txt", 5, 1, 13, "dW1 = dz1 x^T"), given=4)


def test_a_refuted_line() -> None:
    """The line as written with a caret, then the diagnosis, what was expected and the witness."""
    assert verdict_text(WRONG).splitlines() == [
        "✗ line 4: refuted",
        "        dz1 = W2^T dz2",
        "        ^^^^^^^^^^^^^^",
        "    diagnosis: σ'(z1) is missing",
        "    expected:  dz1 = W2ᵀ dz2 ⊙ σ'(z1)",
        "    witness:   h = 2: dz1[1] is 0.1, and the line says 0.5",
        "    read for:  one sample, at all sizes",
    ]


def test_a_line_right_upon_a_wrong_one() -> None:
    """It says upon which."""
    assert verdict_text(RIGHT) == "✓ line 5: proved, given line 4  dW1 = dz1 x^T"


def test_premises() -> None:
    """A proof that rests on a fact names it; that definitions were put in goes without saying."""
    premises = (Premise("definition", "p"), Premise("sums to 1", "y"))
    under = ("Σ y = 1",)
    text = verdict_text(Verdict(Status.PROVED, "dz = p - y", 1, premises=premises, under=under))
    assert text == "✓ line 1: proved  dz = p - y  (given that Σ y = 1)"


def test_functions_that_agree() -> None:
    """Agreement is counted, in points and digits."""
    text = verdict_text(Verdict(Status.AGREES, "W1", points=3, digits=12))
    assert text == "✓ agrees  W1  (to 12 digits at 3 points)"


def test_summary() -> None:
    """Counts, and the first wrong line."""
    report = Report("notes.txt", (WRONG, RIGHT))
    assert report.summary == "2 claims: 1 proved, 1 refuted. The first wrong one is in line 4."
    assert report_text(report).endswith(f"notes.txt: {report.summary}\n")
    assert report.first_wrong is WRONG and not report.ok
    assert not Report("notes.txt", ()).ok


def test_quiet() -> None:
    """Only what is not right, and the summary."""
    text = report_text(Report("notes.txt", (WRONG, RIGHT)), quiet=True)
    assert "line 4" in text and "line 5" not in text


@pytest.mark.parametrize("status", Status)
def test_only_success_looks_like_success(status: Status) -> None:
    """Of all statuses only those that are successes have their mark."""
    verdict = Verdict(status, "dz = p - y", 1)
    assert verdict.ok == (status in SUCCESSES) == (MARKS[status] == "✓")
    text = verdict_text(verdict, colour=True)
    assert ("\033[32m" in text) == (status in SUCCESSES)
    assert "\033" not in verdict_text(verdict)
    assert ("proved" in str(verdict)) == (status is Status.PROVED)


def test_as_plain_text() -> None:
    """`str` of a report has each verdict and the summary."""
    lines = str(Report("notes.txt", (WRONG, RIGHT))).splitlines()
    assert lines[0] == "line 4: refuted: dz1 = W2^T dz2"
    assert "    diagnosis: σ'(z1) is missing" in lines
    assert lines[-2:] == ["line 5: proved, given line 4: dW1 = dz1 x^T", Report("", (WRONG, RIGHT)).summary]
