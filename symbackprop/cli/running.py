"""What all commands share: exit codes, errors without tracebacks, progress, conventions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from symbackprop.errors import SymbackpropError, UsageError
from symbackprop.notation.conventions import CHOICES, Conventions

WELL, WRONG, UNUSABLE, UNDECIDED = 0, 1, 2, 3
"""Exit codes: all well; something refuted; the input could not be used; something undecided or unreadable."""


def without_traceback(command: Callable[..., Any]) -> Callable[..., Any]:
    """Our own errors are printed as they read; everything else is a defect and keeps its traceback."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except SymbackpropError as error:
            click.echo(str(error), err=True)
            sys.exit(UNUSABLE)

    return run


def progress_line() -> Callable[[str, int, int], None] | None:
    """A line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def show(name: str, done: int, of: int) -> None:
        click.echo(f"\r\033[Kderiving ∂{name} ({done + 1} of {of})", err=True, nl=False)
        if done + 1 == of:
            click.echo("\r\033[K", err=True, nl=False)

    return show


def names_in(text: str | None) -> list[str] | None:
    """The names in `W1,x`; None for none given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def chosen_conventions(notation: str, choices: tuple[str, ...]) -> Conventions:
    """The named conventions with the choices of `--set` made."""
    known = "; ".join(f"{name}: {', '.join(map(str, options))}" for name, options in CHOICES.items())
    found: dict[str, object] = {}
    for choice in choices:
        name, equals, value = choice.partition("=")
        if not equals:
            raise UsageError(
                f"--set takes NAME=CHOICE, not {choice}", because=f"The conventions are: {known}.", name=choice
            )
        found[name.strip()] = int(value) if value.strip().isdigit() else value.strip()
    return Conventions.named(notation).having(**found)
