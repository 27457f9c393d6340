r"""Single edits of a formula as written: one transpose, one sign, one factor, one name changed.

An edit that makes a wrong claim right says what is wrong with it. Edits know syntax alone; whether the edited formula
has a meaning, and which, is for the reader to say. The smallest come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations

from symbackprop.algebra.symbols import ADJOINT
from symbackprop.notation.claims.indices import bound_names
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.syntax import (
    HADAMARD,
    Addition,
    Call,
    Joint,
    Logic,
    Name,
    Named,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Range,
    Relation,
    Subscript,
    Transpose,
)
from symbackprop.verifying.diagnosis.spots import Spot, bracketed, put, renamed, shown, spots

_REVERSED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_ENTRYWISE = ("sigmoid", "tanh", "relu", "exp", "log")
_FUNCTIONS = ("sigmoid", "tanh", "relu", "exp", "log", "softmax", "sum", "mean")
_ALONG = {"rowsum": ("colsum",), "colsum": ("rowsum",)}


@dataclass(frozen=True, slots=True)
class Edit:
    """The edited formula, and the edit in words."""

    sentence: str
    node: Node


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an edit may put in: names of tensors, the likeliest first, the name of the number of samples, indices.

    No adjoint of what is `claimed` explains a claim on it.
    """

    scope: Scope
    names: tuple[str, ...] = ()
    samples: str | None = None
    claimed: frozenset[str] = frozenset()


def small_edits_of(node: Node, around: Surroundings) -> Iterator[Edit]:
    """A transpose more or less, two factors exchanged, another product, part of a range, a tensor for its adjoint."""
    parts = tuple(spots(node))
    yield from _transposes(parts, around.scope, (Name, Partial, Transpose))
    yield from _orders(parts, around.scope)
    yield from _transposes(parts, around.scope, (Product, Addition, Call))
    yield from _joints(parts, around.scope)
    yield from _brackets(parts, around.scope)
    yield from _complements(parts, around.scope)
    yield from _ranges(parts, around.scope)
    yield from _twins(parts, around)


def edits_of(node: Node, around: Surroundings) -> Iterator[Edit]:
    """The other edits of a formula, the smallest first."""
    parts, scope = tuple(spots(node)), around.scope
    yield from _signs(parts, scope)
    yield from _scaled(node, around.samples)
    yield from _indices(parts, scope)
    yield from _names(parts, around)
    yield from _partials(parts, around)
    yield from _functions(parts, scope)
    yield from _dropped(parts, scope)
    yield from _powers(parts, scope)
    yield from _off_by_one(parts, scope)
    yield from _conditions(parts, scope)
    yield from _added_to_terms(node, around)
    yield from _applied(parts, scope)
    yield from _sums(node, parts, scope)
    yield from _added(node, around)


def fitting_edits_of(node: Node, around: Surroundings) -> Iterator[Edit]:
    """Edits of a formula whose shapes do not fit: also two factors of a product at once."""
    yield from _pairs(tuple(spots(node)), around.scope)
    for name in ("rowsum", "colsum") if around.samples is not None else ():
        yield Edit("the sum over the samples is missing", Call(Name(name, node.span), (node,), node.span))
    yield from edits_of(node, around)


# matrices


def _transposes(parts: tuple[Spot, ...], scope: Scope, kinds: tuple[type, ...]) -> Iterator[Edit]:
    for spot in parts:
        if not isinstance(spot.node, kinds):
            continue
        text = shown(spot.node, scope)
        if isinstance(spot.node, Transpose):
            bare = shown(spot.node.base, scope)
            yield Edit(f"a transpose too many: {text} stands where {bare} belongs", spot.whole(spot.node.base))
        else:
            turned = Transpose(spot.node, spot.node.span)
            sentence = f"a transpose is missing: {text} stands where {shown(turned, scope)} belongs"
            yield Edit(sentence, spot.whole(turned))


