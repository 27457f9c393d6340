r"""Surface to syntax: every node of what was written becomes what it means, once symbols and notation are known.

A row of neighbours is read from left to right: derivatives, functions at their arguments, entries, and what is left are
factors. What cannot be read is an error with its place; nothing that stands in a formula is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from symbackprop.errors import NotationError
from symbackprop.notation.claims import calls, differentials, dots
from symbackprop.notation.claims.adjoint_factors import operated_factor, part_by_way, sides_of_bar
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.divided_words import are_names, names_in_word
from symbackprop.notation.claims.emission import Resolve
from symbackprop.notation.claims.errors import no_meaning, two_readings, unknown
from symbackprop.notation.claims.indicators import condition_of, indicator
from symbackprop.notation.claims.leaves import is_slice, leaf_of
from symbackprop.notation.claims.marks import are_letters, with_indices, with_marks
from symbackprop.notation.claims.matrices import by_entries, cases_or_matrix
from symbackprop.notation.claims.names import entry_of, meaning_of, means_tensor
from symbackprop.notation.claims.neighbours import Row, fence_behind, is_condition, is_indices, neighbours_of
from symbackprop.notation.claims.references import Reference, layer_of
from symbackprop.notation.claims.sums import summed
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.claim_calls import ENTRIES, LIST
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import (
    Accent,
    Big,
    Braced,
    Fence,
    Joint,
    Listing,
    Logic,
    Node,
    Number,
    Product,
    Quotient,
    Range,
    Relation,
    Root,
    Rows,
    Scripted,
    Slice,
    Sum,
    Word,
)

_JOINTS = {"×": "*"}


def resolve(node: Node, context: Context) -> syntax.Node:
    """What a node of the surface stands for.

    Raises:
        NotationError: it has no meaning here, or two.
        UnknownNameError: a name that nothing declares.
    """
    match node:
        case Number(number, _, span):
            return syntax.Number(number, span)
        case Word() | Accent() | Scripted():
            return _row((("", node),), context)
        case Listing() if sides_of_bar(node) is not None:
            return _row((("", node),), context)
        case Fence():
            return _fence(node, context)
        case Quotient(above, below, span):
            return _quotient(above, below, span, context)
        case Root(body, degree, span):
            return _root(body, degree, span, context)
        case Big():
            return summed(node, context, resolve)
        case Product():
            return _product(node, context)
        case Sum():
            return _sum(node, context)
        case Relation() | Logic():
            return condition_of(node, context, resolve)
        case Rows():
            return cases_or_matrix(node, context, resolve)
        case Braced(body):
            return resolve(body, context)
        case Slice() if is_slice(node):
            return syntax.Whole(node.span)
        case Range(low, high, span):
            return syntax.Range(resolve(low, context), resolve(high, context), span)
    raise no_meaning(node, context)


# ------------------------------------------------------------------------------------------------------ sums, products


def _sum(node: Sum, context: Context) -> syntax.Node:
    node = dots.as_sum(node)
    if any(sign not in ("+", "-") for sign, _ in node.terms):
        raise no_meaning(node, context)
    terms = tuple((sign, resolve(term, context)) for sign, term in node.terms)
    if len(terms) == 1:
        sign, term = terms[0]
        return syntax.Negative(term, node.span) if sign == "-" else term
    return syntax.Addition(terms, node.span)


def _product(node: Product, context: Context) -> syntax.Node:
    """A row of factors; fractions of differentials that a slash makes, `∂L/∂W1[i,j] x`, are put together first."""
    made: list[tuple[Joint, Node]] = []
    rest = list(dots.written_out(node.factors, lambda mark: layer_of(mark, context)) or node.factors)
    while rest:
        joint, part = rest.pop(0)
        above = made[-1][1] if made else part
        if joint == "/" and made and _is_differential(above, context) and _is_differential(part, context):
            if rest and leaf_of(part) is not None and is_indices(rest[0]):
                part = Product((("", part), rest.pop(0)), part.span)
            made[-1] = (made[-1][0], Quotient(above, part, above.span.to(part.span)))
        else:
            made.append((joint, part))
    return _row(tuple(made), context)


def _is_differential(node: Node, context: Context) -> bool:
    return differentials.differential(node, context) is not None


def _row(factors: Row, context: Context) -> syntax.Node:
    """A product, its factors read from left to right."""
    made: list[tuple[Joint, syntax.Node]] = []
    rest = factors = _with_spoken_dots(factors, context)
    while rest:
        for joint, node, count in _first(rest, context):
            made.append((_JOINTS.get(joint, joint) if made else "", node))
            rest = rest[count:]
    if not context.divides_words:
        _refuse_two_readings(factors, context)
    if len(made) == 1:
        return made[0][1]
    return syntax.Product(tuple(made), factors[0][1].span.to(factors[-1][1].span))


def _with_spoken_dots(factors: Row, context: Context) -> Row:
    """`a dot b`, the word between two factors, as `a · b`."""
    words = [isinstance(node, Word) and node.text == "dot" for _, node in factors]
    if not any(words) or context.symbols.tensor("dot") is not None:
        return factors
    found: list[tuple[Joint, Node]] = []
    for place, (joint, node) in enumerate(factors):
        between = words[place] and 0 < place < len(factors) - 1 and fence_behind(factors[place:]) is None
        if not between:
            spoken = place and words[place - 1] and len(found) == place - sum(words[:place])
            found.append(("·" if spoken else joint, node))
    return tuple(found)


def _refuse_two_readings(factors: Row, context: Context) -> None:
    """`1/2x` in plain text, which may be (1/2) x or 1/(2 x), and `a^2b`, which may be a^2 b or a^(2 b).

    Raises:
        NotationError: a factor stands right behind a divisor or an exponent.
    """
    written = context.source.written
    for (_, above), (slash, below), (joint, following) in zip(factors, factors[1:], factors[2:], strict=False):
        if slash != "/" or joint != "" or _is_call(below, following, context):
            continue
        apart = above.span.end + 1 != below.span.start or below.span.end == following.span.start
        if apart and not (isinstance(following, Fence) and following.opening == "["):
            a, b, c = (written(part.span) for part in (above, below, following))
            span = above.span.to(following.span)
            raise two_readings(span, f"({a}/{b}) {c} or {a}/({b} {c})", context)
    for (_, power), (joint, following) in pairwise(factors):
        if joint == "" and power.span.end == following.span.start and isinstance(following, Word | Scripted):
            base, raised, digits = written(power.span).rpartition("^")
            if raised and digits.isdigit():
                span, c = power.span.to(following.span), written(following.span)
                raise two_readings(span, f"{base}^{digits} {c} or {base}^({digits} {c})", context)


def _is_call(head: Node, following: Node, context: Context) -> bool:
    """Whether brackets right behind a name are the argument of a function: `1/sqrt(v)`."""
    leaf = leaf_of(head)
    brackets = isinstance(following, Fence) and following.tight and following.opening == "("
    return brackets and leaf is not None and not means_tensor(leaf, context)


def _first(row: Row, context: Context) -> Iterator[tuple[Joint, syntax.Node, int]]:
    """The first factor of a row, read, with the number of factors that it takes; a word may be several factors."""
    found = tuple(_read_first(row, context))
    *others, (joint, node, count) = found
    yield from others
    made, taken = calls.with_methods(node, row[sum(part[2] for part in found) :], context, resolve)
    yield joint, made, count + taken


def _read_first(row: Row, context: Context) -> Iterator[tuple[Joint, syntax.Node, int]]:
    """The same without what is called at it."""
    joint, node = row[0]
    if joint == "⊗":
        raise NotationError(
            "⊗ can be an outer product or a product entry by entry",
            where=context.source.locate(node.span),
            fix="Write u vᵀ or u ⊙ v.",
        )
    neighbours = neighbours_of(row)
    marked = _marked_brackets(neighbours, context)
    if marked is not None:
        yield joint, marked[0], marked[1]
        return
    for read in (
        part_by_way,
        differentials.differentiated,
        differentials.nabla,
        indicator,
        operated_factor,
        _called,
        entry_of,
    ):
        found = read(neighbours, context, resolve)
        if found is not None and found[1] < len(neighbours) and are_letters(neighbours[found[1]], context):
            entry = with_indices(found[0], neighbours[found[1]][1], node.span, context, resolve)
            yield joint, entry, found[1] + 1  # softmax(z)[i]
            return
        if found is not None:
            yield joint, found[0], found[1]
            return
    if isinstance(node, Product):
        yield joint, _product(node, context), 1
        return
    if isinstance(node, Fence | Quotient) and len(neighbours) > 1 and are_letters(neighbours[1], context):
        base = resolve(node, context)
        yield joint, with_indices(base, neighbours[1][1], node.span, context, resolve), 2
        return
    leaf = leaf_of(node)
    if leaf is None and isinstance(node, Listing):
        raise no_meaning(node, context)
    if leaf is None:
        yield joint, _scripted(node, context) if isinstance(node, Scripted) else resolve(node, context), 1
        return
    single = meaning_of(leaf, context, resolve)
    if single is not None:
        yield joint, single, 1
        return
    divided = names_in_word(leaf, context, resolve) if context.divides_words or are_names(leaf.word, context) else None
    if divided is None:
        raise unknown(leaf, context)
    parts = (*(("", part) for part in divided), *row[1:])
    whole = _row_of_words(parts, len(divided), context)
    if joint not in ("", "·", "@", "/") and len(whole) > 1:  # u ⊙ V x is u ⊙ (V x)
        product = syntax.Product(tuple((inner, part) for inner, part, _ in whole), node.span)
        yield joint, product, sum(count for _, _, count in whole)
        return
    for place, (inner, part, count) in enumerate(whole):
        yield (joint if place == 0 else inner), part, count


def _called(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    return calls.called(row, context, resolve, _first)


def _marked_brackets(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    """`tanh(u)²`, `x[t]ᵀ`: marks at the brackets of a call or an entry are marks of the whole."""
    if len(row) < 2 or row[1][0] != "" or not isinstance(row[1][1], Scripted):
        return None
    fence = row[1][1].base
    if not isinstance(fence, Fence) or not fence.tight or fence.opening not in ("(", "[", "{"):
        return None
    plain = (row[0], ("", fence))
    for read in (indicator, _called, entry_of):
        found = read(plain, context, resolve)
        if found is not None and found[1] == 2:
            return with_marks(found[0], row[1][1], context, resolve), 2
    return None


def _row_of_words(row: Row, words: int, context: Context) -> list[tuple[Joint, syntax.Node, int]]:
    """The factors that a word is divided into; the last may take what stands behind the word as its argument."""
    found: list[tuple[Joint, syntax.Node, int]] = []
    place = 0
    while place < words:
        for joint, node, count in _first(row[place:], context):
            found.append((joint, node, 0))
            place += count
    joint, node, _ = found[-1]
    found[-1] = (joint, node, 1 + place - words)
    return found


# -------------------------------------------------------------------------------------- quotients, fences, roots, marks


def _quotient(above: Node, below: Node, span: Span, context: Context) -> syntax.Node:
    found = differentials.quotient(above, below, span, context, resolve)
    if isinstance(found, Reference):
        raise NotationError(
            f"nothing is differentiated in {context.source.written(span)}",
            where=context.source.locate(span),
            fix="Write ∂L/∂W.",
        )
    if found is not None:
        return found
    top, bottom = resolve(above, context), resolve(below, context)
    return syntax.Product((("", top), ("/", bottom)), span)


def _fence(node: Fence, context: Context) -> syntax.Node:
    if is_condition(node.body):
        found = indicator((("", node),), context, resolve)
        assert found is not None
        return found[0]
    if node.opening in ("[", "(") and isinstance(node.body, Listing) and set(node.body.separators) <= {",", ";"}:
        if (sequence := dots.as_entries(node)) is not None:
            return by_entries(sequence, node.span, context, resolve, ENTRIES)
        parts = tuple(resolve(part, context) for part in node.body.items)
        return syntax.Call(syntax.Name(LIST, node.span), parts, node.span)
    match node.opening:
        case "(" | "[" | "{" | "":
            return replace(resolve(node.body, context), span=node.span)
        case "|":
            return _bars(node, context)
        case "‖":
            return syntax.Call(syntax.Name("‖", node.span), (resolve(node.body, context),), node.span)
        case "⌊":
            return syntax.Call(syntax.Name("floor", node.span), (resolve(node.body, context),), node.span)
        case "⟨":
            return _inner_product(node, context)
    raise no_meaning(node, context)


def _bars(node: Fence, context: Context) -> syntax.Node:
    """|x|: the norm of a vector that a letter names, else absolute values."""
    body = resolve(node.body, context)
    name = "abs"
    if isinstance(body, syntax.Name) and len(context.symbols.tensors.get(body.name, ())) == 1 and context.divides_words:
        name = "‖"
    return syntax.Call(syntax.Name(name, node.span), (body,), node.span)


def _inner_product(node: Fence, context: Context) -> syntax.Node:
    """⟨u, v⟩; the outer product where the note has it so."""
    if not isinstance(node.body, Listing) or len(node.body.items) != 2:
        raise no_meaning(node, context)
    left, right = (resolve(item, context) for item in node.body.items)
    if context.notation.outer_brackets:
        return syntax.Call(syntax.Name("outer", node.span), (left, right), node.span)
    return syntax.Product((("", left), ("·", right)), node.span)


def _root(body: Node, degree: Node | None, span: Span, context: Context) -> syntax.Node:
    inner = resolve(body, context)
    if degree is None:
        return syntax.Call(syntax.Name("sqrt", span), (inner,), span)
    one = syntax.Number(Fraction(1), degree.span)
    exponent = syntax.Product((("", one), ("/", resolve(degree, context))), degree.span)
    return syntax.Power(inner, exponent, span)


def _scripted(node: Scripted, context: Context) -> syntax.Node:
    """Marks at something larger than a letter: `(W x)_i`, `(W^T)^T`, `(∂L/∂y)^T`, `[...]^2`."""
    part = differentials.by_way(node, context, resolve)
    if part is not None:
        return part
    made = resolve(node.base, context) if leaf_of(node.base) is None else _row((("", node.base),), context)
    return with_marks(made, node, context, resolve)
