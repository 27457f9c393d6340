r"""LaTeX to a tree of groups: brackets and braces closed, scripts on what they belong to, commands with arguments.

This follows TeX's rules (a script is one token or one group; `\left(` closes with `\right)`; white space means
nothing) and knows no mathematics: that \(W^{[1]}\) is a name is for the translation to tokens to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.source import Source, Span

MAX_DEPTH = 40
MAX_PARTS = 20_000


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

WORDS = frozenset(
    [
        "mathrm",
        "operatorname",
        "text",
        "textrm",
        "textup",
        "textnormal",
        "mbox",
        "mathsf",
        "mathtt",
        "texttt",
        "textsf",
        "textit",
        "mathit",
        "textbf",
        "mathcal",
        "mathscr",
        "mathfrak",
        "mathbb",
        "mathbbm",
        "mathds",
    ]
)
"""Commands whose argument is read as it stands."""
ARGUMENTS = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "binom"), 2),
    **dict.fromkeys(("hat", "widehat", "bar", "overline", "tilde", "widetilde", "vec", "dot", "ddot"), 1),
    **dict.fromkeys(("mathbf", "boldsymbol", "bm", "pmb", "mathnormal", "boxed", "mathop", "mathbin", "mathrel"), 1),
    **dict.fromkeys(("underbrace", "overbrace", "cancel", "underline", "sqrt", "smash"), 1),
    **dict.fromkeys(("overset", "underset", "stackrel", "textcolor"), 2),
    **dict.fromkeys(("label", "tag", "tag*", "phantom", "hphantom", "vphantom", "hspace", "vspace", "color"), 1),
}
_OPTIONS = frozenset({"sqrt", "smash", "cfrac"})
_SIZES = frozenset(
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
) | {"left", "right", "middle"}  # fmt: skip
SPACES = frozenset(
    [",", ";", ":", "!", ">", "thinspace", "medspace", "thickspace", "enspace", "enskip", "negthinspace", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "notag", "strut", "mathstrut", "noindent", "allowbreak", "nobreak", "hfill", "relax", "ensuremath"]
) | {" ", "\n", "/"}  # fmt: skip
_DELIMITERS = {
    "lparen": "(", "rparen": ")", "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "{": "{", "}": "}",
    "lvert": "|<", "rvert": "|>", "lVert": "‖<", "rVert": "‖>", "vert": "|", "Vert": "‖", "|": "‖",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
}  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "⟨": "⟩", "|<": "|>", "‖<": "‖>", "|": "|", "‖": "‖"}
_BARS = ("|", "‖")
_ENDS = frozenset(_CLOSING.values())
_MADE = {"\\\\": "row", "cr": "row", "newline": "row"}
_SUPERSCRIPTS = {**dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)), "ᵀ": "⊤", "⊤": "⊤", "⁻": "-", "ⁿ": "n"}


def groups(source: Source, span: Span | None = None) -> tuple[Node, ...]:
    """The tree of the LaTeX in `span` of a source, or of all of it.

    Raises:
        NotationError: braces, brackets or environments that do not close; two scripts where one may stand.
        LimitError: a tree too deep or too large.
    """
    span = span or Span(0, len(source.text))
    reader = _Reader(source, span)
    items = reader.items(None)
    if reader.position < span.end:
        reader.refuse_end()
    return items


class _Reader:
    """Reads from left to right; `position` is the next character."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.text = source.text
        self.position = span.start
        self.end = span.end
        self.depth = 0
        self.parts = 0

    # ------------------------------------------------------------------------------------------------- characters

    def skip(self) -> bool:
        """Moves past white space and comments; whether there was any."""
        start = self.position
        while self.position < self.end:
            character = self.text[self.position]
            if character == "%":
                newline = self.text.find("\n", self.position)
                self.position = self.end if newline < 0 else min(newline, self.end)
            elif character.isspace() or character in "~\u200b":
                self.position += 1
            else:
                break
        return self.position > start

    def command(self, position: int) -> str:
        r"""The name of the command that begins with the backslash at `position`: letters, or one other character."""
        end = position + 1
        while end < self.end and self.text[end].isascii() and self.text[end].isalpha():
            end += 1
        if end == position + 1:
            return self.text[end : min(end + 1, self.end)]
        starred = self.text[end : end + 1] == "*" and self.text[position + 1 : end] in ("tag", "operatorname", "hspace")
        return self.text[position + 1 : end] + ("*" if starred else "")

    def ahead(self) -> str:
        """The next character, after white space; empty at the end."""
        self.skip()
        return self.text[self.position] if self.position < self.end else ""

    # ------------------------------------------------------------------------------------------------------- lists

    def items(self, until: str | None) -> tuple[Node, ...]:
        """Nodes up to a closing brace, a closing bracket or an `\\end`, which is left to be read."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._too_deep()
        found: list[Node] = []
        while True:
            apart = self.skip()
            if self.position >= self.end or self._closes(until):
                break
            node = self.node(tight=not apart and bool(found))
            if node is not None:
                found.append(self.scripted(node))
        self.depth -= 1
        return tuple(found)

    def _closes(self, until: str | None) -> bool:
        character = self.text[self.position]
        if character == "}":
            return True
        sign = self._delimiter(self.position)[0]
        if sign in _BARS:
            return until == sign
        return sign in _ENDS or (character == "\\" and self.command(self.position) == "end")

    def _too_deep(self) -> NoReturn:
        raise LimitError(
            "this formula is nested too deep",
            where=self.source.locate(Span(self.position, self.position + 1)),
            because=f"Braces and brackets may go {MAX_DEPTH} levels down.",
            fix="Name a part of it in a line of its own.",
        )

    def node(self, tight: bool) -> Node | None:
        """The node that begins here, without scripts; None for what only makes space."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise LimitError(
                f"this formula has more than {MAX_PARTS:,} parts",
                where=self.source.locate(Span(self.position, self.position + 1)),
                fix="Split it into several formulas.",
            )
        sign, end = self._delimiter(self.position)
        if sign:
            return self._fence(sign, end)
        character = self.text[self.position]
        if character == "{":
            return self._group()
        if character == "\\":
            return self._commanded(tight)
        return self._character(tight)

    def _character(self, tight: bool) -> Atom | None:
        start, character = self.position, self.text[self.position]
        if character in "0123456789" or (character == "." and self.text[start + 1 : start + 2].isdigit()):
            return Atom("number", *self._number(start), tight)
        self.position += 1
        span = Span(start, self.position)
        if character in "^_'" or character in _SUPERSCRIPTS:  # a script on nothing: the script of an empty group
            self.position = start
            return Atom("empty", "", Span(start, start), tight)
        if character in "&":
            return Atom("align", "&", span)
        if character == "½":
            return Atom("number", "0.5", span, tight)
        return Atom("letter" if character.isalpha() or character.isdigit() else "sign", character, span, tight)

    def _number(self, start: int) -> tuple[str, Span]:
        end = start
        while end < self.end and self.text[end] in "0123456789":
            end += 1
        if self.text[end : end + 1] == "." and self.text[end + 1 : end + 2].isdigit() and end + 1 < self.end:
            end += 1
            while end < self.end and self.text[end] in "0123456789":
                end += 1
        self.position = end
        return self.text[start:end], Span(start, end)

    def _delimiter(self, position: int) -> tuple[str, int]:
        r"""The bracket at `position`, behind `\left` or its like, and where it ends; an empty sign if none stands."""
        start = position
        sized = ""
        while position < self.end and self.text[position] == "\\":
            name = self.command(position)
            if name not in _SIZES or sized:
                sign = _DELIMITERS.get(name, "")
                return self._sided(sign, sized), position + 1 + len(name) if sign else start
            sized, position = name, position + 1 + len(name)
            while position < self.end and self.text[position].isspace():
                position += 1
        character = self.text[position : min(position + 1, self.end)]
        if sized in ("left", "right", "middle") and character == ".":
            return ".", position + 1
        if character and character in "()[]|‖⌊⌋⌈⌉⟨⟩":
            return self._sided(character, sized), position + 1
        return "", start

    @staticmethod
    def _sided(sign: str, sized: str) -> str:
        if sign in _BARS and sized in ("left", "bigl", "Bigl", "biggl", "Biggl"):
            return sign + "<"
        if sign in _BARS and sized in ("right", "bigr", "Bigr", "biggr", "Biggr"):
            return sign + ">"
        return sign

    # -------------------------------------------------------------------------------------------- brackets, braces

    def _group(self) -> Group:
        start = self.position
        self.position += 1
        items = self._inside("}")
        if self.ahead() != "}":
            self._never_closed("{", Span(start, start + 1), "}")
        self.position += 1
        return Group(items, Span(start, self.position))

    def _inside(self, until: str) -> tuple[Node, ...]:
        return self.items(until)

    def _fence(self, sign: str, end: int) -> Fence | None:
        start = Span(self.position, end)
        if sign == ".":
            self.position = end
            return None
        if sign not in _CLOSING:
            self.refuse_end()
        self.position = end
        closing = _CLOSING[sign]
        items = self._inside(closing)
        self.skip()
        found, after = self._delimiter(self.position) if self.position < self.end else ("", self.position)
        while found == ".":  # \right. pairs with a bracket that another line closes
            found, after = self._past_null(after)
        if found != closing:
            self._never_closed(sign.rstrip("<"), start, closing.rstrip(">"))
        finish = Span(self.position, after)
        self.position = after
        return Fence(sign.rstrip("<"), items, start, finish)

    def _past_null(self, after: int) -> tuple[str, int]:
        self.position = after
        self.skip()
        return self._delimiter(self.position) if self.position < self.end else ("", self.position)

    def _never_closed(self, sign: str, span: Span, closing: str) -> NoReturn:
        if self.position < self.end:
            other, _ = self._delimiter(self.position)
            if other in _ENDS:
                place = self.source.locate(span)
                shown = other.rstrip(">")
                raise NotationError(
                    f"{shown} cannot close the {sign} in line {place.line}, column {place.column}",
                    where=self.source.locate(Span(self.position, self.position + 1)),
                    fix=f"Write {closing} here.",
                    name=shown,
                )
        raise NotationError(
            f"this {sign} is never closed",
            where=self.source.locate(span),
            fix=f"Close it with {closing}.",
            name=sign,
        )

    def refuse_end(self) -> NoReturn:
        """An error at a closing sign that closes nothing."""
        sign = self._delimiter(self.position)[0].rstrip(">") or self.text[self.position]
        if sign == "\\":
            sign = "\\end"
        raise NotationError(
            f"this {sign} closes nothing",
            where=self.source.locate(Span(self.position, self.position + 1)),
            fix="Remove it, or open what it closes.",
            name=sign,
        )

    # ---------------------------------------------------------------------------------------------------- commands

    def _commanded(self, tight: bool) -> Node | None:
        start = self.position
        name = self.command(start)
        self.position = start + 1 + len(name)
        if name == "\\" or name in ("cr", "newline"):
            return self._row(start)
        if name in SPACES or name in _SIZES:
            return None
        if name == "begin":
            return self._environment(start)
        bare = name.rstrip("*")
        if bare in WORDS:
            return self._words(bare, start)
        if name in ARGUMENTS:
            option = self._option() if name in _OPTIONS else None
            arguments = tuple(self._argument(name) for _ in range(ARGUMENTS[name]))
            return Macro(name, arguments, option, Span(start, self.position))
        return Atom("command", name, Span(start, self.position), tight)

    def _row(self, start: int) -> Atom:
        r"""`\\`, `\\*` or `\\[2pt]`."""
        if self.text[self.position : self.position + 1] == "*":
            self.position += 1
        if self.text[self.position : self.position + 1] == "[":
            closed = self.text.find("]", self.position, min(self.end, self.position + 20))
            if closed > 0 and self.text[closed - 2 : closed] in ("pt", "em", "ex", "mm", "cm"):
                self.position = closed + 1
        return Atom("row", "\\\\", Span(start, self.position))

    def _option(self) -> Group | None:
        if self.ahead() != "[":
            return None
        start = self.position
        self.position += 1
        items = self._inside("]")
        if self.ahead() != "]":
            self._never_closed("[", Span(start, start + 1), "]")
        self.position += 1
        return Group(items, Span(start, self.position))

    def _argument(self, name: str) -> Group:
        """One group, or one token without braces."""
        if self.ahead() == "{":
            return self._group()
        if not self.ahead() or self._closes(None):
            self._lacking(f"\\{name}")
        node = self._one()
        return Group((node,), node.span)

    def _one(self) -> Node:
        """One token or group, as a script or an argument without braces takes it: of a number only the first digit."""
        start = self.position
        if self.text[start] in "0123456789":
            self.position += 1
            return Atom("number", self.text[start], Span(start, start + 1))
        sign, end = self._delimiter(start)
        if sign:
            self.position = end
            return Atom("sign", sign, Span(start, end))
        node = self.node(False)
        if node is None or (isinstance(node, Atom) and node.kind == "empty"):
            self._lacking("this")
        return node

    def _lacking(self, what: str) -> NoReturn:
        at = min(self.position, max(self.end - 1, 0))
        raise NotationError(
            f"{what} lacks what belongs to it",
            where=self.source.locate(Span(at, at + 1)),
            fix="Put it in braces: x_{ij}, \\frac{a}{b}.",
        )

    def _words(self, name: str, start: int) -> Words:
        if self.ahead() != "{":
            node = self._argument(name)
            return Words(name, self.text[node.span.start : node.span.end].lstrip("\\"), Span(start, self.position))
        opened, level = self.position, 0
        while self.position < self.end:
            character = self.text[self.position]
            level += {"{": 1, "}": -1}.get(character, 0)
            self.position += 2 if character == "\\" else 1
            if not level:
                break
        if level:
            self._never_closed("{", Span(opened, opened + 1), "}")
        inside = self.text[opened + 1 : self.position - 1].replace("\\_", "_").replace("\\ ", " ")
        return Words(name, inside, Span(start, self.position))

    def _environment(self, start: int) -> Environment:
        name = self._environment_name(start)
        if name.rstrip("*") in ("alignat", "alignedat", "array") and self.ahead() == "{":
            self._group()
        items = self._inside("\\end")
        if not self.text.startswith("\\end", self.position) or self.command(self.position) != "end":
            self._never_closed(f"\\begin{{{name}}}", Span(start, start + 6), f"\\end{{{name}}}")
        place = self.position
        self.position += len("\\end")
        closed = self._environment_name(place)
        if closed != name:
            raise NotationError(
                f"\\end{{{closed}}} cannot close \\begin{{{name}}}",
                where=self.source.locate(Span(place, self.position)),
                fix=f"Write \\end{{{name}}}.",
                name=closed,
            )
        return Environment(name, items, Span(start, self.position))

    def _environment_name(self, start: int) -> str:
        closed = self.text.find("}", self.position, self.end)
        if self.ahead() != "{" or closed < 0:
            raise NotationError(
                "an environment without a name",
                where=self.source.locate(Span(start, self.position)),
                fix="Write \\begin{cases} ... \\end{cases}.",
            )
        name = self.text[self.position + 1 : closed]
        self.position = closed + 1
        return name.strip()

    # ----------------------------------------------------------------------------------------------------- scripts

    def scripted(self, node: Node) -> Node:
        """`node` with the scripts that follow it."""
        if isinstance(node, Atom) and node.kind in ("row", "align"):
            return node
        while self.ahead() == "\\" and self.command(self.position) in ("limits", "nolimits"):
            self.position += 1 + len(self.command(self.position))
        below: tuple[Node, ...] = ()
        above: tuple[Node, ...] = ()
        first = self.position
        raised = False
        while (sign := self.ahead()) and (sign in "_^'" or sign in _SUPERSCRIPTS):
            place = Span(self.position, self.position + 1)
            self.position += 1
            if sign == "'":
                above = (*above, Atom("sign", "'", place))
            elif sign in _SUPERSCRIPTS:
                above = (*above, _raised(sign, place))
            elif sign == "_":
                if below:
                    self._second(place, "below")
                below = self._script()
            else:
                if raised:
                    self._second(place, "above")
                above, raised = (*above, *self._script()), True
            first = self.position
        self.position = first
        if not below and not above:
            return node
        return Scripted(node, below, above, Span(node.span.start, first))

    def _second(self, place: Span, where: str) -> NoReturn:
        sign = self.text[place.start]
        raise NotationError(
            f"two scripts {where} one base",
            where=self.source.locate(place),
            because="LaTeX refuses this, too.",
            fix=f"Put both in braces: W{sign}{{{'[1]T' if sign == '^' else '1,i'}}}.",
            name=sign,
        )

    def _script(self) -> tuple[Node, ...]:
        """What one `_` or `^` takes; a number without braces may have one digit only."""
        if not self.ahead() or self._closes(None):
            self._lacking("this script")
        start = self.position
        if self.text[start] == "{":
            return self._group().items
        node = self._one()
        digits = isinstance(node, Atom) and node.kind == "number"
        if digits and self.text[self.position : self.position + 1].isdigit() and self.position < self.end:
            span = Span(start, self.position + 1)
            written = self.text[span.start - 1 : span.end]
            raise NotationError(
                f"{written} sets only its first digit as a script",
                where=self.source.locate(span),
                fix=f"Write {written[0]}{{{written[1:]}}}.",
                name=written,
            )
        return (node,)


def _raised(sign: str, place: Span) -> Atom:
    text = _SUPERSCRIPTS[sign]
    kind = "number" if text.isdigit() else "letter" if text.isalpha() else "sign"
    return Atom(kind, text, place, tight=True)
