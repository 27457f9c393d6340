r"""Conditions on statements: beside a formula, \((i \ne j)\), and in the words before it, "for \(i = j\), ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.indicators import SIGNS, resolve_condition
from symbackprop.notation.claims.leaves import leaf_of, letter_of
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.claims.resolver import resolve
from symbackprop.notation.notes.passages import Passage
from symbackprop.notation.reading import syntax
from symbackprop.notation.surface.tree import Fence, Listing, Node, Number, Piece, Relation, Text

_SPOKEN = re.compile(r"\b(?:if|for|when|whenever|case|suppose|assum(?:e|ing))\b[^.;]{0,40}$", re.I)
_BEHIND = re.compile(r"\s*,?\s*(?:if|for|when|whenever)\s*", re.I)
_ENDS = re.compile(r"\s*(?:[.;]|$|\n\s*\n|and\b|,?\s*(?:otherwise|else)\b)")
_BREAK = re.compile(r"\n\s*\n|\n\s*(?:[-*+]|\d+[.)])\s|\.\s+[A-Z]")
_GAP = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A condition that words before a formula give, with the last passage that it reached; `used` once it was one."""

    condition: Node
    last: Passage
    used: bool = False

    def reaches(self, passage: Passage) -> bool:
        """Whether it holds for the next passage: in its sentence, or for the one formula that follows it apart."""
        if passage.source is not self.last.source or passage.headings != self.last.headings:
            return False
        between = passage.source.text[self.last.span.end : passage.span.start]
        return not _BREAK.search(between) if self.used else len(_GAP.findall(between)) < 2


def is_range(passage: Passage) -> bool:
    """Whether plain text says over what a letter runs, `for l = L-1, ..., 1`."""
    begins = re.search(r"\bfor\s*(?:all|each|every)?\s*$", passage.before, re.I)
    return passage.markup == "text" and bool(begins) and bool(re.match(r"\s*,?\s*(?:\.\.|…)", passage.after))


def is_behind(condition: Passage, statement: Passage) -> bool:
    """Whether a condition belongs to the formula before it, which nothing but `if` or `for` stands between."""
    text, near = condition.source.text, condition.source is statement.source
    between, after = text[statement.span.end : condition.span.start], text[condition.span.end :]
    plain = between.replace("$", "").replace("\\)", "").replace("\\(", "")
    return near and bool(_BEHIND.fullmatch(plain)) and bool(_ENDS.match(after.lstrip("$`").removeprefix("\\)")))


def spoken(passage: Passage, pieces: Sequence[Piece]) -> Spoken | None:
    """The condition that a formula is by the words before it; None for any other formula."""
    told = passage.place == "inline" or (passage.markup == "text" and passage.after.startswith((":", ",")))
    if len(pieces) != 1:
        return None
    node = pieces[0].node.body if isinstance(pieces[0].node, Fence) else pieces[0].node
    match node:
        case Listing((Text(words), Relation() as inner), ("",)) if words.strip().lower() in ("if", "for", "when"):
            node = inner  # `for i != j:` in plain text
        case _ if not told or not _SPOKEN.search(passage.before):
            return None
    match node:
        case Relation((first, second), (sign,)) if sign in SIGNS:
            letters = [letter_of(part) for part in (first, second)]
            is_value = leaf_of(first) is not None and isinstance(second, Number)
            if all(letters) or is_value or (sign not in ("=", "==") and leaf_of(first) is not None):
                return Spoken(node, passage)
    return None


def under(condition: Node, nodes: list[syntax.Node], context: Context) -> list[syntax.Node]:
    """The sides where a condition holds, 0 elsewhere: `(i ≠ j)` leaves them as they are off the diagonal.

    Raises:
        NotationError: what is no condition that can be judged.
    """
    match condition:
        case Relation(operands, signs) if all(sign in SIGNS for sign in signs):
            letters = [letter for part in operands if (letter := letter_of(part)) is not None]
            own = [letter for letter in letters if context.symbols.tensor(letter) is None]
            if letters and all(isinstance(p, Number) or letter_of(p) in context.symbols.sizes for p in operands):
                return nodes  # what is said of sizes alone holds for all of them
            inner = context.binding(own)
            said = {name.name for node in nodes for name in syntax.names_in(node)}
            if own and not said.issuperset(own):
                return nodes  # i = j for entries at i alone, and what goes before in the sentence
            if len(own) == len(operands):
                factor: syntax.Node = syntax.Indicator(resolve(condition, inner), condition.span)
            else:
                _refuse_single_values(condition, inner)
                factor = resolve_condition(condition, condition.span, inner, resolve)
            return [syntax.Product((("", factor), ("*", node)), node.span) for node in nodes]
    raise _not_judged(condition, context)


def _refuse_single_values(condition: Relation, context: Context) -> None:
    """Raises an error for `z = 0` of a real number: at one value alone nothing is compared, and nothing proved."""
    leaf = leaf_of(condition.operands[0])
    found = None if leaf is None else reference_of(leaf, context)
    if found is None or condition.signs not in (("=",), ("==",)):
        return
    facts = {f.kind for t in context.symbols.model.tensors if t.name == found.tensor for f in t.facts}
    if found.tensor not in context.symbols.integers and not facts & {"binary", "one_hot"}:
        raise _not_judged(condition, context)


def _not_judged(condition: Node, context: Context) -> NotationError:
    written = context.source.written(condition.span)
    return NotationError(
        f"it is not judged under the condition {written}",
        where=context.source.locate(condition.span),
        fix="Write cases, or an indicator 1[...], in the formula.",
        name=written,
    )
