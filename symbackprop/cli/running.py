"""What all commands share: progress, names, conventions."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from symbackprop.cli.streams import tell
from symbackprop.errors import UsageError
from symbackprop.notation.conventions import CHOICES, Conventions


def progress_line() -> Callable[[str, int, int], None] | None:
    """A line that is written over, on a terminal only."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None

    def show(name: str, done: int, of: int) -> None:
        tell(f"\r\033[Kderiving ∂{name} ({done + 1} of {of})", line_end=False)
        if done + 1 == of:
            tell("\r\033[K", line_end=False)

    return show


def whole_number(text: str) -> int | None:
    """The number that plain digits write, not absurdly many; None for anything else."""
    return int(text) if re.fullmatch(r"\s*[0-9]{1,18}\s*", text) else None


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
        number = whole_number(value)
        found[name.strip()] = value.strip() if number is None else number
    return Conventions.named(notation).having(**found)
