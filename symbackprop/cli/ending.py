"""How a run ends: an exit code of its own for each kind of end, and never a traceback that was not asked for."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from symbackprop.cli.streams import show_all_characters, silence, tell
from symbackprop.errors import SymbackpropError

WELL, WRONG, UNUSABLE, UNDECIDED = 0, 1, 2, 3
"""Exit codes: all well; something refuted; the input could not be used; something undecided or unreadable."""
DEFECT, INTERRUPTED, UNREAD = 70, 130, 141
"""Others, which no verdict shares: a defect of symbackprop; Ctrl-C; a reader of the output that has left."""

DEBUG = "SYMBACKPROP_DEBUG"
"""The environment variable that asks for tracebacks."""


class _ReaderLeft(Exception):
    """Who reads standard output has closed it, as `head` does."""


@contextmanager
def _reader_left() -> Iterator[None]:
    """A broken pipe by a name of ours: click would end with 1, which is a verdict's code."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeft from error


class Program(click.Group):
    """A group of commands whose every end is one of the exit codes above."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Runs the command line and leaves the process."""
        show_all_characters()
        sys.exit(self._code(arguments, {**options, "standalone_mode": False}))

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """As click does; --help writes in it."""
        with _reader_left():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does."""
        with _reader_left():
            return super().invoke(ctx)

    def _code(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> int:
        try:
            code = super().main(*arguments, **options)
        except (click.Abort, KeyboardInterrupt):
            tell("Interrupted.")
            return INTERRUPTED
        except click.ClickException as error:
            _show(error)
            return UNUSABLE
        except SymbackpropError as error:
            _traceback_if_asked()
            tell(str(error))
            return UNUSABLE
        except _ReaderLeft:
            silence(sys.stdout)
            return UNREAD
        except OSError as error:
            silence(sys.stdout)
            _traceback_if_asked()
            tell(f"symbackprop: {error}")
            return UNUSABLE
        except Exception as error:  # whatever is left is a defect: Python's own code for it, 1, is that of a verdict
            _traceback_if_asked()
            tell(defect(error))
            return DEFECT
        return code if isinstance(code, int) else WELL


def defect(error: Exception) -> str:
    """The message of an error that nobody foresaw."""
    if isinstance(error, MemoryError):
        return "symbackprop: the memory is not enough for this\n  Choose smaller sizes, or give it more memory."
    said = next(iter(str(error).splitlines()), "")
    name = type(error).__name__
    lines = [
        f"symbackprop: internal error, {name}{f': {said[:300]}' if said else ''}",
        *(["Something is nested too deeply for it; simpler formulas may do."] if name == "RecursionError" else []),
        "This is a defect of symbackprop, and says nothing of what it was given.",
        f"Please report it, with the input and with what {DEBUG}=1 in the environment shows.",
    ]
    return "\n  ".join(lines)


def _traceback_if_asked() -> None:
    if os.environ.get(DEBUG):
        tell(traceback.format_exc(), line_end=False)


def _show(error: click.ClickException) -> None:
    """Click's own words for a usage error, on standard error as far as it takes them."""
    try:
        error.show(file=sys.stderr)
    except OSError:
        silence(sys.stderr)
