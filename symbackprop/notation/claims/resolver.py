r"""Surface to syntax: every node of what was written becomes what it means, once symbols and notation are known.

A row of neighbours is read from left to right: derivatives, functions at their arguments, entries, and what is left are
factors. What cannot be read is an error with its place; nothing that stands in a formula is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from symbackprop.algebra.symbols import is_adjoint, part_of
from symbackprop.errors import NotationError, UnknownNameError, suggestion
from symbackprop.notation.claims import differentials, dots, functions
from symbackprop.notation.claims.adjoints import (
    gradient_of,
    kronecker,
    looks_like_gradient,
    named_delta,
    operated,
)
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import at_index, derivative, value, variable
from symbackprop.notation.claims.gates import outer
from symbackprop.notation.claims.leaves import (
    Leaf,
    divided_word,
    given_in,
    index_words,
    is_letter,
    is_slice,
    is_transpose,
    leaf_of,
    letter_of,
    text_of,
)
from symbackprop.notation.claims.references import Reference, layer_of, reference_of
from symbackprop.notation.claims.sums import summed
from symbackprop.notation.claims.symbols import LEARNING_RATES, key
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.claim_calls import COLUMN, ENTRIES, LIST, STACK
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import (
    Accent,
    Big,
    Braced,
    Dots,
    Empty,
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
    Text,
    Word,
)
from symbackprop.notation.writing.glyphs import GREEK

Row = tuple[tuple[Joint, Node], ...]
SIGNS = {"=": "==", "==": "==", "≤": "<=", "≥": ">=", "≠": "!=", "<": "<", ">": ">"}
_NEIGHBOURS = ("", "·", "@")
_JOINTS = {"×": "*"}
_ONES = ("1", "𝟏", "𝟙")
_UNITS = ("I", "𝕀")


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
        case Listing() if _by_way(node) is not None:
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
            return _condition(node, context)
        case Rows():
            return _rows(node, context)
        case Braced(body):
            return resolve(body, context)
        case Slice() if is_slice(node):
            return syntax.Whole(node.span)
        case Range(low, high, span):
            return syntax.Range(resolve(low, context), resolve(high, context), span)
    raise _no_meaning(node, context)


def _no_meaning(node: Node, context: Context) -> NotationError:
    written = context.source.written(node.span)
    what = {Dots: "dots leave open what is meant", Empty: "something is missing", Listing: f"{written} is a list"}
    return NotationError(
        what.get(type(node), f"{written} has no meaning here"),
        where=context.source.locate(node.span),
        fix="Write the terms out." if isinstance(node, Dots) else None,
        name=written,
    )


# ------------------------------------------------------------------------------------------------------ sums, products


def _sum(node: Sum, context: Context) -> syntax.Node:
    node = dots.as_sum(node)
    if any(sign not in ("+", "-") for sign, _ in node.terms):
        raise _no_meaning(node, context)
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
            if rest and (leaf := leaf_of(part)) is not None and _is_indices(rest[0], leaf, context):
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
    if not any(words) or _is_tensor("dot", context):
        return factors
    found: list[tuple[Joint, Node]] = []
    for place, (joint, node) in enumerate(factors):
        between = words[place] and 0 < place < len(factors) - 1 and _fence_behind(factors[place:]) is None
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
            raise _two_readings(span, f"({a}/{b}) {c} or {a}/({b} {c})", context)
    for (_, power), (joint, following) in pairwise(factors):
        if joint == "" and power.span.end == following.span.start and isinstance(following, Word | Scripted):
            base, raised, digits = written(power.span).rpartition("^")
            if raised and digits.isdigit():
                span, c = power.span.to(following.span), written(following.span)
                raise _two_readings(span, f"{base}^{digits} {c} or {base}^({digits} {c})", context)


def _is_call(head: Node, following: Node, context: Context) -> bool:
    """Whether brackets right behind a name are the argument of a function: `1/sqrt(v)`."""
    leaf = leaf_of(head)
    brackets = isinstance(following, Fence) and following.tight and following.opening == "("
    return brackets and leaf is not None and not _means_tensor(leaf, context)


def _two_readings(span: Span, ways: str, context: Context) -> NotationError:
    written = context.source.written(span)
    return NotationError(
        f"{written} can be read in two ways", where=context.source.locate(span), fix=f"Write {ways}.", name=written
    )


def _first(row: Row, context: Context) -> Iterator[tuple[Joint, syntax.Node, int]]:
    """The first factor of a row, read, with the number of factors that it takes; a word may be several factors."""
    found = tuple(_read_first(row, context))
    *others, (joint, node, count) = found
    yield from others
    made, taken = _with_methods(node, row[sum(part[2] for part in found) :], context)
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
    neighbours = _neighbours(row)
    marked = _marked_brackets(neighbours, context)
    if marked is not None:
        yield joint, marked[0], marked[1]
        return
    for read in (_part, _differentiated, _nabla, _indicator, _operated, _called, _entry):
        found = read(neighbours, context)
        if found is not None and found[1] < len(neighbours) and _are_letters(neighbours[found[1]], context):
            entry = _with_indices(found[0], neighbours[found[1]][1], node.span, context)
            yield joint, entry, found[1] + 1  # softmax(z)[i]
            return
        if found is not None:
            yield joint, found[0], found[1]
            return
    if isinstance(node, Product):
        yield joint, _product(node, context), 1
        return
    if isinstance(node, Fence | Quotient) and len(neighbours) > 1 and _are_letters(neighbours[1], context):
        base = resolve(node, context)
        yield joint, _with_indices(base, neighbours[1][1], node.span, context), 2
        return
    leaf = leaf_of(node)
    if leaf is None:
        yield joint, _scripted(node, context) if isinstance(node, Scripted) else resolve(node, context), 1
        return
    single = _leaf(leaf, context)
    if single is not None:
        yield joint, single, 1
        return
    divided = _words(leaf, context) if context.divides_words or _are_names(leaf.word, context) else None
    if divided is None:
        raise unknown(leaf, context)
    parts = (*(("", part) for part in divided), *row[1:])
    whole = _row_of_words(parts, len(divided), context)
    for place, (inner, part, count) in enumerate(whole):
        yield (joint if place == 0 else inner), part, count


def _marked_brackets(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    """`tanh(u)²`, `x[t]ᵀ`: marks at the brackets of a call or an entry are marks of the whole."""
    if len(row) < 2 or row[1][0] != "" or not isinstance(row[1][1], Scripted):
        return None
    fence = row[1][1].base
    if not isinstance(fence, Fence) or not fence.tight or fence.opening not in ("(", "[", "{"):
        return None
    plain = (row[0], ("", fence))
    for read in (_indicator, _called, _entry):
        found = read(plain, context)
        if found is not None and found[1] == 2:
            return _with_marks(found[0], row[1][1], context), 2
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


def _neighbours(row: Row) -> Row:
    """The first factor and those that stand right behind it."""
    count = 1
    while count < len(row) and row[count][0] in _NEIGHBOURS:
        count += 1
    return row[:count]


# -------------------------------------------------------------------------------------------------------- derivatives


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


def _differentiated(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    """`∂/∂x` with all that stands behind it in the row; a fraction of differentials with marks is left to others."""
    node = row[0][1]
    if not isinstance(node, Quotient):
        return None
    found = differentials.quotient(node.above, node.below, node.span, context, resolve)
    if not isinstance(found, Reference):
        return None if found is None else (found, 1)
    if len(row) == 1:
        return None
    span = node.span.to(row[-1][1].span)
    place = differentials.Differential("∂", (("", node),), node.span)
    operand = tuple(("" if at == 0 else joint, part) for at, (joint, part) in enumerate(row[1:]))
    return differentials.derivative_of(operand, found, span, place, context, resolve), len(row)


def _part(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    r"""`du|v`, \(du \big|_v\): the part of an adjoint that comes by way of v; of `d u|v` the d stands before."""
    found, count, node = _by_way(row[0][1]), 1, row[0][1]
    if found is None and len(row) > 1 and row[1][0] == "":
        found, count = _by_way(row[1][1]), 2
        if found is None or leaf_of(node) is None or operated(node, found[0], context) is None:
            return None
        found = Product((("", node), ("", found[0])), node.span.to(found[0].span)), found[1]
    through = None if found is None else leaf_of(found[1])
    reference = None if through is None else reference_of(through, context)
    if found is None or reference is None:
        return None
    whole = resolve(found[0], context)
    name = whole.base if isinstance(whole, syntax.Subscript) else whole
    if not isinstance(name, syntax.Name) or not is_adjoint(name.name):
        return None
    part = replace(name, name=part_of(name.name, reference.tensor))
    if part.name not in context.symbols.shapes:
        written = context.source.written
        raise NotationError(
            f"{written(found[0].span)} has no part by way of {written(found[1].span)}",
            where=context.source.locate(node.span),
            because=f"{written(found[1].span)} does not read it.",
            fix="Name a tensor whose equation reads it.",
        )
    return replace(whole, base=part) if isinstance(whole, syntax.Subscript) else part, count


def _by_way(node: Node) -> tuple[Node, Node] | None:
    """The two sides of the bar in the part of an adjoint."""
    match node:
        case Listing((base, through), ("|",)):
            return base, through
        case Scripted(Fence(".", base, closing="|"), (through,), (), 0):
            return base, through
    return None


def _nabla(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    return differentials.nabla(row, context, resolve)


def _operated(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    r"""`d\Gamma_o`, `\delta\mathbf{y}^t`, `d\tilde c`: the adjoint of what stands behind the sign."""
    if len(row) < 2 or row[1][0] != "":
        return None
    target = operated(row[0][1], row[1][1], context)
    if target is None:
        return None
    span = row[0][1].span.to(row[1][1].span)
    count = 2
    if len(row) > 2 and _is_indices(row[2], target, context):
        target, count = differentials.with_indices(target, row[2][1]), 3  # type: ignore[arg-type]
    found = reference_of(target, context)
    if found is None:
        return None
    return derivative(outer(found, context), "", span, context, resolve), count


# --------------------------------------------------------------------------------------------------- calls, functions


def _called(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    """A function at its argument: in brackets, or what stands right behind it."""
    node = row[0][1]
    leaf = leaf_of(node)
    if leaf is None or (leaf.word in context.bound and leaf.bare):
        return None
    leaf = _whole_name(leaf, context)
    fence = _fence_behind(row)
    items = fence.body.items if fence is not None and isinstance(fence.body, Listing) else ()
    if (
        fence is not None
        and leaf.word == "delta"
        and leaf.bare
        and len(items) == 2
        and not _is_tensor("delta", context)
    ):
        return _delta(items, leaf.span.to(fence.span), context), 2
    method = _method(leaf, fence, context)
    if method is not None:
        return method
    name = None if leaf.accents else functions.known(leaf.word, context)
    if leaf.word == "prod" and fence is not None and isinstance(fence.body, Listing) and len(fence.body.items) == 2:
        chain = tuple(("", resolve(part, context)) for part in fence.body.items)
        return syntax.Product(chain, leaf.span.to(fence.span)), 2
    if leaf.word == "e" and leaf.above and not leaf.below and _is_euler(leaf, context):
        raised = node.above[0] if isinstance(node, Scripted) and len(node.above) == 1 else leaf.above[0]
        call = syntax.Call(syntax.Name("exp", leaf.span), (resolve(raised, context),), leaf.span)
        return call, 1
    if fence is not None and fence.opening in ("(", "[", "{"):
        return _with_brackets(leaf, name, fence, row, context)
    if name is None or len(row) < 2 or (row[1][0] != "" and not leaf.primes):
        return None
    if name in ("I", "e") or _takes_no_bare_argument(row[1][1], context):
        return None
    argument, count = _bare_argument(row[1:], context)
    span = node.span.to(row[count][1].span)
    return _applied(leaf, name, (argument,), span, context), 1 + count


def _is_euler(leaf: Leaf, context: Context) -> bool:
    """Whether e is the base of the natural logarithm: upright, or the name of nothing else."""
    return leaf.font == "upright" or not (_is_tensor("e", context) or "e" in context.given)


def _is_tensor(word: str, context: Context) -> bool:
    return context.symbols.tensor(word) is not None


def _whole_name(leaf: Leaf, context: Context) -> Leaf:
    r"""The leaf with what stands below it in its name, where a function is called so: \(\mathrm{softmax}_{rows}\)."""
    part = text_of(leaf.below[0]) if len(leaf.below) == 1 else None
    whole = f"{leaf.word}_{part}"
    known = part is not None and functions.known(whole, context) is not None
    return replace(leaf, word=whole, below=()) if known else leaf


def _takes_no_bare_argument(node: Node, context: Context) -> bool:
    return isinstance(node, Text | Dots | Empty)


def _bare_argument(row: Row, context: Context) -> tuple[syntax.Node, int]:
    """What a function without brackets is applied to: the next factor, with its own argument or indices."""
    parts = list(_first(_neighbours(row), context))
    if len(parts) == 1:
        return parts[0][1], parts[0][2]
    product = syntax.Product(tuple((joint, part) for joint, part, _ in parts), parts[0][1].span)
    return product, sum(count for _, _, count in parts)


def _fence_behind(row: Row) -> Fence | None:
    if len(row) > 1 and row[1][0] == "" and isinstance(row[1][1], Fence) and row[1][1].opening in ("(", "[", "{"):
        return row[1][1]
    return None


def _with_brackets(
    leaf: Leaf, name: str | None, fence: Fence, row: Row, context: Context
) -> tuple[syntax.Node, int] | None:
    span = leaf.span.to(fence.span)
    if fence.opening == "(":
        primed = differentials.primed_root(leaf, fence.body, span, context, resolve)
        if primed is not None:
            return primed, 2
        root = differentials.root_of((row[0], row[1]), context)
        if root is not None and _names_only(fence.body, context):
            return syntax.Name(root, span), 2
    if leaf.word == "Sigma" and leaf.primes and fence.opening == "(":
        return _diagonal_slope(leaf, fence, context), 2
    if name is not None and not (fence.opening == "[" and _is_condition(fence.body)):
        return _applied(leaf, name, _arguments(fence, context), span, context), 2
    if fence.opening == "(" and _is_chance(fence.body, context):
        return _chance(leaf, fence, span, context), 2
    if _means_tensor(leaf, context):
        return None
    if fence.opening in ("(", "[") and _may_be_function(leaf, context) and all(map(_is_layer, leaf.below)):
        argument = resolve(fence.body, context)
        found = functions.applied(leaf.word, argument, context)
        if found is not None:
            return _applied(leaf, found, (argument,), span, context), 2
    if fence.tight and fence.opening == "(" and not context.divides_words:
        raise _unknown_function(leaf, context)
    return None


def _is_layer(mark: Node) -> bool:
    """Whether a mark at a function says the layer that it belongs to: `f_1'(z_1)`."""
    return isinstance(mark, Number) and mark.value.denominator == 1


def _may_be_function(leaf: Leaf, context: Context) -> bool:
    """Whether a name may be a note's for an activation: a usual letter, or a word with a prime that is near none."""
    return functions.may_be(leaf.word) or (leaf.primes > 0 and _near_function(leaf, context) is None)


