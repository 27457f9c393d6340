"""Names with scripts, in any notation: `W_1`, `W^[1]`, `W^{[1]T}`, `W_ij`, `W^{(1)}_{i,j}`.

Whether a script is part of the name, a layer or an index is settled by the names that are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from symbackprop.errors import NotationError
from symbackprop.notation.conventions import LayerMark
from symbackprop.notation.reading.parser import SUM, Parser
from symbackprop.notation.reading.syntax import Name, Node, Number, Subscript, Transpose
from symbackprop.notation.reading.tokens import TRANSPOSE, Token
from symbackprop.notation.source import Source, Span

CLOSING = {"(": ")", "[": "]", "{": "}"}
_TAIL = re.compile(r"[^\W\d_]\d*|\d+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The names that a claim may use, so that scripts and calls can be told apart.

    `ranks` has every spelling of a tensor or an adjoint with the number of its indices, the larger one where scales
    differ. `derivable` are the tensors and roots themselves. `layers` settles whether `z^(1)` is a layer or a power.
    """

    ranks: Mapping[str, int]
    sizes: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    derivable: frozenset[str] = frozenset()
    layers: LayerMark = "[l]"

    def knows(self, name: str) -> bool:
        return name in self.ranks or name in self.sizes


@dataclass(frozen=True, slots=True)
class Below:
    """A subscript: its text if it is one word or number, and the indices that it may be."""

    text: str
    indices: tuple[Node, ...]
    span: Span


