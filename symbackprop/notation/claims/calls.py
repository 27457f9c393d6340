"""Functions at their arguments, `softmax(z)`, `log y`; methods, `dZ.sum(axis=0)`; chances, `p(y = k | x)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from symbackprop.errors import NotationError
from symbackprop.notation.claims import differentials, functions
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.dependence import at_arguments, check_arguments
from symbackprop.notation.claims.emission import Resolve, value
from symbackprop.notation.claims.errors import near_function, no_meaning, unknown_function
from symbackprop.notation.claims.indicators import condition_of
from symbackprop.notation.claims.leaves import Leaf, as_scripted, is_letter, is_transpose, leaf_of, text_of
from symbackprop.notation.claims.marks import with_marks
from symbackprop.notation.claims.names import delta_of, meaning_of, means_tensor
from symbackprop.notation.claims.neighbours import Row, fence_behind, is_condition, neighbours_of
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import (
    Dots,
    Empty,
    Fence,
    Joint,
    Listing,
    Node,
    Number,
    Range,
    Relation,
    Scripted,
    Text,
    Word,
)

First = Callable[[Row, Context], Iterable[tuple[Joint, syntax.Node, int]]]
"""The first factors of a row, each with the number of factors that it takes."""


def called(row: Row, context: Context, resolve: Resolve, first: First) -> tuple[syntax.Node, int] | None:
    """A function at its argument: in brackets, or what stands right behind it."""
    node = row[0][1]
    leaf = leaf_of(node)
    if leaf is None or (leaf.word in context.bound and leaf.bare):
        return None
    leaf = _whole_name(leaf, context)
    fence = fence_behind(row)
    items = fence.body.items if fence is not None and isinstance(fence.body, Listing) else ()
    if (
        fence is not None
        and leaf.word == "delta"
        and leaf.bare
        and len(items) == 2
        and context.symbols.tensor("delta") is None
    ):
        return delta_of(items, leaf.span.to(fence.span), context, resolve), 2
    method = _method(leaf, fence, context, resolve)
    if method is not None:
        return method
    if functions.plain_name(leaf.word) == "where" and len(items) == 3 and is_condition(items[0]):
        held, *values = items
        yes, no = (resolve(part, context) for part in values)
        return syntax.Cases(((yes, condition_of(held, context, resolve)),), no, leaf.span), 2
    if functions.plain_name(leaf.word) in ("int64", "int32", "float64", "float32") and fence is not None:
        return resolve(fence, context), 2
    name = None if leaf.accents else functions.known(leaf.word, context)
    if leaf.word == "prod" and fence is not None and isinstance(fence.body, Listing) and len(fence.body.items) == 2:
        chain = tuple(("", resolve(part, context)) for part in fence.body.items)
        return syntax.Product(chain, leaf.span.to(fence.span)), 2
    if leaf.word == "e" and leaf.above and not leaf.below and _is_euler(leaf, context):
        raised = node.above[0] if isinstance(node, Scripted) and len(node.above) == 1 else leaf.above[0]
        call = syntax.Call(syntax.Name("exp", leaf.span), (resolve(raised, context),), leaf.span)
        return call, 1
    if fence is not None and fence.opening in ("(", "[", "{"):
        return _with_brackets(leaf, name, fence, row, context, resolve)
    if name is None or len(row) < 2 or (row[1][0] != "" and not leaf.primes):
        return None
    if name in ("I", "e") or _takes_no_bare_argument(row[1][1]):
        return None
    argument, count = _bare_argument(row[1:], context, first)
    span = node.span.to(row[count][1].span)
    return _applied(leaf, name, (argument,), span, context, resolve), 1 + count


def _is_euler(leaf: Leaf, context: Context) -> bool:
    """Whether e is the base of the natural logarithm: upright, or the name of nothing else."""
    return leaf.font == "upright" or not (context.symbols.tensor("e") is not None or "e" in context.given)


def _whole_name(leaf: Leaf, context: Context) -> Leaf:
    r"""The leaf with what stands below it in its name, where a function is called so: \(\mathrm{softmax}_{rows}\)."""
    part = text_of(leaf.below[0]) if len(leaf.below) == 1 else None
    whole = f"{leaf.word}_{part}"
    known = part is not None and functions.known(whole, context) is not None
    return replace(leaf, word=whole, below=()) if known else leaf


def _takes_no_bare_argument(node: Node) -> bool:
    return isinstance(node, Text | Dots | Empty)


def _bare_argument(row: Row, context: Context, first: First) -> tuple[syntax.Node, int]:
    """What a function without brackets is applied to: the next factor, with its own argument or indices."""
    parts = list(first(neighbours_of(row), context))
    if len(parts) == 1:
        return parts[0][1], parts[0][2]
    product = syntax.Product(tuple((joint, part) for joint, part, _ in parts), parts[0][1].span)
    return product, sum(count for _, _, count in parts)


def _with_brackets(
    leaf: Leaf, name: str | None, fence: Fence, row: Row, context: Context, resolve: Resolve
) -> tuple[syntax.Node, int] | None:
    span = leaf.span.to(fence.span)
    if fence.opening == "(":
        primed = differentials.primed_root(leaf, fence.body, span, context, resolve)
        if primed is not None:
            return primed, 2
        root = differentials.root_of((row[0], row[1]), context)
        if root is not None:
            check_arguments(leaf, fence, context)
            return syntax.Name(root, span), 2
        at = at_arguments(leaf, fence, context, resolve)
        if at is not None:
            return at, 2
    if leaf.word == "Sigma" and leaf.primes and fence.opening == "(":
        return _diagonal_slope(leaf, fence, context, resolve), 2
    if name is not None and not (fence.opening == "[" and is_condition(fence.body)):
        return _applied(leaf, name, _arguments(fence, context, resolve), span, context, resolve), 2
    if fence.opening == "(" and _is_chance(fence.body, context):
        return _chance(leaf, fence, span, context, resolve), 2
    if means_tensor(leaf, context):
        return None
    if fence.opening in ("(", "[") and _may_be_function(leaf, context) and all(map(_is_layer, leaf.below)):
        argument = resolve(fence.body, context)
        found = functions.applied(leaf.word, argument, context)
        if found is not None:
            return _applied(leaf, found, (argument,), span, context, resolve), 2
    if fence.tight and fence.opening == "(" and not context.divides_words:
        raise unknown_function(leaf, context)
    return None


def _is_layer(mark: Node) -> bool:
    """Whether a mark at a function says the layer that it belongs to: `f_1'(z_1)`."""
    return isinstance(mark, Number) and mark.value.denominator == 1


def _may_be_function(leaf: Leaf, context: Context) -> bool:
    """Whether a name may be a note's for an activation: a usual letter, or a word with a prime that is near none."""
    return functions.may_be(leaf.word) or (leaf.primes > 0 and near_function(leaf, context) is None)