def _diagonal_slope(leaf: Leaf, fence: Fence, context: Context) -> syntax.Node:
    """Σ'(z), the diagonal matrix of the slopes of the activation."""
    span = leaf.span.to(fence.span)
    argument = resolve(fence.body, context)
    name = functions.applied("sigma", argument, context)
    if name is None:
        raise _unknown_function(leaf, context)
    slopes = syntax.Call(syntax.Name(name, leaf.span), (argument,), span, leaf.primes)
    return syntax.Call(syntax.Name("diag", leaf.span), (slopes,), span)


def _means_tensor(leaf: Leaf, context: Context) -> bool:
    """Whether a name with brackets behind it is a tensor, an adjoint or a size, so that the brackets are a factor."""
    if leaf.primes:
        return False
    given = given_in(leaf, context.given) is not None
    known = leaf.word in context.symbols.sizes or given or leaf.word in context.bound
    return known or reference_of(leaf, context) is not None or gradient_of(leaf, context) is not None


def _names_only(node: Node, context: Context) -> bool:
    """Whether brackets hold the names of what a loss depends on, and no formula: `J(W, b; x, y)`."""
    items = node.items if isinstance(node, Listing) else (node,)
    return all(leaf_of(item) is not None for item in items)


def _arguments(fence: Fence, context: Context) -> tuple[syntax.Node, ...]:
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    if len(items) == 1 and isinstance(items[0], Empty):
        return ()
    found: list[syntax.Node] = []
    inner = context
    for item in items:
        argument = _argument(item, inner)
        if isinstance(argument, syntax.Name | syntax.Named) and len(items) > 1:
            letter = argument.name if isinstance(argument, syntax.Name) else argument.name.name
            inner = inner.binding((letter,)) if len(letter) <= 2 else inner
        found.append(argument)
    return tuple(found)


