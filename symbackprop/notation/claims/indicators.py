r"""Indicators and conditions: `1[z > 0]`, \(\mathbb{1}_{i = j}\), `z > 0 and y < 1`; ones and the identity by sizes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve, value
from symbackprop.notation.claims.errors import no_meaning
from symbackprop.notation.claims.leaves import Leaf, divided_word, is_transpose, leaf_of, letter_of
from symbackprop.notation.claims.neighbours import Row, fence_behind, is_condition
from symbackprop.notation.claims.references import Reference, reference_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Fence, Listing, Logic, Node, Number, Product, Relation, Scripted, Word

SIGNS = {"=": "==", "==": "==", "≤": "<=", "≥": ">=", "≠": "!=", "<": "<", ">": ">"}
_ONES = ("1", "𝟏", "𝟙")
_UNITS = ("I", "𝕀")


def indicator(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    r"""`1[z > 0]`, `1\{y = k\}`, `\mathbb{1}_{i = j}`, `[i = j]`, `(z > 0)`; ones with their sizes, the identity."""
    node = row[0][1]
    fence = fence_behind(row)
    if isinstance(node, Fence) and is_condition(node.body) and node.opening in ("[", "(", "{"):
        if node.opening == "(" and isinstance(node.body, Relation) and set(node.body.signs) & {"=", ":="}:
            raise NotationError(
                "an equation in round brackets has no value",
                where=context.source.locate(node.body.span),
                fix="Write [a = b] for 1 where they are equal.",
            )
        return resolve_condition(node.body, node.span, context, resolve), 1
    leaf = leaf_of(node)
    is_one = _is_one(node, leaf)
    if fence is not None and is_condition(fence.body) and (is_one or (leaf is not None and leaf.word in _UNITS)):
        return resolve_condition(fence.body, node.span.to(fence.span), context, resolve), 2
    if isinstance(node, Scripted) and _is_one(node.base, leaf_of(node.base)) and node.below:
        return _with_sizes(node, "1_", context, resolve), 1
    if leaf is not None and leaf.word in _ONES and not leaf.below and all(map(is_transpose, leaf.above)):
        ones: syntax.Node = syntax.Call(syntax.Name("1_", node.span), (), node.span)
        for _ in leaf.above:
            ones = syntax.Transpose(ones, node.span)
        return ones, 1
    identity = _identity(leaf, context)
    if identity is not None:
        return _with_sizes(identity, "I_", context, resolve), 1
    return None


def _identity(leaf: Leaf | None, context: Context) -> Scripted | None:
    """`I_n`, where no tensor bears the name."""
    if (
        leaf is None
        or context.symbols.tensor(leaf.word) is not None
        or not all(is_transpose(mark) for mark in leaf.above)
    ):
        return None
    divided = leaf if leaf.below else divided_word(leaf)
    if divided is None or divided.word not in _UNITS or len(divided.below) != 1:
        return None
    return Scripted(Word("I", leaf.span), divided.below, divided.above, 0, leaf.span)


def _is_one(node: Node, leaf: Leaf | None) -> bool:
    return (isinstance(node, Number) and node.value == 1) or (leaf is not None and leaf.word in _ONES)


def resolve_condition(condition: Node, span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """1 where the condition holds; of a target with one 1, `y = k` is its entry k, of one of 0 and 1 `y = 1` is y."""
    if (binary := of_binary(condition, context)) is not None:
        target, number = binary
        made = value(target, span, context, resolve)
        one = syntax.Number(Fraction(1), span)
        return made if number else syntax.Addition((("+", one), ("-", made)), span)
    match condition:
        case Relation((first, second), ("=",)):
            target = leaf_of(first)
            if target is not None and letter_of(first) not in context.bound:
                chosen = reference_of(replace(target, below=(*target.below, second)), context)
                if chosen is not None and _is_one_hot(chosen.tensor, context):
                    return value(chosen, span, context, resolve)
    return syntax.Indicator(condition_of(condition, context, resolve), span)


def of_binary(condition: Node, context: Context) -> tuple[Reference, int] | None:
    """The entry and the number of `y = 0` and `y = 1`, where all entries of y are one of these; None for others."""
    match condition:
        case Relation((first, Number(number)), ("=" | "==",)) if number in (0, 1):
            leaf = leaf_of(first)
            found = None if leaf is None or letter_of(first) in context.bound else reference_of(leaf, context)
            if found is not None and _has_fact(found.tensor, "binary", context):
                return found, int(number)
    return None


def _has_fact(tensor: str, kind: str, context: Context) -> bool:
    return any(f.kind == kind for t in context.symbols.model.tensors if t.name == tensor for f in t.facts)


def _is_one_hot(tensor: str, context: Context) -> bool:
    return _has_fact(tensor, "one_hot", context)


def _with_sizes(node: Node, name: str, context: Context, resolve: Resolve) -> syntax.Node:
    """Ones and the identity with their sizes below, `1_{h×m}`; or a condition, `1_{z > 0}`."""
    assert isinstance(node, Scripted)
    if len(node.below) != 1:
        raise no_meaning(node, context)
    below = node.below[0]
    inner = below.body if isinstance(below, Fence) else below
    if is_condition(inner):
        return resolve_condition(inner, node.span, context, resolve)
    sizes = _sizes(inner)
    call: syntax.Node = syntax.Call(
        syntax.Name(name, node.span), tuple(resolve(size, context) for size in sizes), node.span
    )
    for mark in node.above:
        if not is_transpose(mark):
            raise no_meaning(mark, context)
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


def condition_of(node: Node, context: Context, resolve: Resolve) -> syntax.Node:
    """A comparison, or several joined by and, or."""
    match node:
        case Relation(operands, signs, span) if all(sign in SIGNS for sign in signs):
            return syntax.Relation(
                tuple(resolve(part, context) for part in operands), tuple(SIGNS[sign] for sign in signs), span
            )
        case Logic(word, operands, span):
            return syntax.Logic(word, tuple(condition_of(part, context, resolve) for part in operands), span)
        case Fence(_, body):
            return condition_of(body, context, resolve)
    raise no_meaning(node, context)
