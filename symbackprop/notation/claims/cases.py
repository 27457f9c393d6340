r"""Cases that are told in words: `a if z > 0, b otherwise` in a line, and \(\partial y/\partial\theta\) for each θ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.notation.claims.leaves import leaf_of, leaves_in
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.surface.tree import Empty, Listing, Node, Piece, Relation, Rows, Text, Word, rewritten, walk

WILDCARD = "⋆"
_OTHERWISE = ("otherwise", "else")


def with_systems(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces of a formula with each equation of a system in braces as one of its own."""
    found: list[Piece] = []
    for piece in pieces:
        rows = piece.node.rows if isinstance(piece.node, Rows) and piece.node.kind == "cases" else ()
        equations = [_equation(row) for row in rows]
        if equations and all(equation is not None for equation in equations):
            found += [Piece("row", equation) for equation in equations if equation is not None]
        else:
            found.append(piece)
    return tuple(found)


def _equation(row: Sequence[Node]) -> Relation | None:
    """The equation in a row of a system, whose sign may begin a cell: `dz &= G`."""
    match tuple(row):
        case (Relation(operands) as whole,) if not isinstance(operands[0], Empty):
            return whole
        case (left, Relation((Empty(), *sides), signs, span)):
            return Relation((left, *sides), signs, left.span.to(span))
    return None


def with_spoken_cases(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces of a formula with `= a if p, b otherwise` as a chain whose last side is cases."""
    found: list[Piece] = []
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        rows, end = _rows_behind(pieces, place + 1)
        if isinstance(piece.node, Relation) and len(rows) > 1:
            *sides, last = piece.node.operands
            first = ((last, rows[0][0]), *rows[1:])
            cases = Rows("cases", first, last.span.to(pieces[end - 1].node.span))
            whole = piece.node.span.to(pieces[end - 1].node.span)
            piece = replace(piece, node=replace(piece.node, operands=(*sides, cases), span=whole))
            place = end - 1
        found.append(piece)
        place += 1
    return tuple(found)


def _rows_behind(pieces: Sequence[Piece], place: int) -> tuple[tuple[tuple[Node, ...], ...], int]:
    """The condition of the value before, then the further values with theirs, and where they end."""
    rows: list[tuple[Node, ...]] = []
    while _says(pieces, place, ("if", "when")) and place + 1 < len(pieces):
        condition = pieces[place + 1].node
        rows.append((condition,) if not rows else (pieces[place - 1].node, condition))
        place += 2
        if _says(pieces, place, _OTHERWISE) and place + 1 < len(pieces):
            return (*rows, (pieces[place + 1].node, Text("otherwise", pieces[place].node.span))), place + 2
        if place < len(pieces) and _says(pieces, place + 1, _OTHERWISE):
            return (*rows, (pieces[place].node, pieces[place + 1].node)), place + 2
        place += 1
    return (), place


def _says(pieces: Sequence[Piece], place: int, words: Sequence[str]) -> bool:
    node = pieces[place].node if place < len(pieces) else None
    return isinstance(node, Text) and node.text.strip() in words


def by_variable(statement: Statement) -> Iterator[tuple[str, Statement]]:
    r"""The statements for each θ of \(\partial y/\partial\theta = \{a \text{ if } \theta \text{ is } w; ...\}\)."""
    cases = statement.sides[-1]
    if not isinstance(cases, Rows) or cases.kind != "cases" or len(statement.sides) != 2:
        return
    told = [_told(row[-1]) for row in cases.rows if len(row) == 2]
    letters = {letter for pair in told if pair is not None for letter in (pair[0],)}
    if len(told) != len(cases.rows) or None in told or len(letters) != 1:
        return
    (letter,) = letters
    if not any(isinstance(part, Word) and part.text == letter for part in walk(statement.sides[0])):
        return
    for row, pair in zip(cases.rows, told, strict=True):
        assert pair is not None
        first = rewritten(statement.sides[0], _putting(letter, pair[1]))
        words = f"{letter} = {statement.source.written(pair[1].span)}"
        yield words, replace(statement, sides=(first, _without_comma(row[0])))


def with_wildcards(statement: Statement, symbols: Symbols) -> Statement:
    r"""A statement with ⋆ in it, \(\delta W_\star = \dots\), as one for each gate that the names with ⋆ share."""
    stems = {
        "".join((leaf.word.removeprefix("d"), *leaf.accents))
        for side in statement.sides
        for leaf in leaves_in(side)
        if any(isinstance(mark, Word) and mark.text == WILDCARD for mark in leaf.below)
    }
    parts = [{name[len(key(stem)) :] for name in symbols.spelled if name.startswith(key(stem))} for stem in stems]
    shared = set[str]().union(*parts).intersection(*parts) - {""} if parts else set[str]()
    names = sorted(part for part in shared if len(part) <= 2 and part.isalpha())
    if not names:
        return statement
    return replace(statement, values=((WILDCARD, tuple(Word(name, statement.span) for name in names)),))


def by_values(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """The statements for each value of a letter, of `for k ∈ {f, i, o}`; none where no letter has values."""
    if not statement.values:
        return
    (letter, values), *others = statement.values
    for what in values:
        filled_in = what.text if isinstance(what, Word) and letter == WILDCARD else None
        words = f"{letter} = {statement.source.written(what.span) if filled_in is None else filled_in}"
        change = _naming(letter, what)
        sides = tuple(rewritten(side, change) for side in statement.sides)
        inner = replace(statement, sides=sides, values=tuple(others))
        deeper = tuple(by_values(inner))
        yield from ((f"{words}, {more}", one) for more, one in deeper)
        if not deeper:
            yield words, inner


def _naming(letter: str, what: Node):
    """The change of a letter to what it names, in `dk` as well."""

    def change(part: Node) -> Node | None:
        match part, what:
            case Word(text), _ if text == letter:
                return what
            case Word(text, span, font), Word(name) if text == "d" + letter:
                return Word("d" + name, span, font)
        return None

    return change


def _told(cell: Node) -> tuple[str, Node] | None:
    """The letter and what it is in `if θ is w`, `if θ = w`."""
    match cell:
        case Listing((Text("if"), Word(letter), Text("is"), what)):
            return letter, what
        case Listing((Text("if"), Relation((Word(letter), what), ("=",)))):
            return letter, what
    return None


def _putting(letter: str, what: Node):
    return lambda part: what if (leaf := leaf_of(part)) is not None and leaf.word == letter and leaf.bare else None


def _without_comma(node: Node) -> Node:
    return node.items[0] if isinstance(node, Listing) and len(node.items) == 2 else node
