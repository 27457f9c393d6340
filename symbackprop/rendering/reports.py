r"""Reports as text: each claim with its verdict, what is wrong shown under the line as it was written.

A report on a terminal has colours; the words are the same without.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.verifying.verdicts import Report, Status, Verdict

MARKS = {
    Status.PROVED: "✓",
    Status.AGREES: "✓",
    Status.CONVENTION: "≈",
    Status.DEFINED: "·",
    Status.REFUTED: "✗",
    Status.UNDECIDED: "?",
    Status.UNREADABLE: "?",
}
_COLOURS = {
    Status.PROVED: "32",
    Status.AGREES: "32",
    Status.CONVENTION: "33",
    Status.DEFINED: "36",
    Status.REFUTED: "31",
    Status.UNDECIDED: "35",
    Status.UNREADABLE: "35",
}
_INDENT = " " * 4


def report_text(report: Report, *, colour: bool = False, quiet: bool = False) -> str:
    """The report for people to read; `quiet` leaves out what is right."""
    parts = [verdict_text(verdict, colour=colour) for verdict in report.verdicts if not (quiet and verdict.ok)]
    return "\n".join((*report.notation, *parts, f"{report.source}: {report.summary}")) + "\n"


def verdict_text(verdict: Verdict, *, colour: bool = False) -> str:
    """One claim: a line if it is right; else also where, why, what was expected, and where it fails."""
    return "\n".join(_lines(verdict, colour))


def _lines(verdict: Verdict, colour: bool) -> Iterator[str]:
    yield f"{_painted(MARKS[verdict.status], verdict.status, colour)} {_headline(verdict, colour)}"
    if verdict.ok or verdict.status is Status.DEFINED:
        return
    if verdict.where is not None:
        yield from (f"  {line}" for line in verdict.where.caret().splitlines())
    for word, text in verdict.details:
        yield f"{_INDENT}{word + ':':<10} {text}"


def _headline(verdict: Verdict, colour: bool) -> str:
    place = f"line {verdict.line}: " if verdict.line else ""
    status = _painted(str(verdict.status), verdict.status, colour)
    upon = f", given line {verdict.given}" if verdict.given else ""
    resting = f"  (given that {', '.join(verdict.under)})" if verdict.under and verdict.ok else ""
    agreed = f"  (to {verdict.digits} digits at {verdict.points} points)" if verdict.status is Status.AGREES else ""
    shown = verdict.ok or verdict.status is Status.DEFINED or verdict.where is None
    said = f"  {verdict.claim}{verdict.where_it_holds}" if shown else verdict.where_it_holds
    words = f"  ({verdict.because})" if verdict.status is Status.DEFINED and verdict.because else ""
    return f"{place}{status}{upon}{said}{resting}{agreed}{words}"


def _painted(text: str, status: Status, colour: bool) -> str:
    return f"\033[{_COLOURS[status]}m{text}\033[0m" if colour else text
