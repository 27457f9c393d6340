r"""LaTeX to a tree of groups: brackets and braces closed, scripts on what they belong to, commands with arguments.

This follows TeX's rules (a script is one token or one group; `\left(` closes with `\right)`; white space means
nothing) and knows no mathematics: that \(W^{[1]}\) is a name is for the translation to tokens to say.
"""

from __future__ import annotations

from typing import NoReturn

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.latex_characters import BARS, CLOSING, ENDS, SIZES, SUPERSCRIPTS, Scanner
from symbackprop.notation.reading.latex_nodes import Atom, Environment, Fence, Group, Macro, Node, Scripted, Words
from symbackprop.notation.source import Source, Span

MAX_DEPTH = 40
MAX_PARTS = 20_000

WORDS = frozenset(
    {
        "mathrm", "operatorname", "text", "textrm", "textup", "textnormal", "mbox", "mathsf", "mathtt", "texttt",
        "textsf", "textit", "mathit", "textbf", "mathcal", "mathscr", "mathfrak", "mathbb", "mathbbm", "mathds",
    }
)  # fmt: skip
"""Commands whose argument is read as it stands."""
ARGUMENTS = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "binom", "overset", "underset", "stackrel", "textcolor"), 2),
    **dict.fromkeys(("hat", "widehat", "bar", "overline", "tilde", "widetilde", "vec", "dot", "ddot", "underline"), 1),
    **dict.fromkeys(("mathbf", "boldsymbol", "bm", "pmb", "mathnormal", "boxed", "mathop", "mathbin", "mathrel"), 1),
    **dict.fromkeys(("underbrace", "overbrace", "cancel", "sqrt", "smash", "label", "tag", "tag*", "color"), 1),
    **dict.fromkeys(("phantom", "hphantom", "vphantom", "hspace", "hspace*", "vspace"), 1),
}
_OPTIONS = frozenset({"sqrt", "smash", "cfrac"})
SPACES = frozenset(
    {
        ",", ";", ":", "!", ">", " ", "\n", "/", "thinspace", "medspace", "thickspace", "enspace", "enskip",
        "negthinspace", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "notag",
        "strut", "mathstrut", "noindent", "allowbreak", "nobreak", "hfill", "relax",
    }
)  # fmt: skip


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


class _Reader(Scanner):
    """Reads from left to right, counting parts and levels."""

    def __init__(self, source: Source, span: Span) -> None:
        super().__init__(source, span)
        self.depth = 0
        self.parts = 0

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
        sign = self.delimiter(self.position)[0]
        if sign in BARS:
            return until == sign
        return sign in ENDS or (character == "\\" and self.command(self.position) == "end")

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
        sign, end = self.delimiter(self.position)
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
            return Atom("number", *self.number(start), tight)
        self.position += 1
        span = Span(start, self.position)
        if character in "^_'" or character in SUPERSCRIPTS:  # a script on nothing: the script of an empty group
            self.position = start
            return Atom("empty", "", Span(start, start), tight)
        if character in "&":
            return Atom("align", "&", span)
        if character == "½":
            return Atom("number", "0.5", span, tight)
        return Atom("letter" if character.isalpha() or character.isdigit() else "sign", character, span, tight)

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

    def _fence(self, sign: str, end: int) -> Fence | Atom | None:
        start = Span(self.position, end)
        if sign == "|" and self.text[end : self.end].lstrip().startswith("_"):  # dv \big|_{w}
            self.position = end
            return Atom("sign", sign, start)
        if sign != "." and sign not in CLOSING:
            self.refuse_end()
        self.position = end
        if sign == ".":
            return None
        closing = CLOSING[sign]
        items = self._inside(closing)
        self.skip()
        found, after = self.delimiter(self.position) if self.position < self.end else ("", self.position)
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
        return self.delimiter(self.position) if self.position < self.end else ("", self.position)

    def _never_closed(self, sign: str, span: Span, closing: str) -> NoReturn:
        if self.position < self.end:
            other, _ = self.delimiter(self.position)
            if other in ENDS:
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
        sign = self.delimiter(self.position)[0].rstrip(">") or self.text[self.position]
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
        if name in SPACES or name in SIZES:
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
        sign, end = self.delimiter(start)
        if sign:
            self.position = end
            return Atom("sign", sign, Span(start, end))
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._too_deep()
        node = self.node(False)
        self.depth -= 1
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
        while (sign := self.ahead()) and (sign in "_^'" or sign in SUPERSCRIPTS):
            place = Span(self.position, self.position + 1)
            self.position += 1
            if sign == "'":
                above = (*above, Atom("sign", "'", place))
            elif sign in SUPERSCRIPTS:
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
    text = SUPERSCRIPTS[sign]
    kind = "number" if text.isdigit() else "letter" if text.isalpha() else "sign"
    return Atom(kind, text, place, tight=True)
