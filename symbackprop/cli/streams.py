"""Standard output and standard error: every text can be shown, and what cannot be written is said."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from contextlib import suppress
from typing import Any, TextIO

import click

from symbackprop.errors import WriteError

_READABLE = "symbackprop.readable"
_ASCII = {
    "∂": "d",
    "ᵀ": "^T",
    "⊤": "^T",
    "⊙": "*",
    "·": "@",
    "×": "x",
    "Σ": "sum",
    "∑": "sum",
    "√": "sqrt",
    "∇": "grad ",
    "±": "+-",
    "✓": "+",
    "✗": "x",
    "∞": "inf",
    "−": "-",
    "–": "-",
    "—": "--",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "→": "->",
    "⇒": "=>",
    "∈": "in",
    "½": "1/2",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}
"""How model files and notes write the same, as far as they do."""
_MARKS = {"<super>": "^", "<sub>": "_"}


def show_all_characters() -> None:
    """From here on a character that a stream cannot encode is shown in ASCII, and raises no error."""
    codecs.register_error(_READABLE, _readable)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=_READABLE)


def put(text: str, *, colour: bool = False) -> None:
    """Writes to standard output, and no line end after it.

    Raises:
        WriteError: it is closed, or takes no more.
    """
    if sys.stdout is None:
        raise WriteError("cannot write to standard output", because="It is closed.", fix="Write to a file: -o.")
    try:
        click.echo(text, file=sys.stdout, nl=False, color=colour)
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise WriteError(
            "cannot write to standard output",
            because=f"{error.strerror or error}.",
            fix="Make room, or write to a file.",
        ) from error


def tell(text: str, *, line_end: bool = True) -> None:
    """Writes to standard error; where that cannot be, nobody is there to be told."""
    try:
        click.echo(text, file=sys.stderr, err=True, nl=line_end)
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO | Any) -> None:
    """Lets what a stream still holds vanish, lest Python fails over it again as it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _readable(error: UnicodeError) -> tuple[str, int]:
    """A handler of `codecs`: ASCII for the characters of a text that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(character: str) -> str:
    """Signs as formulas in plain text have them, Greek letters by their names, all others as escapes."""
    if character in _ASCII:
        return _ASCII[character]
    mark, _, plain = unicodedata.decomposition(character).partition(" ")
    if mark in _MARKS and " " not in plain:
        return _MARKS[mark] + _in_ascii(chr(int(plain, 16)))
    words = unicodedata.name(character, "").split()
    if len(words) == 4 and words[0] == "GREEK" and words[2] == "LETTER":
        return words[3].lower() if words[1] == "SMALL" else words[3].capitalize()
    return character.encode("ascii", "backslashreplace").decode("ascii")
