"""Surface trees of a model file to the syntax of `reading/`: of what the surface can say, the part that a model may.

Spaces decide one thing: neighbours after a slash are read from left to right where the slash is tight and the
neighbours are apart, `1/n sum(x)`; `1/2x`, `1 / 2 x` and `x^2y` can be read in two ways and are refused.

Whether `f(x)` is a call or a product depends on what `f` is: the factors of a line can only be factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NoReturn

from symbackprop.errors import NotationError
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.line import Line
from symbackprop.notation.source import Span
from symbackprop.notation.surface import tree
from symbackprop.notation.surface.brackets import MAX_DEPTH
from symbackprop.notation.surface.precedence import LOOSE_JOINTS
from symbackprop.notation.surface.tokens import RAISED

_SIGNS = {"=": "==", "≠": "!=", "≤": "<=", "≥": ">="}

Factors = Sequence[tuple[syntax.Joint, tree.Node]]
Operands = list[tuple[syntax.Joint, syntax.Node]]


def meant(node: tree.Node, line: Line) -> syntax.Node:
    """What a surface tree says in a model.

    Raises:
        NotationError: what has no place in a model, or can be read in two ways.
        LimitError: too many powers and indices behind one operand.
    """
    match node:
        case tree.Sum(terms, span):
            return _addition(terms, span, line)
        case tree.Relation(operands, signs, span):
            return syntax.Relation(_all(operands, line), tuple(_SIGNS.get(sign, sign) for sign in signs), span)
        case tree.Logic(word, operands, span):
            return syntax.Logic(word, _all(operands, line), span)
        case tree.Rows("cases", (*pieces, (otherwise,)), span):
            parts = tuple((meant(value, line), meant(condition, line)) for value, condition in pieces)
            return syntax.Cases(parts, meant(otherwise, line), span)
        case tree.Range(low):
            line.go_to(low.span.end)
            line.refuse("an operator", "A range stands in a sum or the like: sum(j = 0..n-1, x[j]).")
    return _product(node, line)


def _all(nodes: Sequence[tree.Node], line: Line) -> tuple[syntax.Node, ...]:
    return tuple(meant(node, line) for node in nodes)


def _addition(terms: Sequence[tuple[str, tree.Node]], span: Span, line: Line) -> syntax.Node:
    (sign, first), *more = terms
    node = meant(first, line)
    if span.start < first.span.start:
        node = _signed(sign, node, Span(span.start, first.span.end))
    rest = tuple((sign, meant(term, line)) for sign, term in more)
    return syntax.Addition((("+", node), *rest), span) if rest else node


def _signed(sign: str, operand: syntax.Node, span: Span) -> syntax.Node:
    return syntax.Negative(operand, span) if sign == "-" else replace(operand, span=span)


# ---------------------------------------------------------------------------------------------------------- products


def _product(node: tree.Node, line: Line) -> syntax.Node:
    """Factors joined by `*`, `⊙` and `/`, each of them neighbours or one operand."""
    factors = _factors(node)
    loose = len(factors) > 1 and factors[1][0] in LOOSE_JOINTS
    found: Operands = []
    for joint, factor in factors if loose else (("", node),):
        (_, first), *more = _quotients(_operands(_factors(factor), line), line)
        found += [(joint, first), *more]
    return syntax.Product(tuple(found), node.span) if len(found) > 1 else found[0][1]


def _factors(node: tree.Node) -> Factors:
    return node.factors if isinstance(node, tree.Product) else (("", node),)


def _quotients(operands: Operands, line: Line) -> Iterator[tuple[syntax.Joint, syntax.Node]]:
    """Neighbours put together up to a slash: `W x/n y` is `(W x)`, "/" `n`, "" `y`."""
    last, above, place = None, None, 0
    while place < len(operands):
        joint, first = operands[place]
        end = place + 1
        while joint != "/" and end < len(operands) and operands[end][0] != "/":
            end += 1
        if above and last and joint == "":
            _check_slash(above, last, first, line)
        run = (("", first), *operands[place + 1 : end])
        node = syntax.Product(run, first.span.to(run[-1][1].span)) if len(run) > 1 else first
        yield joint, node
        above, last, place = last if joint == "/" else None, node, end


def _operands(factors: Factors, line: Line) -> Operands:
    """The factors with their powers; brackets of indices and of arguments are put to what stands before them."""
    found: Operands = []
    depth = 0
    for joint, factor in factors:
        signs, base, above = _apart(factor)
        before = found[-1][1] if found and joint == "" else None
        if before and isinstance(base, tree.Fence) and (base.opening == "[" or _calls(before, line)):
            joint, node = found.pop()[0], _with_bracket(before, base, line)
            depth += 1
        else:
            node, depth = _base(base, line), 0
        depth += len(above)
        if depth > MAX_DEPTH:
            line.go_to(factor.span.start)
            line.too_deep()
        for mark in above:
            node = _raised(node, mark, line)
        for sign, start in reversed(signs):
            node = _signed(sign, node, start.to(node.span))
        found.append((joint, node))
    for (_, first), (joint, second) in pairwise(found):
        if joint == "":
            _check_power(first, second, line)
    return found


def _apart(node: tree.Node) -> tuple[list[tuple[str, Span]], tree.Node, tuple[tree.Node, ...]]:
    """A factor in its signs, its operand and what stands above that."""
    signs: list[tuple[str, Span]] = []
    while isinstance(node, tree.Sum):
        signs.append((node.terms[0][0], node.span))
        node = node.terms[0][1]
    return (signs, node.base, node.above) if isinstance(node, tree.Scripted) else (signs, node, ())


def _base(node: tree.Node, line: Line) -> syntax.Node:
    match node:
        case tree.Number(value, _, span):
            return syntax.Number(value, span)
        case tree.Word(text, span):
            return syntax.Name(text, span)
        case tree.Fence("(", tree.Listing(items)):
            line.go_to(items[0].span.end)
            line.refuse(") to close the bracket", "Remove the comma, or put the name of a function before (.")
        case tree.Fence("(", body, span):
            return replace(meant(body, line), span=span)
    line.go_to(node.span.start)
    line.refuse_operand()


# ---------------------------------------------------------------------------------- what stands behind an operand


def _at_end(
    node: syntax.Node, into: Callable[[syntax.Node], bool], change: Callable[[syntax.Node], syntax.Node]
) -> syntax.Node:
    """The node with its last operand changed, past signs and into an exponent if `into` says so of it."""
    match node:
        case syntax.Negative(last) if last.span.end == node.span.end:
            last = _at_end(last, into, change)
            return syntax.Negative(last, node.span.to(last.span))
        case syntax.Power(base, last) if last.span.end == node.span.end and into(last):
            last = _at_end(last, into, change)
            return syntax.Power(base, last, node.span.to(last.span))
    return change(node)


def _raised(node: syntax.Node, mark: tree.Node, line: Line) -> syntax.Node:
    """The operand to a power, or its transpose; the power of an exponent belongs to the exponent, but that of `x²`."""
    sign = mark.text if isinstance(mark, tree.Word) else ""

    def change(last: syntax.Node) -> syntax.Node:
        if sign == "⊤" or (sign == "T" and last is node):
            return syntax.Transpose(last, last.span.to(mark.span))
        exponent = meant(mark, line)
        return syntax.Power(last, exponent, last.span.to(exponent.span))

    def into(exponent: syntax.Node) -> bool:
        return sign != "⊤" and not _is_raised(exponent, line)

    return _at_end(node, into, change)


def _is_raised(node: syntax.Node, line: Line) -> bool:
    return line.source.text[node.span.start] in RAISED


def _with_bracket(node: syntax.Node, bracket: tree.Fence, line: Line) -> syntax.Node:
    """An entry or a call."""

    def change(last: syntax.Node) -> syntax.Node:
        span = last.span.to(bracket.span)
        if bracket.opening == "[":
            return syntax.Subscript(last, _all(_items(bracket), line), span)
        return _call(last, bracket, span, line) if isinstance(last, syntax.Name) else last

    def into(exponent: syntax.Node) -> bool:
        return isinstance(_last(exponent), syntax.Name) and _is_bare(_last(exponent), line)

    return _at_end(node, into, change)


def _calls(node: syntax.Node, line: Line) -> bool:
    """Whether a name stands last that is a function before a bracket."""
    last = _last(node)
    return isinstance(last, syntax.Name) and last.name not in line.factors and _is_bare(last, line)


def _is_bare(node: syntax.Node, line: Line) -> bool:
    """Whether no bracket stands round the node."""
    return line.source.text[node.span.start] != "("


def _last(node: syntax.Node) -> syntax.Node:
    while isinstance(node, syntax.Negative) and node.span.end == node.operand.span.end:
        node = node.operand
    return node


def _call(function: syntax.Name, bracket: tree.Fence, span: Span, line: Line) -> syntax.Call:
    items = () if isinstance(bracket.body, tree.Empty) else _items(bracket)
    return syntax.Call(function, tuple(_argument(item, line) for item in items), span)


def _argument(item: tree.Node, line: Line) -> syntax.Node:
    """A value, an option by its name, or a range of an index."""
    match item:
        case tree.Relation((tree.Word(text, name), tree.Range(low, high, span)), ("=",)):
            value = syntax.Range(meant(low, line), meant(high, line), span)
        case tree.Relation((tree.Word(text, name), given), ("=",)):
            value = _value(given, line)
        case _:
            return _value(item, line)
    return syntax.Named(syntax.Name(text, name), value, item.span)


def _value(item: tree.Node, line: Line) -> syntax.Node:
    """One argument, or a list of them in brackets."""
    if isinstance(item, tree.Fence) and item.opening == "[":
        return syntax.Listed(_all(_items(item), line), item.span)
    return meant(item, line)


def _items(bracket: tree.Fence) -> tuple[tree.Node, ...]:
    """What stands between the brackets, parted at commas."""
    return bracket.body.items if isinstance(bracket.body, tree.Listing) else (bracket.body,)


# ---------------------------------------------------------------------------------------------------------- refusals


def _check_slash(above: syntax.Node, divisor: syntax.Node, following: syntax.Node, line: Line) -> None:
    """What follows `a/b` without an operator between is read from left to right, or refused."""
    slash = line.source.text[above.span.end : divisor.span.start]
    if any(map(str.isspace, slash)) or following.span.start == divisor.span.end:
        a, b, c = (line.source.written(node.span) for node in (above, divisor, following))
        _refuse_two_readings(above.span.to(following.span), f"({a}/{b}) {c}", f"{a}/({b} {c})", line)


def _check_power(before: syntax.Node, node: syntax.Node, line: Line) -> None:
    """`x^2y` and `x^n(1 - x)` are refused; `x²y` and `x^2(1 - x)` are not, for nothing else can be meant."""
    power = _last(before)
    if (
        not isinstance(power, syntax.Power)
        or node.span.start > power.exponent.span.end
        or _is_raised(power.exponent, line)
    ):
        return
    named = not isinstance(power.exponent, syntax.Number) and line.source.text[power.exponent.span.end - 1] != ")"
    if named or _is_bare(node, line):
        x, n, y = (line.source.written(part.span) for part in (power.base, power.exponent, node))
        _refuse_two_readings(power.base.span.to(node.span), f"{x}^{n} {y}", f"{x}^({n} {y})", line)


def _refuse_two_readings(span: Span, first: str, second: str, line: Line) -> NoReturn:
    written = line.source.written(span)
    raise NotationError(
        f"{written} can be read in two ways",
        where=line.source.locate(span),
        fix=f"Write {first} or {second}.",
        name=written,
    )