def _diagonal_slope(leaf: Leaf, fence: Fence, context: Context, resolve: Resolve) -> syntax.Node:
    """Σ'(z), the diagonal matrix of the slopes of the activation."""
    span = leaf.span.to(fence.span)
    argument = resolve(fence.body, context)
    name = functions.applied("sigma", argument, context)
    if name is None:
        raise unknown_function(leaf, context)
    slopes = syntax.Call(syntax.Name(name, leaf.span), (argument,), span, leaf.primes)
    return syntax.Call(syntax.Name("diag", leaf.span), (slopes,), span)


def _arguments(fence: Fence, context: Context, resolve: Resolve) -> tuple[syntax.Node, ...]:
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    if len(items) == 1 and isinstance(items[0], Empty):
        return ()
    found: list[syntax.Node] = []
    inner = context
    for item in items:
        argument = _argument(item, inner, resolve)
        if isinstance(argument, syntax.Name | syntax.Named) and len(items) > 1:
            letter = argument.name if isinstance(argument, syntax.Name) else argument.name.name
            inner = inner.binding((letter,)) if len(letter) <= 2 else inner
        found.append(argument)
    return tuple(found)


def _argument(item: Node, context: Context, resolve: Resolve) -> syntax.Node:
    """An argument; `axis = 1` and `j = 1..n` are named, a small letter alone may be an index."""
    match item:
        case Relation((Word(name, place), part), ("=",)):
            made = _option(part, context, resolve)
            return syntax.Named(syntax.Name(name, place), made, item.span)
        case Word(text, span) if is_letter(text) and text.islower() and context.symbols.tensor(text) is None:
            return syntax.Name(text, span)
        case Fence("(", Listing(items)):
            return syntax.Listed(tuple(resolve(part, context) for part in items), item.span)
        case Relation((_, Word(name), _), ("≤" | "<", "≤" | "<")):
            return condition_of(item, context.binding((name,)), resolve)
        case Relation((Word(name), _), ("≤" | "<",)):
            return condition_of(item, context.binding((name,)), resolve)
    return resolve(item, context)