def _toggled(node: Node) -> Node:
    return node.base if isinstance(node, Transpose) else Transpose(node, node.span)


def _orders(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """Two factors exchanged, as they are, one of them transposed, or both."""
    for spot, at, before, after in _neighbours(parts):
        turned = (_toggled(after), _toggled(before))
        for left, right in ((after, before), (turned[0], before), (after, turned[1]), turned):
            yield _order(spot, at, left, right, (before, after), scope)


def _order(spot: Spot, at: int, left: Node, right: Node, old: tuple[Node, Node], scope: Scope) -> Edit:
    was, now = (f"{bracketed(a, scope)} {bracketed(b, scope)}" for a, b in (old, (left, right)))
    sentence = f"the factors stand in the wrong order: {was} stands where {now} belongs"
    return Edit(sentence, spot.whole(_with_factors(spot.node, at, left, right)))


def _neighbours(parts: tuple[Spot, ...]) -> Iterator[tuple[Spot, int, Node, Node]]:
    """Each two factors of a product that stand side by side."""
    for spot in parts:
        if not isinstance(spot.node, Product):
            continue
        factors = spot.node.factors
        for at in range(len(factors) - 1):
            if factors[at + 1][0] != "/" and factors[at][0] != "/":
                yield spot, at, factors[at][1], factors[at + 1][1]


def _with_factors(product: Node, at: int, left: Node, right: Node) -> Node:
    assert isinstance(product, Product)
    factors = list(product.factors)
    factors[at], factors[at + 1] = (factors[at][0], left), (factors[at + 1][0], right)
    return replace(product, factors=tuple(factors))


def _pairs(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """Both of two neighbours transposed."""
    for spot, at, before, after in _neighbours(parts):
        left, right = _toggled(before), _toggled(after)
        was, now = (f"{bracketed(a, scope)} {bracketed(b, scope)}" for a, b in ((before, after), (left, right)))
        sentence = f"both factors want another transpose: {was} stands where {now} belongs"
        yield Edit(sentence, spot.whole(_with_factors(spot.node, at, left, right)))


def _joints(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """⊙ for a matrix product, and a matrix product for ⊙."""
    for spot in parts:
        if not isinstance(spot.node, Product):
            continue
        for at, (joint, _) in enumerate(spot.node.factors):
            if at == 0 or joint == "/":
                continue
            by_entry = joint in ("*", HADAMARD)
            new = "@" if by_entry else HADAMARD
            changed = replace(spot.node, factors=put(spot.node.factors, at, (new, spot.node.factors[at][1])))
            a, b = shown(spot.node.factors[at - 1][1], scope), shown(spot.node.factors[at][1], scope)
            wanted = "a matrix product" if by_entry else f"{HADAMARD}, entry by entry,"
            yield Edit(f"{a} and {b} want {wanted} between them", spot.whole(changed))


def _brackets(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """(A B) ⊙ C for A (B ⊙ C), and the other way round; (a + b) c for a + b c, and a (b + c) for a b + c."""
    for spot in parts:
        if isinstance(spot.node, Addition):
            yield from _sum_brackets(spot, spot.node, scope)
        match spot.node:
            case Product(((_, a), (outer, Product(factors)))):
                (_, b), (inner, _), *_ = factors
                together = _product(a, outer, b)
                whole = Product((("", together), *factors[1:]), spot.node.span)
            case Product(((_, Product(factors)), (outer, c))):
                inner, b = factors[-1]
                together = _product(b, outer, c)
                whole = Product((*factors[:-1], (inner, together)), spot.node.span)
            case _:
                continue
        if outer != inner and "/" not in (outer, inner):
            yield Edit(f"the brackets stand wrong: {shown(together, scope)} belongs together", spot.whole(whole))


def _sum_brackets(spot: Spot, node: Addition, scope: Scope) -> Iterator[Edit]:
    """The sum with the factors at one of its ends brought outside, for all of its terms."""
    terms = node.terms
    for at, is_last in ((len(terms) - 1, True), (0, False)):
        sign, product = terms[at]
        if not isinstance(product, Product):
            continue
        for cut in range(1, len(product.factors)):
            first, rest = product.factors[:cut], product.factors[cut:]
            (joint, start), *others = rest
            if joint == "/":
                continue
            inside = _joined_factors(first) if is_last else _joined_factors((("", start), *others))
            together = Addition(put(terms, at, (sign, inside)), node.span)
            factors = (("", together), *rest) if is_last else (*first, (joint, together))
            sentence = f"the brackets stand wrong: {shown(together, scope)} belongs together"
            yield Edit(sentence, spot.whole(Product(factors, node.span)))


def _joined_factors(factors: tuple[tuple[Joint, Node], ...]) -> Node:
    return factors[0][1] if len(factors) == 1 else Product(factors, factors[0][1].span.to(factors[-1][1].span))


def _product(left: Node, joint: Joint, right: Node) -> Product:
    return Product((("", left), (joint, right)), left.span.to(right.span))


# numbers


def _signs(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    whole = parts[0].node
    for spot in parts:
        if isinstance(spot.node, Addition):
            for at, (sign, term) in enumerate(spot.node.terms):
                other = "-" if sign == "+" else "+"
                terms = put(spot.node.terms, at, (other, term))
                sentence = f"the sign before {shown(term, scope)} is wrong"
                yield Edit(sentence, spot.whole(replace(spot.node, terms=terms)))
        if isinstance(spot.node, Negative):
            yield Edit(f"the sign before {shown(spot.node.operand, scope)} is wrong", spot.whole(spot.node.operand))
    if not isinstance(whole, Negative):
        yield Edit("the sign is wrong: a minus is missing", Negative(whole, whole.span))


def _scaled(node: Node, samples: str | None) -> Iterator[Edit]:
    """The whole with another factor."""
    for value, sentence in ((2, "a factor 2 is missing"), (Fraction(1, 2), "there is a factor 2 too many")):
        number = Number(Fraction(value), node.span)
        yield Edit(sentence, Product((("", number), ("*", node)), node.span))
    if samples is not None:
        name = Name(samples, node.span)
        over = Product((("", node), ("/", name)), node.span)
        yield Edit(f"1/{samples} is missing", over)
        yield Edit(f"1/{samples} stands once too often", Product((("", name), ("*", node)), node.span))


def _off_by_one(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """A whole number one too large or too small: 3 for 2."""
    for spot in parts:
        if isinstance(spot.node, Number) and Fraction(spot.node.value).denominator == 1:
            for other in (spot.node.value - 1, spot.node.value + 1):
                sentence = f"{shown(spot.node, scope)} stands where {other} belongs"
                yield Edit(sentence, spot.whole(replace(spot.node, value=Fraction(other))))


def _powers(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    for spot in parts:
        if isinstance(spot.node, Power):
            text, base = shown(spot.node, scope), shown(spot.node.base, scope)
            yield Edit(f"{text} stands where {base} belongs", spot.whole(spot.node.base))
            yield from _exponents(spot, text)
        if isinstance(spot.node, Name | Subscript | Call | Addition):
            squared = Power(spot.node, Number(Fraction(2), spot.node.span), spot.node.span)
            text = bracketed(spot.node, scope)
            yield Edit(f"a square is missing: {text} stands where {text}² belongs", spot.whole(squared))


def _exponents(spot: Spot, text: str) -> Iterator[Edit]:
    """Another number for an exponent: off by a half or by one, of the other sign."""
    assert isinstance(spot.node, Power)
    value = _number(spot.node.exponent)
    if value is None:
        return
    for other in (-value, *(value + step for step in (Fraction(-1, 2), Fraction(1, 2), -1, 1))):
        if other not in (0, 1, value):
            new = Number(Fraction(other), spot.node.exponent.span)
            yield Edit(f"the exponent of {text} should be {other}", spot.whole(replace(spot.node, exponent=new)))


def _number(node: Node) -> Fraction | None:
    """The value of a number as it is written: 2, -1, -3/2."""
    match node:
        case Number(value):
            return Fraction(value)
        case Negative(operand):
            inner = _number(operand)
            return None if inner is None else -inner
        case Product(((_, first), ("/", second))):
            above, below = _number(first), _number(second)
            return above / below if above is not None and below else None
    return None


def _complements(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """1 - a for a, and a for 1 - a."""
    for spot in parts:
        node, text = spot.node, shown(spot.node, scope)
        if isinstance(node, Name | Subscript | Power):
            one = Number(Fraction(1), node.span)
            turned = Addition((("+", one), ("-", node)), node.span)
            yield Edit(f"{text} stands where 1 - {text} belongs", spot.whole(turned))
        if isinstance(node, Addition) and len(node.terms) == 2 and node.terms[1][0] == "-":
            (_, first), (_, second) = node.terms
            if isinstance(first, Number) and first.value == 1:
                yield Edit(f"{text} stands where {shown(second, scope)} belongs", spot.whole(second))


# names, indices, functions


def _indices(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """Two indices exchanged everywhere or in one entry, or one of them off by one."""
    for one, other in combinations(_letters(scope), 2):
        turned = renamed(parts[0].node, {one: other, other: one})
        if turned != parts[0].node:
            yield Edit(f"the indices {one} and {other} are exchanged", turned)
    for spot in parts:
        if not isinstance(spot.node, Subscript):
            continue
        text = shown(spot.node, scope)
        for order in permutations(spot.node.indices):
            if order != spot.node.indices:
                turned = replace(spot.node, indices=order)
                sentence = f"the indices are exchanged: {text} stands where {shown(turned, scope)} belongs"
                yield Edit(sentence, spot.whole(turned))
        flipped = tuple(_flipped(position) for position in spot.node.indices)
        if flipped != spot.node.indices:
            turned = replace(spot.node, indices=flipped)
            sentence = f"the offset goes the wrong way: {text} stands where {shown(turned, scope)} belongs"
            yield Edit(sentence, spot.whole(turned))
        for at, position in enumerate(spot.node.indices):
            for sign in ("+", "-"):
                one = Number(Fraction(1), position.span)
                moved = put(spot.node.indices, at, Addition((("+", position), (sign, one)), position.span))
                sentence = f"an index is off by one: {shown(position, scope)} in {text}"
                yield Edit(sentence, spot.whole(replace(spot.node, indices=moved)))
            for other in (*_letters(scope), *_bound(parts)):
                moved = _with_letter(position, other)
                if moved != position:
                    new = replace(spot.node, indices=put(spot.node.indices, at, moved))
                    sentence = (
                        f"an index is wrong: {shown(_led_by(position), scope)} in {text} stands where {other} belongs"
                    )
                    yield Edit(sentence, spot.whole(new))


def _led_by(position: Node) -> Node:
    """The i of i - 1; another formula itself."""
    match position:
        case Addition(((_, Name() as first), *_)):
            return first
    return position


def _with_letter(position: Node, letter: str) -> Node:
    """j for i, and j - 1 for i - 1; of other formulas the letter alone."""
    name = Name(letter, position.span)
    match position:
        case Addition(((sign, Name(old)), *others)):
            return position if old == letter else replace(position, terms=((sign, name), *others))
        case Name(old):
            return position if old == letter else name
    return name


def _flipped(position: Node) -> Node:
    """p - u + 1 for p + u - 1."""
    if not isinstance(position, Addition):
        return position
    first, *others = position.terms
    return replace(position, terms=(first, *(("-" if sign == "+" else "+", term) for sign, term in others)))


def _names(parts: tuple[Spot, ...], around: Surroundings) -> Iterator[Edit]:
    """A tensor in place of another one: another layer, an input for an activation, an adjoint for an adjoint."""
    scope = around.scope
    for spot, base in _named(parts, scope):
        rank = len(spot.node.indices) if isinstance(spot.node, Subscript) else None
        for other in _others(_canonical(base.name, scope), around, rank):
            yield _renamed(spot, base, other, scope)
    yield from _everywhere(parts, around)


def _named(parts: tuple[Spot, ...], scope: Scope) -> Iterator[tuple[Spot, Name]]:
    """Each part that is a tensor or an entry of one, with its name."""
    for spot in parts:
        base = spot.node.base if isinstance(spot.node, Subscript) else spot.node
        if isinstance(base, Name) and _canonical(base.name, scope) in scope.tensors:
            yield spot, base


def _renamed(spot: Spot, base: Name, other: str, scope: Scope) -> Edit:
    name = Name(other, base.span)
    new = replace(spot.node, base=name) if isinstance(spot.node, Subscript) else name
    return Edit(f"{shown(base, scope)} stands where {_plain(other)} belongs", spot.whole(new))


def _twins(parts: tuple[Spot, ...], around: Surroundings) -> Iterator[Edit]:
    """A tensor where its adjoint belongs, and an adjoint where its tensor does."""
    for spot, base in _named(parts, around.scope):
        for other in _twin(_canonical(base.name, around.scope), around):
            yield _renamed(spot, base, other, around.scope)


def _twin(name: str, around: Surroundings) -> Iterator[str]:
    """The adjoint of a tensor, and the tensor of an adjoint."""
    root = _root(name)
    twin = f"{ADJOINT}{name}" if root is None else name.rpartition(ADJOINT)[2]
    if twin in around.scope.tensors and (root is not None or name not in around.claimed):
        yield twin


def _partials(parts: tuple[Spot, ...], around: Surroundings) -> Iterator[Edit]:
    """Another tensor in a derivative of one tensor by another."""
    for spot in parts:
        if not isinstance(spot.node, Partial):
            continue
        for end in ("of", "by"):
            inner = getattr(spot.node, end)
            if isinstance(inner, Transpose):
                sentence = f"a transpose too many in {shown(spot.node, around.scope)}"
                yield Edit(sentence, spot.whole(replace(spot.node, **{end: inner.base})))
            base = inner.base if isinstance(inner, Subscript) else inner
            if not isinstance(base, Name):
                continue
            for other in _others(_canonical(base.name, around.scope), around):
                name = Name(other, base.span)
                new = replace(inner, base=name) if isinstance(inner, Subscript) else name
                meant = _ratio(spot.node, end, other, around)
                sentence = f"{shown(spot.node, around.scope)} stands where {meant} belongs"
                yield Edit(sentence, spot.whole(replace(spot.node, **{end: new})))


def _ratio(node: Partial, end: str, other: str, around: Surroundings) -> str:
    """`∂z2/∂a1` with another tensor at one end, indices left out."""
    bases = {key: inner.base if isinstance(inner := getattr(node, key), Subscript) else inner for key in ("of", "by")}
    names = {key: base.name if isinstance(base, Name) else "" for key, base in bases.items()}
    of, by = (other if key == end else _canonical(name, around.scope) for key, name in names.items())
    return f"{ADJOINT}{of}/{ADJOINT}{by}"


def _everywhere(parts: tuple[Spot, ...], around: Surroundings) -> Iterator[Edit]:
    """One name in place of another wherever it stands, where that is more than once."""
    names = [spot.node for spot in parts if isinstance(spot.node, Name)]
    for first in {name.name: name for name in reversed(names)}.values():
        known = _canonical(first.name, around.scope)
        if known not in around.scope.tensors or sum(name.name == first.name for name in names) < 2:
            continue
        for other in _others(known, around):
            sentence = f"{shown(first, around.scope)} stands where {_plain(other)} belongs"
            yield Edit(sentence, renamed(parts[0].node, {first.name: other}))


def _canonical(name: str, scope: Scope) -> str:
    return scope.stated.aliases.get(name, name) if scope.stated is not None else name


def _others(name: str, around: Surroundings, rank: int | None = None) -> Iterable[str]:
    """The tensors that could stand in place of `name`: those of its rank; adjoints for adjoints of the same root.

    `rank` is that of the entry as written, where it is an entry.
    """
    shapes, root = around.scope.tensors, _root(name)
    wanted = len(shapes[name]) if rank is None else rank
    mark = "" if root is None else f"{ADJOINT}{root}{ADJOINT}" if root else ADJOINT
    for other in (f"{mark}{tensor}" for tensor in around.names):
        is_claimed = root is not None and other.rpartition(ADJOINT)[2] in around.claimed
        if other != name and not is_claimed and other in shapes and len(shapes[other]) == wanted:
            yield other


def _root(name: str) -> str | None:
    """The root of an adjoint, empty where it is left open; None for a tensor."""
    of, _, by = name.removeprefix(ADJOINT).partition(ADJOINT)
    return None if not name.startswith(ADJOINT) else of if by else ""


def _letters(scope: Scope) -> list[str]:
    """The indices that may be read."""
    free = scope.stated.free if scope.stated is not None else {}
    return sorted({*scope.indices, *free})


def _bound(parts: tuple[Spot, ...]) -> list[str]:
    """The indices that sums bind."""
    return sorted({name for spot in parts if isinstance(spot.node, Call) for name in bound_names(spot.node)})


def _plain(name: str) -> str:
    of, _, by = name.removeprefix(ADJOINT).partition(ADJOINT)
    if by:
        return f"{ADJOINT}{of}/{ADJOINT}{by}"
    return f"d{of}" if name.startswith(ADJOINT) else name


def _functions(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """Another function, another derivative of it, one too many."""
    for spot in parts:
        node = spot.node
        if not isinstance(node, Call):
            continue
        text = shown(node, scope)
        written = scope.source.written(node.function.span)
        for order in (node.order + 1, node.order - 1):
            if 0 <= order <= 2:
                inside = ", ".join(shown(argument, scope) for argument in node.arguments)
                name = f"{written.rstrip(chr(39))}{chr(39) * order}({inside})"
                yield Edit(f"{text} stands where {name} belongs", spot.whole(replace(node, order=order)))
        if len(node.arguments) == 1 and not node.order:
            inside = shown(node.arguments[0], scope)
            yield Edit(f"{text} stands where {inside} belongs", spot.whole(node.arguments[0]))
        for other in (*_ALONG.get(node.function.name, ()), *_FUNCTIONS):
            if other != node.function.name:
                called = replace(node, function=Name(other, node.function.span))
                yield Edit(f"{written} stands where {other} belongs", spot.whole(called))


def _applied(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """A function that is missing: c for tanh(c)."""
    for spot in parts:
        if isinstance(spot.node, Name | Subscript):
            for function in _ENTRYWISE:
                text = shown(spot.node, scope)
                called = Call(Name(function, spot.node.span), (spot.node,), spot.node.span)
                yield Edit(f"{text} stands where {function}({text}) belongs", spot.whole(called))


# parts left out or put in


def _dropped(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """A factor or a term left out; the whole a plain number."""
    for value in (1, 0):
        number = Number(Fraction(value), parts[0].node.span)
        yield Edit(f"{shown(parts[0].node, scope)} stands where {value} belongs", number)
    for spot in parts:
        if isinstance(spot.node, Product):
            for at, (joint, factor) in enumerate(spot.node.factors):
                rest = spot.node.factors[:at] + spot.node.factors[at + 1 :]
                if rest[0][0] == "/":
                    rest = (("", Number(Fraction(1), factor.span)), *rest)
                if at == 0:
                    rest = (("", rest[0][1]), *rest[1:])
                left = rest[0][1] if len(rest) == 1 else replace(spot.node, factors=rest)
                what = f"the divisor {shown(factor, scope)}" if joint == "/" else f"the factor {shown(factor, scope)}"
                yield Edit(f"{what} is too much", spot.whole(left))
        if isinstance(spot.node, Addition):
            for at, (_, term) in enumerate(spot.node.terms):
                rest = spot.node.terms[:at] + spot.node.terms[at + 1 :]
                single = len(rest) == 1 and rest[0][0] == "+"
                left = rest[0][1] if single else replace(spot.node, terms=rest)
                yield Edit(f"the term {shown(term, scope)} is too much", spot.whole(left))


def _conditions(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    for spot in parts:
        if isinstance(spot.node, Relation) and all(sign in _REVERSED for sign in spot.node.signs):
            turned = replace(spot.node, signs=tuple(_REVERSED[sign] for sign in spot.node.signs))
            sentence = f"the condition is turned round: {shown(spot.node, scope)}"
            yield Edit(sentence, spot.whole(turned))


def _ranges(parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """The whole range of an index for part of it."""
    for spot in parts:
        if not isinstance(spot.node, Call) or not bound_names(spot.node):
            continue
        for at, argument in enumerate(spot.node.arguments[:-1]):
            if isinstance(argument, Named):
                changed = replace(spot.node, arguments=put(spot.node.arguments, at, argument.name))
                name = shown(argument.name, scope)
                yield Edit(f"the sum over {name} leaves out some of its range", spot.whole(changed))


def _sums(node: Node, parts: tuple[Spot, ...], scope: Scope) -> Iterator[Edit]:
    """A sum left out, or one put round the whole or a part."""
    for spot in parts:
        if isinstance(spot.node, Call) and spot.node.function.name in ("sum", "mean") and not spot.node.order:
            yield Edit(f"the sum is too much in {shown(spot.node, scope)}", spot.whole(spot.node.arguments[-1]))
    for spot in parts:
        if isinstance(spot.node, Named | Range | Relation | Logic | Number):
            continue
        for other in _letters(scope):
            summed = Call(Name("sum", spot.node.span), (Name(other, node.span), spot.node), spot.node.span)
            yield Edit(f"the sum over {other} is missing", spot.whole(summed))
        summed = Call(Name("sum", spot.node.span), (spot.node,), spot.node.span)
        yield Edit(f"the sum of {shown(spot.node, scope)} is missing", spot.whole(summed))


def _added_to_terms(node: Node, around: Surroundings) -> Iterator[Edit]:
    """One term times one more number, a tensor or an adjoint without indices."""
    if not isinstance(node, Addition):
        return
    known = around.scope.tensors
    numbers = [n for name in around.names for n in (name, f"{ADJOINT}{name}") if known.get(n) == ()]
    for at, (sign, term) in enumerate(node.terms):
        for name in numbers:
            product = Product((("", term), ("*", Name(name, node.span))), node.span)
            sentence = f"the factor {_plain(name)} is missing in {shown(term, around.scope)}"
            yield Edit(sentence, replace(node, terms=put(node.terms, at, (sign, product))))


def _added(node: Node, around: Surroundings) -> Iterator[Edit]:
    """The whole times one more tensor, in any of the ways in which people multiply."""
    adjoints = (f"{ADJOINT}{name}" for name in around.names if name not in around.claimed)
    for name in (*around.names, *adjoints):
        if name not in around.scope.tensors:
            continue
        factor = Name(name, node.span)
        turned = Transpose(factor, node.span)
        sides = ((node, turned), (node, factor), (turned, node), (factor, node))
        for left, right in sides:
            yield Edit(f"the factor {_plain(name)} is missing", Product((("", left), ("@", right)), node.span))
        yield Edit(f"the factor {_plain(name)} is missing", Product((("", node), (HADAMARD, factor)), node.span))