class ScriptParser(Parser):
    """A parser that knows which names there are."""

    def __init__(self, tokens: tuple[Token, ...], source: Source, lexicon: Lexicon) -> None:
        super().__init__(tokens, source, {*lexicon.ranks, *lexicon.sizes})
        self.lexicon = lexicon

    def ahead(self, count: int = 1) -> Token:
        """The token `count` places after the next one."""
        return self.tokens[min(self.position + count, len(self.tokens) - 1)]

    def reference(self, without: str = "") -> Node:
        """A name with its scripts and indices; `without` is a prefix to leave off, the d of `dL`."""
        node = self.scripted(without)
        return self._subscript(node) if self.at.is_operator("[") else node

    def scripted(self, without: str = "") -> Node:
        """A name with its scripts."""
        token = self.advance()
        base = token.text.removeprefix(without)
        mark, turned, below = "", None, []
        while turned is None:
            if self.at.is_operator("_"):
                below.append(self.below())
            elif (found := self._mark(base + mark)) is not None:
                mark += found[0]
                turned = found[1]
            else:
                break
        span = token.span.to(self.before.span)
        node = self._made(self._named(base, mark, below, span))
        return node if turned is None else self._made(Transpose(node, span))

    def below(self) -> Below:
        """What stands after `_`: a word, a number, or indices in braces."""
        start = self.advance().span
        if not self.at.is_operator("{", "("):
            if self.at.kind not in ("name", "number"):
                self.refuse("expected an index", fix="Write W_ij or W[i,j].")
            token = self.advance()
            return Below(token.text, (), start.to(token.span))
        closing = CLOSING[self.advance().text]
        items, texts = [], []
        while not self.at.is_operator(closing):
            following = self.ahead()
            alone = following.kind in ("name", "number") or following.is_operator(",", closing)
            if self.at.kind == "name" and alone:
                token = self.advance()
                items += _letters(token.text, token.span) if not self.lexicon.knows(token.text) else [_word(token)]
                texts.append(token.text)
            else:
                item = self.expression(SUM)
                items.append(item)
                texts.append(str(item.value) if isinstance(item, Number) else " ")
            self.accept(",")
        closed = self.expect(closing, "after the indices")
        text = texts[0] if len(texts) == 1 and texts[0] != " " else ""
        return Below(text, tuple(items), start.to(closed.span))

    # -------------------------------------------------------------------------------------------------- layers' marks

    def _mark(self, base: str) -> tuple[str, Token | None] | None:
        """The mark that `^[1]`, `^{[1]}` or `^(1)` is, if it is one, and the sign of a transpose behind it."""
        if not self.at.is_operator("^"):
            return None
        place = self.position + 1
        braced = self.tokens[place].is_operator("{")
        place += braced
        opening, inner, closing = (self.tokens[min(place + step, len(self.tokens) - 1)] for step in range(3))
        if opening.kind == "number" and self._is_bare_mark(base, opening) and (not braced or inner.is_operator("}")):
            self.position = place + 1 + braced
            return opening.text, None
        fenced = opening.is_operator("[", "(") and closing.is_operator(CLOSING[opening.text])
        if opening.is_operator("[") and not (fenced and self._is_mark(base, inner)):
            self._refuse_letter(opening, inner)
        if not fenced or (opening.text == "(" and not self._is_layer(base, inner, opening)):
            return None
        place += 3
        turned = None
        if braced:
            if self.tokens[place].is_operator("^"):
                place += 1
            if self.tokens[place].is_operator(TRANSPOSE, "'") or self.tokens[place].is_word("T"):
                turned = self.tokens[place]
                place += 1
            if not self.tokens[place].is_operator("}"):
                return None
            place += 1
        self.position = place
        return inner.text, turned

    def _refuse_letter(self, opening: Token, inner: Token) -> NoReturn:
        """`W^[l]` and `x^(i)`: no one layer, and no one sample."""
        layer = opening.text == "["
        what = "a claim is about the layers of the model, not about" if layer else "it is not known what is meant by"
        raise NotationError(
            f"{what} {inner.text}",
            where=self.source.locate(opening.span.to(inner.span)),
            fix="Write one line for each layer: W^[1], W^[2]." if layer else "Write entries with indices: x[j,s].",
            name=inner.text,
        )

    def _is_bare_mark(self, base: str, number: Token) -> bool:
        """Whether `δ^2` can only be layer 2's δ, there being no δ to be squared."""
        known = self.lexicon.knows(base) or base in self.lexicon.derivable or base in self.lexicon.functions
        return not known and any(self.lexicon.knows(name) for name in _spellings(base, [], number.text))

    def _is_mark(self, base: str, inner: Token) -> bool:
        return inner.kind == "number" or any(self.lexicon.knows(name) for name in _spellings(base, [], inner.text))

    def _is_layer(self, base: str, inner: Token, opening: Token) -> bool:
        """Whether `z^(1)` is layer 1's z; where it could be a power as well, the convention says."""
        if inner.kind == "name" and not self.lexicon.knows(inner.text) and self.lexicon.knows(base):
            self._refuse_letter(opening, inner)
        if inner.kind != "number":
            return False
        layer = any(self.lexicon.knows(name) for name in _spellings(base, [], inner.text))
        if base in self.lexicon.functions and not layer:
            return False
        alone = self.lexicon.knows(base)
        if layer and alone and self.lexicon.layers != "(l)":
            start = self.before.span
            self._two_readings(start.to(inner.span), f"{base}{inner.text}", f"{base}^{inner.text}")
        return layer or not alone

    # -------------------------------------------------------------------------------------------------- what it names

    def _named(self, base: str, mark: str, below: list[Below], span: Span) -> Node:
        """The known name that base, mark and subscripts spell, the rest of them being indices."""
        for count in range(len(below), -1, -1):
            texts = [part.text for part in below[:count]]
            if not all(texts):
                continue
            for name in _spellings(base, texts, mark):
                if self.lexicon.knows(name) or name in self.lexicon.functions or name in self.lexicon.derivable:
                    return self._indexed(Name(name, span), below[count:])
        head, _, tail = base.rpartition("_")
        for name in _spellings(head, [], mark):
            if head and (self.lexicon.knows(name) or name in self.lexicon.derivable):
                return self._indexed(Name(name, span), [Below(tail, (), span), *below])
        texts = [part.text for part in below if part.text]
        return Name(next(_spellings(base, texts, mark)), span)

    def _indexed(self, name: Name, below: list[Below]) -> Node:
        if not below:
            return name
        indices: list[Node] = []
        for part in below:
            indices += part.indices or self._split(part, name.name)
        return Subscript(name, tuple(indices), name.span)

    def _split(self, part: Below, name: str) -> list[Node]:
        """`ij` as i and j, `12` as 1 and 2 where two indices are wanted; one index whole where one is."""
        rank = self.lexicon.ranks.get(name, 0)
        if rank == 1 or len(part.text) == 1:
            return [_piece(part.text, part.span)]
        if part.text.isdigit() and len(part.text) != rank:
            return [_piece(part.text, part.span)]
        return _letters(part.text, part.span, digits=part.text.isdigit())


def _spellings(base: str, texts: list[str], mark: str) -> Iterator[str]:
    joined = base + "".join(f"_{text}" for text in texts)
    if mark:
        yield joined + mark
        yield f"{joined}_{mark}"
        yield f"{base}{mark}" + "".join(f"_{text}" for text in texts)
    else:
        yield joined
    if texts:
        yield base + "".join(texts) + mark


def _word(token: Token) -> Node:
    return _piece(token.text, token.span)


def _piece(text: str, span: Span) -> Node:
    return Number(Fraction(text), span) if text.isdigit() else Name(text, span)


def _letters(text: str, span: Span, *, digits: bool = False) -> list[Node]:
    """The indices that a word is made of: `ij` is i and j, `i1j` is i1 and j."""
    pattern = r"\d" if digits else _TAIL
    return [_piece(piece, span) for piece in re.findall(pattern, text)]