def _option(part: Node, context: Context, resolve: Resolve) -> syntax.Node:
    match part:
        case Word(text, span) if text in ("True", "False", "yes", "no", "true", "false"):
            return syntax.Name(text, span)
        case Range(low, high, span):
            return syntax.Range(resolve(low, context), resolve(high, context), span)
        case Fence("(", Listing(items)):
            return syntax.Listed(tuple(resolve(item, context) for item in items), part.span)
    return resolve(part, context)


def _applied(
    leaf: Leaf, name: str, arguments: tuple[syntax.Node, ...], span: Span, context: Context, resolve: Resolve
) -> syntax.Node:
    """A call with its primes as the order of a derivative, and with the power that stands above its name."""
    order, power = leaf.primes, None
    for mark in leaf.above:
        if isinstance(mark, Fence) and mark.opening == "(" and isinstance(mark.body, Number):
            order = int(mark.body.value)
        elif isinstance(mark, Fence) and mark.opening == "[":
            continue  # the layer of a function: g^{[1]}
        elif isinstance(mark, Word) and is_transpose(mark):
            raise no_meaning(mark, context)
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


# ------------------------------------------------------------------------------------------------------------ methods


def _method(leaf: Leaf, fence: Fence | None, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    """`dZ.sum(axis=0)`, `W2.T`, `W2.T.dot(dZ)`: what a program calls at a tensor."""
    if "." not in leaf.word or context.symbols.tensor(leaf.word) is not None or leaf.accents:
        return None
    if functions.plain_name(leaf.word) != leaf.word:
        return None
    head, *names = leaf.word.split(".")
    target = meaning_of(Leaf(head, leaf.span), context, resolve)
    if target is None or not all(name == "T" for name in names[:-1]):
        return None
    for _ in names[:-1]:
        target = syntax.Transpose(target, leaf.span)
    made = _at_method(target, names[-1], fence, leaf.span, context, resolve)
    if made is None:
        return None
    node, count = made
    return (with_marks(node, as_scripted(leaf), context, resolve) if count == 1 and not leaf.bare else node), count


def with_methods(node: syntax.Node, row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int]:
    """`(a * b).sum(axis=0).T`: the node with what is called at it, and how many factors that takes."""
    taken = 0
    while taken < len(row):
        word = row[taken][1]
        if not isinstance(word, Word) or not word.text.startswith("."):
            break
        *turns, name = word.text.removeprefix(".").split(".")
        for _ in turns:
            node = syntax.Transpose(node, node.span.to(word.span))
        fence = fence_behind(row[taken:])
        made = _at_method(node, name, fence, node.span.to(word.span), context, resolve)
        if made is None or not all(turn == "T" for turn in turns):
            raise no_meaning(word, context)
        node, taken = made[0], taken + made[1]
    return node, taken


def _at_method(
    target: syntax.Node, name: str, fence: Fence | None, span: Span, context: Context, resolve: Resolve
) -> tuple[syntax.Node, int] | None:
    """What a method makes of its target, with 2 where brackets belong to it; None for a name that is none."""
    if name == "T":
        return syntax.Transpose(target, span), 1
    if fence is None or fence.opening != "(":
        return None
    if name in ("astype", "float", "double", "copy", "clone", "detach", "item", "numpy"):
        return target, 2
    arguments = _arguments(fence, context, resolve)
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


# ------------------------------------------------------------------------------------------------------------ chances


def _is_chance(node: Node, context: Context) -> bool:
    """Whether brackets hold `y = k | x`, of a target y."""
    first = node.items[0] if isinstance(node, Listing) else node
    if not isinstance(first, Relation) or first.signs != ("=",):
        return False
    target = leaf_of(first.operands[0])
    found = None if target is None else reference_of(target, context)
    return found is not None and context.symbols.roles.get(found.tensor) == "target"


def _chance(leaf: Leaf, fence: Fence, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """`p(y = k | x)`: entry k of the distribution that the loss compares with y."""
    first = fence.body.items[0] if isinstance(fence.body, Listing) else fence.body
    assert isinstance(first, Relation)
    target = leaf_of(first.operands[0])
    found = None if target is None else reference_of(target, context)
    name = context.symbols.tensor(leaf.word) or context.symbols.tensor(leaf.word.lower())
    if found is None or target is None or name is None:
        raise unknown_function(leaf, context)
    chosen = replace(target, word=name, below=(*target.below, first.operands[1]), span=span)
    entry = reference_of(chosen, context)
    if entry is None:
        raise unknown_function(leaf, context)
    return value(entry, span, context, resolve)
