r"""The tree of a formula in LaTeX, as TeX groups it, before any meaning: letters, scripts, brackets, commands."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.notation.source import Span


@dataclass(frozen=True, slots=True)
class Atom:
    r"""A letter, a number, a sign, a command without its backslash, `&` ("align") or `\\` ("row").

    `tight` says that nothing stands between it and what comes before it.
    """

    kind: str
    text: str
    span: Span
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    r"""`\mathrm{rowsum}`, `\text{if }`: what is written inside as it stands, without the backslash of `\_`."""

    command: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`{...}`."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Fence:
    """`(...)`, `[...]`, `|...|` in whatever size: `opening` is its first sign, both ends have spans of their own."""

    opening: str
    items: tuple[Node, ...]
    start: Span
    end: Span

    @property
    def span(self) -> Span:
        return self.start.to(self.end)


@dataclass(frozen=True, slots=True)
class Scripted:
    r"""A base with what stands below and above it; an `above` of several scripts, as in \(f'^2\), is one tuple."""

    base: Node
    below: tuple[Node, ...]
    above: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Macro:
    r"""`\frac{a}{b}`: a command with its arguments; `option` is what stood in `[...]`."""

    command: str
    arguments: tuple[Group, ...]
    option: Group | None
    span: Span


@dataclass(frozen=True, slots=True)
class Environment:
    r"""`\begin{cases} ... \end{cases}`."""

    name: str
    items: tuple[Node, ...]
    span: Span


Node = Atom | Words | Group | Fence | Scripted | Macro | Environment