def _argument(item: Node, context: Context) -> syntax.Node:
    """An argument; `axis = 1` and `j = 1..n` are named, a small letter alone may be an index."""
    match item:
        case Relation((Word(name, place), part), ("=",)):
            made = _option(part, context)
            return syntax.Named(syntax.Name(name, place), made, item.span)
        case Word(text, span) if is_letter(text) and text.islower() and context.symbols.tensor(text) is None:
            return syntax.Name(text, span)
        case Fence("(", Listing(items)):
            return syntax.Listed(tuple(resolve(part, context) for part in items), item.span)
        case Relation((_, Word(name), _), ("≤" | "<", "≤" | "<")):
            return _condition(item, context.binding((name,)))
        case Relation((Word(name), _), ("≤" | "<",)):
            return _condition(item, context.binding((name,)))
    return resolve(item, context)


def _option(part: Node, context: Context) -> syntax.Node:
    match part:
        case Word(text, span) if text in ("True", "False", "yes", "no", "true", "false"):
            return syntax.Name(text, span)
        case Range(low, high, span):
            return syntax.Range(resolve(low, context), resolve(high, context), span)
        case Fence("(", Listing(items)):
            return syntax.Listed(tuple(resolve(item, context) for item in items), part.span)
    return resolve(part, context)


