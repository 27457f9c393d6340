r"""LaTeX to tokens: commands by what they mean, letters one by one, what only styles and spaces passed over.

Macros of the note are expanded; the tokens of an expansion stand where the macro was called. Fonts are told by the font
of each letter: `\mathbf{W}` is a bold W in the braces that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

from symbackprop.errors import LimitError, NotationError, suggestion
from symbackprop.notation.source import Source, Span
from symbackprop.notation.surface.characters import accented, is_shifted, letters, shifted
from symbackprop.notation.surface.commands import (
    ANGLES,
    ARROWS,
    BARRED,
    BRACKETS,
    DEFINITIONS,
    DELIMITERS,
    DOUBLE_STRUCK,
    FONTS,
    GAPS,
    KNOWN,
    MATRICES,
    PASSED,
    PROSE_COMMANDS,
    SET_OVER,
    SIZES,
    SKIPPED,
    STYLED,
    SWITCHES,
    THIN,
    TRANSPARENT,
    UNSEEN,
    WITH_COLUMNS,
    single,
)
from symbackprop.notation.surface.macros import DEFINES, Macro, balanced, macros_of
from symbackprop.notation.surface.tokens import (
    BIG,
    FRACTIONS,
    LETTERS,
    PRIMES,
    PROSE,
    SIGNS,
    Space,
    Token,
)

MAX_EXPANSIONS = 1_000
MAX_EXPANDED = 50_000
MAX_NESTING = 20

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+|\.(?=\s*[/*]|\}))?|\.[0-9]+)(?:[eE][+-][0-9]+)?")
_SPACE = re.compile(r"(?:\s|%[^\n]*|[~\u200b])+")
_LENGTH = re.compile(r"\s*\[\s*-?[0-9.]*\s*\w*\s*\]")
_COMMAND = re.compile(r"\\(?:([A-Za-z]+)(\*?)|(.|\n)|$)")
_STARRED = frozenset({"tag", "operatorname", "hspace", "vspace"})
_SIMPLE = re.compile(r"\s*\{(?=[^{}]*[A-Za-z])((?:[A-Za-z0-9.\s-]|\\_)+)\}")
_TRANSPOSE = re.compile(r"\s*(?:\{\s*T\s*\}|T(?![A-Za-z]))")
_ONE = re.compile(r"\s*(?:\{\s*1\s*\}|1(?![0-9.]))")
_NEGATED = re.compile(r"\s*(=|\\in(?![A-Za-z]))")
_DOTTED = re.compile(r"\.\s*\*")
_OPTION = re.compile(r"\s*\[[^\]\n]*\]")
_TYPED_PRIME = re.compile(r"\^\{\s*[,`´]\s*\}(?=\s*(?:\\left\s*)?\()")
"""A prime that was typed with another sign, as in `f^{,}(x)`."""
_PROGRAM = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,}(?:_[A-Za-z]{3,})+(?:\.T\b)?")
"""Names of programs amid a formula, `hidden_layer`: nobody writes a subscript of one letter between such runs."""
_BARE = re.compile(rf"(?<![^\s&{{])(?:{'|'.join(sorted(PROSE))})(?=[\s\\]|$)")
"""Words of prose among the letters: `& otherwise`."""
_TYPED = ("<=", ">=", "==", "!=", ":=", "=:", "->", "+=", "-=", "*=", "/=", "..")


def latex_tokens(source: Source, span: Span, macros: Iterable[Macro] = ()) -> tuple[Token, ...]:
    """The tokens of the LaTeX in `span`, a `stop` at the end.

    Raises:
        NotationError: a command or a character without a meaning; braces that do not close.
        LimitError: macros that expand without end.
    """
    defined = {macro.name: macro for macro in (*macros, *macros_of(source, span))}
    lexer = _Lexer(source, source.text, span, defined, None, [0, 0])
    return (*lexer.tokens(), Token("stop", "", Span(span.end, span.end), lexer.space))


class _Lexer:
    """Moves through a text, which is the source's or that of an expansion, whose tokens all stand at `place`."""

    def __init__(
        self, source: Source, text: str, span: Span, macros: Mapping[str, Macro], place: Span | None, spent: list[int],
        level: int = 0, font: str = "",
    ) -> None:  # fmt: skip
        self.source = source
        self.text = text
        self.position = span.start
        self.end = span.end
        self.macros = macros
        self.place = place
        self.spent = spent
        self.level = level
        self.space: Space = ""
        self.font = font
        self.next_font: str | None = None  # of the group or the letter that comes next
        self.fonts: list[tuple[str, bool]] = []
        self.joins = False  # spaces in a group of one font part nothing
        self.script = False

    def tokens(self) -> Iterator[Token]:
        while self.position < self.end:
            if match := _SPACE.match(self.text, self.position, self.end):
                self._spaced(match)
                continue
            start = self.position
            for token in self._next():
                space = self.space or token.space
                self.space = ""
                yield Token(token.kind, token.text, token.span, space, token.font, token.sized)
                self.script = token.kind == "script"
            if self.position <= start:
                raise AssertionError("the lexer stands still")

    def _spaced(self, match: re.Match[str]) -> None:
        self.position = match.end()
        if match.group().count("~") > 2:
            self._widen("gap")
        elif not self.joins:
            self._widen(" ")

    def _widen(self, space: Space) -> None:
        order = ("", " ", "thin", "gap", "row")
        if order.index(space) > order.index(self.space):
            self.space = space

    def _span(self, start: int, end: int | None = None) -> Span:
        return self.place or Span(start, self.position if end is None else end)

    def _next(self) -> Iterator[Token]:
        """The tokens that begin here; the position moves past them."""
        start, character = self.position, self.text[self.position]
        if character == "\\":
            yield from self._commanded()
            return
        if match := _NUMBER.match(self.text, start, self.end):
            yield self._number(match)
            return
        if character.isalpha() and not self.script and (match := _BARE.match(self.text, start, self.end)):
            self.position = match.end()
            yield Token("prose", match.group(), self._span(start))
            return
        if character.isalpha() and not self.script and (match := _PROGRAM.match(self.text, start, self.end)):
            self.position = match.end()
            yield Token("word", match.group(), self._span(start))
            return
        self.position += 1
        span = self._span(start)
        if character == "{":
            self.fonts.append((self.font, self.joins))
            if self.next_font is not None:
                self.font, self.joins, self.next_font = self.next_font, True, None
            yield Token("open", "", span)
        elif character == "}":
            if self.fonts:
                self.font, self.joins = self.fonts.pop()
            yield Token("close", "", span)
        elif character == "^" and (typed := _TYPED_PRIME.match(self.text, start, self.end)):
            self.position = typed.end()
            yield Token("prime", "'", self._span(start))
        elif character in "^_":
            yield Token("script", character, span)
        elif character == "&":
            yield Token("cell", "&", span)
        elif character in PRIMES:
            for _ in range(PRIMES[character]):
                yield Token("prime", "'", span)
        elif character in BRACKETS:
            yield Token(*BRACKETS[character], span)
        elif character == "$":
            self._widen(" ")
        elif sign := self._sign(start):
            yield sign
        else:
            yield from self._letter(start, character, span)

    def _number(self, match: re.Match[str]) -> Token:
        self.position = match.end()
        self.next_font = None
        return Token("number", match.group(), self._span(match.start()))

    def _sign(self, start: int) -> Token | None:
        """A sign; two that are typed as one, but right behind `^` and `_`."""
        pair = self.text[start : min(start + 2, self.end)]
        if not self.script and pair in _TYPED:
            self.position = start + 2
            return Token("sign", SIGNS[pair], self._span(start))
        dotted = _DOTTED.match(self.text, start, self.end)
        if dotted and not self.script:
            self.position = dotted.end()
            return Token("sign", "⊙", self._span(start))
        if self.text[start] in SIGNS:
            return Token("sign", SIGNS[self.text[start]], self._span(start))
        return None

    def _letter(self, start: int, character: str, span: Span) -> Iterator[Token]:
        font, self.next_font = self.font if self.next_font is None else self.next_font, None
        if is_shifted(character):
            tokens = tuple(shifted(self.text, start, self.end))
            self.position = max(token.span.end for token in tokens)
            yield from (replace(token, span=self.place or token.span) for token in tokens)
        elif character in FRACTIONS:
            yield Token("number", character, span)
        elif character in LETTERS and not character.isalpha():
            yield Token("word", LETTERS[character], span, "", font)
        elif character in "∑∏":
            yield Token("big", "sum" if character == "∑" else "prod", span)
        elif character == "√":
            yield Token("command", "√", span)
        elif character == "…":
            yield Token("dots", "…", span)
        elif character in "⇒⟹⇔∴":
            yield Token("lead", "⇒", span)
        elif character.isalpha():
            letter, marks, own, self.position = letters(self.text, start, self.end)
            if marks:
                yield from accented(letter, self._span(start), marks, font or own)
            else:
                yield self._styled_letter(letter, font or own, self._span(start))
        else:
            shown = character if character.isprintable() else f"U+{ord(character):04X}"
            self._refuse(
                f"the character {shown} has no meaning here",
                span,
                "Remove it, or write its name in letters.",
                character,
            )

    def _styled_letter(self, letter: str, font: str, span: Span) -> Token:
        if font == "double":
            return Token("word", DOUBLE_STRUCK.get(letter, letter), span)
        return Token("letter" if len(letter) == 1 else "word", letter, span, "", font)

    # ------------------------------------------------------------------------------------------------------ commands

    def _commanded(self) -> Iterator[Token]:
        start = self.position
        match = _COMMAND.match(self.text, start, self.end)
        assert match is not None
        name, star, other = match[1] or "", match[2] or "", match[3] or ""
        if star and name in _STARRED:
            name += "*"
        self.position = start + 1 + len(name or other)
        name = name or other
        span = self._span(start)
        if (macro := self.macros.get(name)) is not None:
            yield from self._expanded(macro, span)
        elif name in SIZES:
            yield from self._sized(start, name)
        elif name in DELIMITERS:
            yield Token(*DELIMITERS[name], span)
        elif (token := single(name, span, self.next_font or self.font)) is not None:
            self.next_font = None
            yield token
        elif name in FONTS:
            yield from self._font(name, span)
        else:
            yield from self._structure(name, span)

    def _structure(self, name: str, span: Span) -> Iterator[Token]:
        if name in THIN or name in PASSED or name in GAPS:
            self._widen("thin" if name in THIN else "gap" if name in GAPS else "")
        elif name in PROSE_COMMANDS:
            yield from self._prose(name, span)
        elif name in STYLED:
            self._option()
        elif name in ("mathbin", "mathrel"):
            yield from self._within(self._argument(name, span))
        elif name in SKIPPED:
            self._argument(name, span)
        elif name == "\\":
            if match := _LENGTH.match(self.text, self.position, self.end):
                self.position = match.end()
            yield Token("row", "\\\\", span)
        elif name in ("begin", "end"):
            yield from self._environment(name, span)
        elif name == "substack":
            inner = self._argument(name, span)
            yield Token("begin", "stack", span)
            yield from self._within(inner)
            yield Token("end", "stack", self._span(inner.end))
        elif name in SET_OVER:
            yield from self._set(name, span)
        elif name in ARROWS:
            self._argument(name, span)
            yield Token("sign", ARROWS[name], self._span(span.start if self.place is None else 0))
        elif name == "not":
            yield self._negated(span)
        elif name in DEFINITIONS:
            self._definition(span)
        elif name == "_":
            yield Token("letter", "_", span, "", self.font)
        elif name in ("%", "#", "&", "$"):
            yield Token("prose", name, span)
        else:
            self._unknown(name, span)

    def _font(self, name: str, span: Span) -> Iterator[Token]:
        r"""`\mathbf`: of the group or letter that comes next, or of all up to the end of the group."""
        if name in SWITCHES:
            self.font = FONTS[name]
            return
        if name == "mathsf" and (match := _TRANSPOSE.match(self.text, self.position, self.end)):
            self.position = match.end()
            yield Token("word", "⊤", self._span(span.start if self.place is None else 0))
            return
        if FONTS[name] == "upright" and (match := _SIMPLE.match(self.text, self.position, self.end)):
            start, self.position = self.position, match.end()
            word = re.sub(r"[\s-]|\\(?=_)", "", match[1])
            written = self._span(span.start if self.place is None else start)
            yield Token("word", word, written, "", "upright")
            return
        if FONTS[name] in ("bold", "double") and (match := _ONE.match(self.text, self.position, self.end)):
            self.position = match.end()
            yield Token("word", "𝟏", self._span(span.start if self.place is None else 0))
            return
        self.next_font = FONTS[name]

    def _prose(self, name: str, span: Span) -> Iterator[Token]:
        r"""`\text{if $x$ is positive}`: words, with the formulas between them."""
        inner = self._argument(name, span)
        parts = self.text[inner.start : inner.end].split("$")
        if len(parts) == 1:
            whole = self.place or Span(span.start, self.position)
            called = self.text.startswith(("(", "\\left", "_", "^"), self.position)
            apart = parts[0][:1].isspace() or (parts[0][-1:].isspace() and not called)
            yield from _words(parts[0], whole, "bold" if name == "textbf" else "upright", apart)
            return
        at = inner.start
        for number, part in enumerate(parts):
            if number % 2:
                yield from self._within(Span(at, at + len(part)))
            elif part.strip():
                yield from _words(part, self._span(at, at + len(part)), "", True)
            at += len(part) + 1

    def _environment(self, name: str, span: Span) -> Iterator[Token]:
        inner = self._argument(name, span)
        environment = self.text[inner.start : inner.end].strip().rstrip("*")
        whole = self._span(span.start if self.place is None else self.position)
        if environment in WITH_COLUMNS and name == "begin":
            self._argument(environment, span)
        if environment in MATRICES:
            self._option()
            token = Token("begin" if name == "begin" else "end", MATRICES[environment], whole)
            bar = BARRED.get(environment)
            if bar and name == "begin":
                yield Token("open", bar, whole)
            yield token
            if bar and name == "end":
                yield Token("close", bar, whole)
        elif environment in TRANSPARENT:
            self._widen("row")
        else:
            self._refuse(
                f"the environment {environment} has no meaning here",
                whole,
                suggestion(environment, (*MATRICES, *TRANSPARENT)) or "Write the formula without it.",
                environment,
            )

    def _sized(self, start: int, name: str) -> Iterator[Token]:
        r"""`\left(`, `\bigl|`, `\right.`; `\big` before anything else is passed over."""
        if match := _SPACE.match(self.text, self.position, self.end):
            self.position = match.end()
        at = self.position
        if at < self.end and self.text[at] == "\\":
            match = _COMMAND.match(self.text, at, self.end)
            assert match is not None
            found, length = DELIMITERS.get(match[1] or match[3] or ""), match.end() - at
        else:
            sign = self.text[at : min(at + 1, self.end)]
            found, length = BRACKETS.get(sign) or ANGLES.get(sign), 1
            if sign == "." and name in UNSEEN:
                found = UNSEEN[name]
        if self.text[at : at + 1] in ("/", "") or found is None:
            if name in ("left", "right"):
                self._refuse(
                    rf"expected a bracket after \{name}", self._span(start), rf"Write \{name}( or the like.", name
                )
            return
        self.position = at + length
        kind, text = found
        sided = name[-1:] if name not in ("left", "right", "middle") else {"left": "l", "right": "r"}.get(name, "")
        if kind == "bar" and sided in ("l", "r"):
            kind = "open" if sided == "l" else "close"
        if name == "middle" or (kind == "bar" and sided == "m"):
            kind, text = "sign", "|"
        yield Token(kind, text, self._span(start), "", "", name in ("left", "right"))

    def _option(self) -> None:
        """Passes over `[...]`, if it stands here."""
        if match := _OPTION.match(self.text, self.position, self.end):
            self.position = match.end()

    def _argument(self, name: str, span: Span) -> Span:
        """The inside of the braces that stand here, or the one character or command; the position moves past it."""
        if match := _SPACE.match(self.text, self.position, self.end):
            self.position = match.end()
        start = self.position
        if start >= self.end:
            self._refuse(rf"expected the argument of \{name}", span, rf"Write \{name}{{...}}.", name)
        if self.text[start] != "{":
            match = _COMMAND.match(self.text, start, self.end)
            self.position = match.end() if match else start + 1
            return Span(start, self.position)
        stop = balanced(self.text, start, self.end)
        if stop is None:
            self._refuse("this { is never closed", self._span(start, start + 1), "Close it with }.", "{")
        self.position = stop
        return Span(start + 1, stop - 1)

    def _within(self, span: Span) -> Iterator[Token]:
        """The tokens of a part of this text, by a lexer of its own."""
        self._deeper(self._span(span.start, span.end))
        yield from _Lexer(
            self.source, self.text, span, self.macros, self.place, self.spent, self.level + 1, self.font
        ).tokens()

    def _expanded(self, macro: Macro, span: Span) -> Iterator[Token]:
        """The tokens of a macro's body with its arguments put in."""
        parts = [self._argument(macro.name, span) for _ in range(macro.arguments)]
        written = [self.text[part.start : part.end] for part in parts]
        whole = self._span(span.start if self.place is None else self.position)
        body = re.sub(r"#([1-9])", lambda m: written[int(m[1]) - 1] if int(m[1]) <= len(written) else "", macro.body)
        self.spent[0] += 1
        self.spent[1] += len(body)
        self._deeper(whole)
        if self.spent[0] > MAX_EXPANSIONS or self.spent[1] > MAX_EXPANDED:
            self._endless(whole)
        yield from _Lexer(
            self.source, body, Span(0, len(body)), self.macros, whole, self.spent, self.level + 1, self.font
        ).tokens()

    def _set(self, name: str, span: Span) -> Iterator[Token]:
        r"""`\overset{(a)}{=}` is the sign, `\underset{k}{\max}` an operator with a limit, else a part with a remark."""
        remark, body = self._argument(name, span), self._argument(name, span)
        whole = self._span(span.start if self.place is None else self.position)
        inner = tuple(self._within(body))
        sign = inner[0] if len(inner) == 1 else None
        if sign is not None and sign.kind == "sign":
            defines = sign.text == "=" and "def" in self.text[remark.start : remark.end]
            yield Token("sign", ":=" if defines else sign.text, whole)
        elif name == "underset" and inner and "".join(token.text for token in inner) in BIG:
            yield Token("word", "".join(token.text for token in inner), whole, "", "upright")
            yield Token("script", "_", self._span(remark.start, remark.start))
            yield from self._braced(self._within(remark), remark)
        else:
            yield Token("command", "remark", self._span(span.start if self.place is None else 0, span.end))
            yield from self._braced(self._within(remark), remark)
            yield from self._braced(inner, body)

    def _braced(self, tokens: Iterable[Token], span: Span) -> Iterator[Token]:
        yield Token("open", "", self._span(span.start, span.start))
        yield from tokens
        yield Token("close", "", self._span(span.end, span.end))

    def _negated(self, span: Span) -> Token:
        r"""`\not=`."""
        match = _NEGATED.match(self.text, self.position, self.end)
        if match is None:
            self._refuse(r"expected = or \in after \not", span, r"Write \ne.", "not")
        self.position = match.end()
        return Token("sign", "≠" if match[1] == "=" else "∉", self._span(span.start if self.place is None else 0))

    def _definition(self, span: Span) -> None:
        """Passes over a definition, which has been read already."""
        match = DEFINES.match(self.text, span.start, self.end) if self.place is None else None
        stop = balanced(self.text, match.end(), self.end) if match else None
        if stop is None:
            self._refuse("this definition cannot be read", span, r"Write \newcommand{\R}{\mathbb{R}}.", "newcommand")
        self.position = stop

    def _deeper(self, span: Span) -> None:
        if self.level > MAX_NESTING:
            self._endless(span)

    def _endless(self, span: Span) -> NoReturn:
        written = self.source.written(span)
        raise LimitError(
            f"{written} expands without end",
            where=self.source.locate(span),
            because=f"Macros may call each other {MAX_NESTING} levels deep.",
            fix="Write out what it stands for.",
            name=written,
        )

    def _unknown(self, name: str, span: Span) -> NoReturn:
        if not name:
            self._refuse("this \\ stands before nothing", span, "Remove it.", "\\")
        close = [known for known in KNOWN if known[0] == name[0] and abs(len(known) - len(name)) < 3]
        near = suggestion(name, close) if len(name) > 3 else None  # short names are near to too many
        fix = near.replace("mean ", "mean \\") if near else r"Write what it stands for, or define it with \newcommand."
        self._refuse(rf"\{name} has no meaning here", span, fix, name)

    def _refuse(self, what: str, span: Span, fix: str, name: str) -> NoReturn:
        raise NotationError(what, where=self.source.locate(span), fix=fix, name=name)


_LETTERS_ONLY = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*")
_SIGN_ONLY = re.compile(r"\s*(\.\s*\*|[*⊙∘=])\s*")


def _words(written: str, span: Span, font: str, prose: bool = False) -> Iterator[Token]:
    """One word in letters as a word, unless it is one of prose; a sign as a sign; anything else as prose."""
    plain = re.sub(r"\\[A-Za-z]+\s*|[{}]", "", written.replace(r"\_", "_").replace("~", " "))
    if sign := _SIGN_ONLY.fullmatch(plain):
        yield Token("sign", SIGNS["".join(sign[1].split())], span)
    elif not prose and (match := _LETTERS_ONLY.fullmatch(plain)) and match[1].lower() not in PROSE:
        yield Token("word", match[1], span, "", font)
    elif plain.strip():
        yield Token("prose", " ".join(plain.split()), span)
