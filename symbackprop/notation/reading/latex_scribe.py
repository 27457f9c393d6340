r"""What a translation from LaTeX to tokens carries along: the names that may be meant, and the tokens so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from symbackprop.errors import NotationError
from symbackprop.notation.reading.latex_nodes import Node
from symbackprop.notation.reading.tokens import TRANSPOSE, Kind, Token
from symbackprop.notation.source import Source, Span


@dataclass(frozen=True, slots=True)
class Names:
    """What a note may call by name.

    `tensors` gives for each name, as plain text shows it (`W1`, `Z1`, `y_hat`), the numbers of indices that an entry
    of it may have; `functions` are those that a model adds. `delta` says that δ with one index or two is an adjoint.
    """

    tensors: Mapping[str, frozenset[int]]
    sizes: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    delta: bool = False


@dataclass(slots=True)
class Scribe:
    """Writes tokens one by one; `write` translates the parts of a node in their turn."""

    source: Source
    names: Names
    write: Callable[[Scribe, tuple[Node, ...]], None]
    tokens: list[Token] = field(default_factory=list)

    def put(self, text: str, span: Span) -> None:
        """One token; what kind it is, its first letter says."""
        first = text[0]
        kind: Kind = "number" if first in ".0123456789" and text != ".." else "name" if first.isalpha() else "operator"
        kind = "operator" if text == TRANSPOSE else kind
        self.tokens.append(Token(kind, text, span))

    def bracketed(self, items: tuple[Node, ...], start: Span, end: Span) -> None:
        """`items` in round brackets, which stand at `start` and `end`."""
        self.put("(", start)
        self.write(self, items)
        self.put(")", end)

    def written(self, span: Span) -> str:
        return self.source.written(span)

    def refuse(self, what: str, span: Span, fix: str, because: str | None = None) -> NoReturn:
        """An error at `span`; `{}` in `what` stands for what is written there."""
        written = self.written(span)
        raise NotationError(
            what.replace("{}", written), where=self.source.locate(span), because=because, fix=fix, name=written
        )


def start_of(span: Span) -> Span:
    return Span(span.start, min(span.start + 1, span.end))


def end_of(span: Span) -> Span:
    return Span(max(span.end - 1, span.start), span.end)


def point(at: int) -> Span:
    """A place without width, for a sign that is not written: the power sign of a script."""
    return Span(at, at)