def _applied(leaf: Leaf, name: str, arguments: tuple[syntax.Node, ...], span: Span, context: Context) -> syntax.Node:
    """A call with its primes as the order of a derivative, and with the power that stands above its name."""
    order, power = leaf.primes, None
    for mark in leaf.above:
        if isinstance(mark, Fence) and mark.opening == "(" and isinstance(mark.body, Number):
            order = int(mark.body.value)
        elif isinstance(mark, Fence) and mark.opening == "[":
            continue  # the layer of a function: g^{[1]}
        elif isinstance(mark, Word) and is_transpose(mark):
            raise _no_meaning(mark, context)
        else:
            power = mark
    activates = functions.may_be(leaf.word) or name in context.symbols.activation_functions
    for mark in leaf.below:
        if not (activates and _is_layer(mark)) and (not isinstance(mark, Word) or mark.text not in ("F", "softmax")):
            raise _unknown_mark(mark, leaf, context)
    node: syntax.Node = syntax.Call(syntax.Name(name, leaf.span), arguments, span, order)
    return node if power is None else syntax.Power(node, resolve(power, context), span)


def _unknown_mark(mark: Node, leaf: Leaf, context: Context) -> NotationError:
    written = context.source.written(mark.span)
    return NotationError(
        f"{written} at the function {context.source.written(leaf.span)} has no meaning here",
        where=context.source.locate(mark.span),
        name=written,
    )


def _method(leaf: Leaf, fence: Fence | None, context: Context) -> tuple[syntax.Node, int] | None:
    """`dZ.sum(axis=0)`, `W2.T`, `W2.T.dot(dZ)`: what a program calls at a tensor."""
    if "." not in leaf.word or context.symbols.tensor(leaf.word) is not None or leaf.accents:
        return None
    if functions.plain_name(leaf.word) != leaf.word:
        return None
    head, *names = leaf.word.split(".")
    target = _leaf(Leaf(head, leaf.span), context)
    if target is None or not all(name == "T" for name in names[:-1]):
        return None
    for _ in names[:-1]:
        target = syntax.Transpose(target, leaf.span)
    made = _at_method(target, names[-1], fence, leaf.span, context)
    if made is None:
        return None
    node, count = made
    return (_with_marks(node, _marked(leaf), context) if count == 1 and not leaf.bare else node), count


def _with_methods(node: syntax.Node, row: Row, context: Context) -> tuple[syntax.Node, int]:
    """`(a * b).sum(axis=0).T`: the node with what is called at it, and how many factors that takes."""
    taken = 0
    while taken < len(row):
        word = row[taken][1]
        if not isinstance(word, Word) or not word.text.startswith("."):
            break
        *turns, name = word.text.removeprefix(".").split(".")
        for _ in turns:
            node = syntax.Transpose(node, node.span.to(word.span))
        fence = _fence_behind(row[taken:])
        made = _at_method(node, name, fence, node.span.to(word.span), context)
        if made is None or not all(turn == "T" for turn in turns):
            raise _no_meaning(word, context)
        node, taken = made[0], taken + made[1]
    return node, taken


def _at_method(
    target: syntax.Node, name: str, fence: Fence | None, span: Span, context: Context
) -> tuple[syntax.Node, int] | None:
    """What a method makes of its target, with 2 where brackets belong to it; None for a name that is none."""
    if name == "T":
        return syntax.Transpose(target, span), 1
    if fence is None or fence.opening != "(":
        return None
    arguments = _arguments(fence, context)
    span = span.to(fence.span)
    if name in ("t", "transpose") and not arguments:
        return syntax.Transpose(target, span), 2
    if name in ("dot", "matmul", "mm") and len(arguments) == 1:
        return syntax.Call(syntax.Name("dot", span), (target, *arguments), span), 2
    if name in ("sum", "mean", "max"):
        return syntax.Call(syntax.Name(name, span), (target, *map(_as_axis, arguments)), span), 2
    return None


def _as_axis(argument: syntax.Node) -> syntax.Node:
    if isinstance(argument, syntax.Named):
        return argument
    return syntax.Named(syntax.Name("axis", argument.span), argument, argument.span)


# ----------------------------------------------------------------------------------------------- chances and indicators


def _is_condition(node: Node) -> bool:
    return isinstance(node, Relation | Logic)


def _is_chance(node: Node, context: Context) -> bool:
    """Whether brackets hold `y = k | x`, of a target y."""
    first = node.items[0] if isinstance(node, Listing) else node
    if not isinstance(first, Relation) or first.signs != ("=",):
        return False
    target = leaf_of(first.operands[0])
    found = None if target is None else reference_of(target, context)
    return found is not None and context.symbols.roles.get(found.tensor) == "target"


def _chance(leaf: Leaf, fence: Fence, span: Span, context: Context) -> syntax.Node:
    """`p(y = k | x)`: entry k of the distribution that the loss compares with y."""
    first = fence.body.items[0] if isinstance(fence.body, Listing) else fence.body
    assert isinstance(first, Relation)
    target = leaf_of(first.operands[0])
    found = None if target is None else reference_of(target, context)
    name = context.symbols.tensor(leaf.word) or context.symbols.tensor(leaf.word.lower())
    if found is None or target is None or name is None:
        raise _unknown_function(leaf, context)
    chosen = replace(target, word=name, below=(*target.below, first.operands[1]), span=span)
    entry = reference_of(chosen, context)
    if entry is None:
        raise _unknown_function(leaf, context)
    return value(entry, span, context, resolve)


def _indicator(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    r"""`1[z > 0]`, `1\{y = k\}`, `\mathbb{1}_{i = j}`, `[i = j]`, `(z > 0)`; ones with their sizes, the identity."""
    node = row[0][1]
    fence = _fence_behind(row)
    if isinstance(node, Fence) and _is_condition(node.body) and node.opening in ("[", "(", "{"):
        if node.opening == "(" and isinstance(node.body, Relation) and set(node.body.signs) & {"=", ":="}:
            raise NotationError(
                "an equation in round brackets has no value",
                where=context.source.locate(node.body.span),
                fix="Write [a = b] for 1 where they are equal.",
            )
        return resolve_condition(node.body, node.span, context), 1
    leaf = leaf_of(node)
    is_one = _is_one(node, leaf)
    if fence is not None and _is_condition(fence.body) and (is_one or (leaf is not None and leaf.word in _UNITS)):
        return resolve_condition(fence.body, node.span.to(fence.span), context), 2
    if isinstance(node, Scripted) and _is_one(node.base, leaf_of(node.base)) and node.below:
        return _with_sizes(node, "1_", context), 1
    if leaf is not None and leaf.word in _ONES and not leaf.below and all(map(is_transpose, leaf.above)):
        ones: syntax.Node = syntax.Call(syntax.Name("1_", node.span), (), node.span)
        for _ in leaf.above:
            ones = syntax.Transpose(ones, node.span)
        return ones, 1
    identity = _identity(leaf, context)
    if identity is not None:
        return _with_sizes(identity, "I_", context), 1
    return None


def _identity(leaf: Leaf | None, context: Context) -> Scripted | None:
    """`I_n`, where no tensor bears the name."""
    if leaf is None or _is_tensor(leaf.word, context) or not all(is_transpose(mark) for mark in leaf.above):
        return None
    divided = leaf if leaf.below else divided_word(leaf)
    if divided is None or divided.word not in _UNITS or len(divided.below) != 1:
        return None
    return Scripted(Word("I", leaf.span), divided.below, divided.above, 0, leaf.span)


def _is_one(node: Node, leaf: Leaf | None) -> bool:
    return (isinstance(node, Number) and node.value == 1) or (leaf is not None and leaf.word in _ONES)


def resolve_condition(condition: Node, span: Span, context: Context) -> syntax.Node:
    """1 where the condition holds; of a target with one 1, `y = k` is its entry k."""
    match condition:
        case Relation((first, second), ("=",)):
            target = leaf_of(first)
            if target is not None and letter_of(first) not in context.bound:
                chosen = reference_of(replace(target, below=(*target.below, second)), context)
                if chosen is not None and _is_one_hot(chosen.tensor, context):
                    return value(chosen, span, context, resolve)
    return syntax.Indicator(_condition(condition, context), span)


def _is_one_hot(tensor: str, context: Context) -> bool:
    return any(f.kind in ("one_hot",) for t in context.symbols.model.tensors if t.name == tensor for f in t.facts)


def _with_sizes(node: Node, name: str, context: Context) -> syntax.Node:
    """Ones and the identity with their sizes below, `1_{h×m}`; or a condition, `1_{z > 0}`."""
    assert isinstance(node, Scripted)
    if len(node.below) != 1:
        raise _no_meaning(node, context)
    below = node.below[0]
    inner = below.body if isinstance(below, Fence) else below
    if _is_condition(inner):
        return resolve_condition(inner, node.span, context)
    sizes = _sizes(inner)
    call: syntax.Node = syntax.Call(
        syntax.Name(name, node.span), tuple(resolve(size, context) for size in sizes), node.span
    )
    for mark in node.above:
        if not is_transpose(mark):
            raise _no_meaning(mark, context)
        call = syntax.Transpose(call, node.span)
    for _ in range(node.primes):
        call = syntax.Transpose(call, node.span)
    return call


def _sizes(node: Node) -> tuple[Node, ...]:
    match node:
        case Listing(items):
            return items
        case Product(factors) if all(joint in ("", "×", "*") for joint, _ in factors) and any(
            joint in ("×", "*") for joint, _ in factors
        ):
            return tuple(part for _, part in factors)
    return (node,)


def _condition(node: Node, context: Context) -> syntax.Node:
    """A comparison, or several joined by and, or."""
    match node:
        case Relation(operands, signs, span) if all(sign in SIGNS for sign in signs):
            return syntax.Relation(
                tuple(resolve(part, context) for part in operands), tuple(SIGNS[sign] for sign in signs), span
            )
        case Logic(word, operands, span):
            return syntax.Logic(word, tuple(_condition(part, context) for part in operands), span)
        case Fence(_, body):
            return _condition(body, context)
    raise _no_meaning(node, context)


def _rows(node: Rows, context: Context) -> syntax.Node:
    """Cases with their conditions; a column of vectors is one vector."""
    if node.kind != "cases":
        return _matrix(node, context)
    pieces: list[tuple[syntax.Node, syntax.Node]] = []
    otherwise: syntax.Node | None = None
    for row in node.rows:
        value_, *conditions = [cell for cell in row if not isinstance(cell, Empty)]
        condition = _case(conditions)
        made = resolve(_without_comma(value_), context)
        if condition is None:
            otherwise = made
        else:
            pieces.append((made, _condition(condition, context)))
    if otherwise is None and pieces:
        otherwise = pieces.pop()[0] if _is_complement(node) else None
    if otherwise is None:
        raise NotationError(
            "these cases do not say what holds otherwise",
            where=context.source.locate(node.span),
            fix="Write a last case: otherwise.",
        )
    return syntax.Cases(tuple(pieces), otherwise, node.span) if pieces else otherwise


def _matrix(node: Rows, context: Context) -> syntax.Node:
    """A matrix or a column by its entries, some of which dots may leave out; a column of vectors is one vector."""
    sequence = dots.as_matrix(node) or dots.as_entries(node)
    if sequence is not None:
        made = _entries(sequence, node.span, context)
        return made if len(node.rows) > 1 else syntax.Transpose(made, node.span)
    rows = [tuple(resolve(cell, context) for cell in row) for row in node.rows]
    if all(len(row) == 1 for row in rows):
        return syntax.Call(syntax.Name("concat", node.span), tuple(row[0] for row in rows), node.span)
    lists = tuple(syntax.Call(syntax.Name("concat", node.span), row, node.span) for row in rows)
    if len(lists) == 1:
        return syntax.Transpose(lists[0], node.span)
    return syntax.Call(syntax.Name(STACK, node.span), lists, node.span)


def _entries(found: dots.Sequence, span: Span, context: Context, brackets: str = COLUMN) -> syntax.Node:
    """A vector by its entry at an index; a matrix by its row."""
    name = syntax.Name(found.letter, span)
    inner = context.binding((found.letter,))
    body = _entries(found.term, span, inner) if isinstance(found.term, dots.Sequence) else resolve(found.term, inner)
    index: syntax.Node = name
    if found.high is not None:
        index = syntax.Named(name, syntax.Range(resolve(found.low, context), resolve(found.high, context), span), span)
    return syntax.Call(syntax.Name(brackets, span), (index, body), span)


def _without_comma(node: Node) -> Node:
    return node.items[0] if isinstance(node, Listing) and len(node.items) == 1 else node


def _case(cells: Sequence[Node]) -> Node | None:
    """The condition of a case, its words left off; None for otherwise."""
    found = [part for cell in cells for part in _words_aside(cell)]
    return found[0] if len(found) == 1 else None


def _words_aside(node: Node) -> Iterator[Node]:
    match node:
        case Text() | Empty():
            return
        case Listing(items):
            for item in items:
                yield from _words_aside(item)
        case Product(factors) if any(isinstance(part, Text) for _, part in factors):
            rest = tuple((joint, part) for joint, part in factors if not isinstance(part, Text))
            if len(rest) == 1:
                yield rest[0][1]
            elif rest:
                yield Product((("", rest[0][1]), *rest[1:]), node.span)
        case Relation((Product(factors), *rest), signs) if isinstance(factors[0][1], Text | Word) and _is_if(
            factors[0][1]
        ):
            left = factors[1][1] if len(factors) == 2 else Product((("", factors[1][1]), *factors[2:]), node.span)
            yield Relation((left, *rest), signs, node.span)
        case Word(text) if text in ("otherwise", "else", "if"):
            return
        case _:
            yield node


def _is_if(node: Node) -> bool:
    return isinstance(node, Text | Word) and node.text.strip() in ("if", "for", "when", "where")


def _is_complement(node: Rows) -> bool:
    """Whether the last condition is the complement of the one before it: z > 0 and z ≤ 0."""
    conditions = [_case([cell for cell in row[1:] if not isinstance(cell, Empty)]) for row in node.rows]
    pairs = {frozenset(pair) for pair in ((">", "≤"), ("<", "≥"), ("=", "≠"))}
    last = conditions[-2:]
    return (
        len(last) == 2
        and all(isinstance(c, Relation) and len(c.signs) == 1 for c in last)
        and frozenset(c.signs[0] for c in last if isinstance(c, Relation)) in pairs
    )


# --------------------------------------------------------------------------------------------- fences, roots, entries


def _fence(node: Fence, context: Context) -> syntax.Node:
    if _is_condition(node.body):
        found = _indicator((("", node),), context)
        assert found is not None
        return found[0]
    if node.opening in ("[", "(") and isinstance(node.body, Listing) and set(node.body.separators) <= {",", ";"}:
        if (sequence := dots.as_entries(node)) is not None:
            return _entries(sequence, node.span, context, ENTRIES)
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
    raise _no_meaning(node, context)


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
        raise _no_meaning(node, context)
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
    return _with_marks(made, node, context)


def _with_marks(made: syntax.Node, node: Scripted, context: Context) -> syntax.Node:
    """What was read of the base, with the indices, transposes and powers at it."""
    if node.below and isinstance(node.base, Fence) and node.base.opening == "‖" and not _is_norm(node):
        written = context.source.written(node.span)
        raise NotationError(
            f"{written} is no norm that is read",
            where=context.source.locate(node.span),
            fix="Write the sum: ∑_i |x[i]|.",
            name=written,
        )
    if node.below and not _is_norm(node):
        marks = tuple(part for mark in node.below for part in _index_parts(mark))
        indices = tuple(resolve(mark, context.binding(_own_letters(marks))) for mark in marks)
        made = syntax.Subscript(made, indices, node.span)
    for _ in range(node.primes):
        made = syntax.Transpose(made, node.span)
    powers = 0
    for mark in node.above:
        if is_transpose(mark):
            made = syntax.Transpose(made, node.span)
            continue
        if powers:
            raise _two_readings(node.span, "brackets: (a^b)^c or a^(b^c)", context)
        made, powers = _power(made, mark, node.span, context), 1
    return made


def _is_norm(node: Scripted) -> bool:
    """Whether marks below say which norm is meant, the usual one: ‖x‖_2, ‖W‖_F."""
    written = [getattr(mark, "text", getattr(mark, "written", "")) for mark in node.below]
    return isinstance(node.base, Fence) and node.base.opening in ("‖", "|") and written in (["2"], ["F"])


def _power(base: syntax.Node, mark: Node, span: Span, context: Context) -> syntax.Node:
    return syntax.Power(base, _exponent(mark, context), span)


def _exponent(mark: Node, context: Context) -> syntax.Node:
    match mark:
        case Product(((_, Empty() | Word("⊙")), (_, part))):
            return resolve(part, context)
        case Product((("⊙", part),)):
            return resolve(part, context)
    return resolve(mark, context)


def _index_parts(mark: Node) -> tuple[Node, ...]:
    match mark:
        case Listing(items):
            return items
        case Fence("" | "(" | "[", body):
            return _index_parts(body)
        case Word(text, span) if text.isalpha() and 1 < len(text) <= 4 and not is_letter(text):
            return tuple(Word(letter, span) for letter in text)
    return (mark,)


def _own_letters(marks: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(letter for mark in marks if (letter := letter_of(mark)) is not None)


def _are_letters(factor: tuple[Joint, Node], context: Context) -> bool:
    """Whether brackets behind a larger expression hold letters of indices in scope: `(W x)[i]`."""
    joint, node = factor
    if joint != "" or not isinstance(node, Fence) or node.opening != "[" or not node.tight:
        return False
    items = node.body.items if isinstance(node.body, Listing) else (node.body,)
    return all(letter_of(item) in (*context.bound, *context.free) for item in items)


def _with_indices(base: syntax.Node, fence: Node, span: Span, context: Context) -> syntax.Node:
    assert isinstance(fence, Fence)
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    indices = tuple(resolve(item, context.binding(index_words(item))) for item in items)
    return syntax.Subscript(base, indices, span.to(fence.span))


def _is_indices(factor: tuple[Joint, Node], leaf: Leaf, context: Context) -> bool:
    """Whether brackets behind a name are its indices."""
    joint, node = factor
    return (
        joint == "" and isinstance(node, Fence) and node.opening == "[" and node.tight and not _is_condition(node.body)
    )


def _entry(row: Row, context: Context) -> tuple[syntax.Node, int] | None:
    """`W1[i,j]`, `dz[t]`, `x[i]`."""
    leaf = leaf_of(row[0][1])
    if leaf is None or len(row) < 2 or not _is_indices(row[1], leaf, context):
        return None
    fence = row[1][1]
    assert isinstance(fence, Fence)
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    if len(items) == 1 and layer_of(items[0], context) is not None:
        made = _leaf(replace(leaf, above=(*leaf.above, fence), span=leaf.span.to(fence.span)), context)
        if made is not None:
            return made, 2
    if all(not isinstance(item, Big | Product) for item in items):
        made = _leaf(differentials.with_indices(leaf, fence), context)
        if made is not None:
            return made, 2
    whole = _leaf(leaf, replace(context, sample=None))
    if whole is None:
        return None
    letters = tuple(word for item in items for word in index_words(item))
    indices = tuple(at_index(item, letters, context, resolve) for item in items)
    return syntax.Subscript(whole, indices, leaf.span.to(fence.span)), 2


# ----------------------------------------------------------------------------------------------------------- leaves


def _leaf(leaf: Leaf, context: Context) -> syntax.Node | None:
    """A leaf by itself: an index, a tensor, an adjoint, a size, a number with a name; None if it is none of these."""
    if (numbered := _numbered(leaf)) in context.bound | context.free:
        return syntax.Name(str(numbered), leaf.span)
    if leaf.word + "prime" * leaf.primes in context.bound and not leaf.accents and not leaf.below:
        return _letter(leaf, context)
    given = given_in(leaf, context.given) if leaf.word not in context.bound else None
    if given is not None:
        name, rest = syntax.Name(given[0], leaf.span), given[1]
        return name if rest.bare else _with_marks(name, _marked(rest), context)
    marks = kronecker(leaf)
    if marks is not None and (_are_indices(marks, context) or named_delta(leaf, context) is None):
        return _delta(marks, leaf.span, context)
    turned = 0
    if leaf.primes:
        turned, leaf = leaf.primes, replace(leaf, primes=0)
    made = _named(leaf, context)
    if made is None:
        return None
    for _ in range(turned):
        made = syntax.Transpose(made, leaf.span)
    return made


def _numbered(leaf: Leaf) -> str | None:
    """The letter of an index that has a number below it: `i_1`."""
    plain = not (leaf.accents or leaf.above or leaf.primes) and len(leaf.below) == 1
    return leaf.word + leaf.below[0].written if plain and isinstance(leaf.below[0], Number) else None


def _are_indices(marks: tuple[Node, ...], context: Context) -> bool:
    """Whether all marks are indices of this statement: letters at whole entries or bound, and data that choose."""
    known = context.bound | set(context.sizes_of)
    return all(letter_of(mark) in known or _chooses(mark, context) for mark in marks)


def _chooses(mark: Node, context: Context) -> bool:
    """Whether a mark is data that serve as an index: `tok_t`."""
    leaf = leaf_of(mark)
    found = None if leaf is None else reference_of(leaf, context)
    return found is not None and found.tensor in context.symbols.integers


def _delta(marks: tuple[Node, ...], span: Span, context: Context) -> syntax.Node:
    """Kronecker's delta of two indices."""
    parts = tuple(resolve(part, context.binding(index_words(part))) for part in marks)
    return syntax.Call(syntax.Name("delta", span), parts, span)


def _named(leaf: Leaf, context: Context) -> syntax.Node | None:
    local = _local_of_names(leaf, context)
    if local is not None:
        return local
    by_note = (
        leaf.word in context.notation.aliases or key(leaf.word + "".join(leaf.accents)) in context.notation.aliases
    )
    found = None if by_note else reference_of(leaf, context)
    if found is not None:
        return value(found, leaf.span, context, resolve)
    gradient = gradient_of(leaf, context)
    if gradient is not None:
        return derivative(gradient.reference, gradient.root, leaf.span, context, resolve)
    if by_note and (found := reference_of(leaf, context)) is not None:
        return value(found, leaf.span, context, resolve)
    return _other(leaf, context)


def _local_of_names(leaf: Leaf, context: Context) -> syntax.Node | None:
    """Of programs `da1_dz1`."""
    head, _, tail = leaf.word.partition("_d")
    if not tail or not head.startswith("d") or not leaf.bare:
        return None
    of, by = (reference_of(replace(leaf, word=word), context) for word in (head[1:], tail))
    if of is None or by is None or of.tensor in context.symbols.roots.values():
        return None
    return syntax.Partial(
        variable(of, leaf.span, context, resolve), variable(by, leaf.span, context, resolve), leaf.span
    )


def _letter(leaf: Leaf, context: Context) -> syntax.Node:
    """An index in scope, with a power if need be."""
    node: syntax.Node = syntax.Name(leaf.word + "prime" * leaf.primes, leaf.span)
    for mark in leaf.above:
        node = syntax.Power(node, resolve(mark, context), leaf.span)
    return node


def _other(leaf: Leaf, context: Context) -> syntax.Node | None:
    """A root, a size, π, a learning rate, the identity, an index that stands free."""
    word, symbols = leaf.word, context.symbols
    if leaf.accents:
        return None
    name: str | None = None
    if len(leaf.below) == 1 and isinstance(layer := layer_of(leaf.below[0], context), int):
        leaf = replace(leaf, below=(Number(Fraction(layer), str(layer), leaf.span),))
    spelled = word + "".join(
        text for mark in leaf.below if (text := getattr(mark, "text", getattr(mark, "written", None)))
    )
    root = differentials.root_of((("", _as_node(leaf)),), context)
    is_index = (word in context.free or word in context.sizes_of) and word not in symbols.tensors
    if root is not None and root in symbols.tensors and not is_index:
        name, leaf = root, replace(leaf, above=())
    elif spelled in symbols.sizes or (leaf.below and key(spelled) in map(key, symbols.sizes)):
        name = next((size for size in symbols.sizes if key(size) == key(spelled)), spelled)
    elif spelled in context.named_sizes:
        name = context.named_sizes[spelled]
    elif leaf.below:
        return None
    elif (
        word == "pi"
        or (word in LEARNING_RATES and symbols.tensor(word) is None)
        or (word == "I" and not leaf.above)
        or word in context.sizes_of
        or word in context.free
    ):
        name = word
    if name is None:
        return None
    node: syntax.Node = syntax.Name(name, leaf.span)
    for mark in leaf.above:
        node = _power(node, mark, leaf.span, context)
    return node


def _as_node(leaf: Leaf) -> Node:
    """The leaf as a node of the surface, its accents aside."""
    return Word(leaf.word, leaf.span, leaf.font) if leaf.bare else _marked(leaf)


def _marked(leaf: Leaf) -> Scripted:
    word = Word(leaf.word, leaf.span, leaf.font)
    return Scripted(word, leaf.below, leaf.above, leaf.primes, leaf.span)


# ------------------------------------------------------------------------------------------------------ words, unknowns


def _words(leaf: Leaf, context: Context) -> tuple[Node, ...] | None:
    """A run of letters as the names that it is made of, longest first: `ylog` is y and log, `mx_i` is m and x_i.

    The name of a Greek letter is no run of letters.
    """
    if leaf.accents or len(leaf.word) < 2 or leaf.word in GREEK:
        return None
    cut = _cuts(leaf.word, leaf, context)
    if cut is None:
        return None
    *heads, last = cut
    if not context.source.written(leaf.span).startswith(leaf.word):
        return (*(Word(head, leaf.span) for head in heads), _as_node(replace(leaf, word=last)))
    parts: list[Node] = []
    start = leaf.span.start
    for head in heads:
        parts.append(Word(head, Span(start, start + len(head))))
        start += len(head)
    return (*parts, _as_node(replace(leaf, word=last, span=Span(start, leaf.span.end))))


def _are_names(word: str, context: Context) -> bool:
    """Whether a short word of plain text is made of letters that are tensors each: `mx`, `2xy`."""
    return (
        len(word) == len(set(word)) <= 3
        and word.isalpha()
        and all(letter in context.symbols.tensors for letter in word)
    )


def _cuts(word: str, leaf: Leaf, context: Context) -> tuple[str, ...] | None:
    """Where a run is cut: each piece has a meaning, the last one with the marks of the leaf."""
    if not word:
        return ()
    if _is_meant(replace(leaf, word=word), context) and word != leaf.word:
        return (word,)
    for end in range(len(word) - 1, 0, -1):
        head = word[:end]
        if _is_meant(Leaf(head, leaf.span), context):
            rest = _cuts(word[end:], leaf, context)
            if rest is not None:
                return (head, *rest)
    return None


def _is_meant(leaf: Leaf, context: Context) -> bool:
    if functions.known(leaf.word, context) is not None and len(leaf.word) > 1:
        return True
    if leaf.word in context.bound:
        return True
    return _named(leaf, context) is not None


def unknown(leaf: Leaf, context: Context) -> UnknownNameError:
    """The error for letters that name nothing, with the nearest that do."""
    written = context.source.written(leaf.span)
    if leaf.word in ("∂", "∇"):
        return UnknownNameError(
            f"this {written} belongs to no derivative",
            where=context.source.locate(leaf.span),
            fix="Write ∂L/∂W." if leaf.word == "∂" else "Write ∇_W L.",
            name=written,
        )
    if leaf.primes and (functions.known(leaf.word, context) or functions.may_be(leaf.word)):
        return UnknownNameError(
            f"{written} stands without an argument",
            where=context.source.locate(leaf.span),
            fix=f"Write {written}(z).",
            name=written,
        )
    names: tuple[str, ...] = (*context.symbols.tensors, *context.symbols.sizes, *context.symbols.roots)
    if leaf.word.startswith("d"):
        names += tuple(f"d{name}" for name in context.symbols.tensors)
    near = suggestion(leaf.word, [name for name in names if name != leaf.word])
    fix = near or "A claim may name what the model has: W1, and dW1 or ∂L/∂W1 beside it."
    if looks_like_gradient(leaf):
        fix = near or "It looks like a gradient, and the model has no tensor of that name: say whose it is, δ = ∂L/∂z."
    return UnknownNameError(f"unknown name {written}", where=context.source.locate(leaf.span), fix=fix, name=written)


def _unknown_function(leaf: Leaf, context: Context) -> UnknownNameError:
    written = context.source.written(leaf.span)
    if leaf.word == "delta":
        return UnknownNameError(
            f"{written} takes two arguments",
            where=context.source.locate(leaf.span),
            fix=f"Write {written}(i, j), 1 where i = j and 0 elsewhere.",
            name=written,
        )
    return UnknownNameError(
        f"unknown function {written}",
        where=context.source.locate(leaf.span),
        fix=_near_function(leaf, context) or "Use the functions of the model, or write * for a product.",
        name=written,
    )


def _near_function(leaf: Leaf, context: Context) -> str | None:
    return suggestion(leaf.word, (*context.symbols.model.functions, "softmax", "sum"))
