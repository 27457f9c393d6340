r"""Names, entries, adjoints and functions of a formula in LaTeX, as tokens."""

from __future__ import annotations

from typing import Literal

from symbackprop.notation.reading.latex_names import Stem, mark_of, meant, separate, split, stem_of
from symbackprop.notation.reading.latex_nodes import Atom, Fence, Group, Node, Scripted, Words
from symbackprop.notation.reading.latex_scribe import Scribe, end_of, point, start_of
from symbackprop.notation.reading.latex_signs import FUNCTIONS, NAMED, TRANSPOSES
from symbackprop.notation.reading.tokens import TRANSPOSE
from symbackprop.notation.source import Span

PrimeIs = Literal["transpose", "prime", "power"]
_ENTRYWISE = frozenset({"odot", "circ", "⊙", "∘"})


def scripts(node: Node) -> tuple[Node, tuple[Node, ...], tuple[Node, ...]]:
    """A node without its scripts, what stands below it, and what stands above it."""
    if isinstance(node, Scripted):
        return node.base, node.below, node.above
    return node, (), ()


# ----------------------------------------------------------------------------------------------------------- functions


def function_of(node: Node, scribe: Scribe) -> str | None:
    r"""The function that a node names, primes or none above it; None for a tensor, a size, or anything else.

    What stands below may belong to the name: \(\mathrm{softmax}_{\mathrm{rows}}\).
    """
    base, below, above = scripts(node)
    if isinstance(base, Atom) and base.kind == "command" and base.text in NAMED:
        return FUNCTIONS[base.text] if not below else None
    found = stem_of(node)
    if found is None:
        return None
    stem, below, above = found
    if stem.accent or meant(stem, _mark(above), below, scribe, node.span).known:
        return None
    name = stem.letters
    if below:
        inner = [part for part in below if isinstance(part, Words) or (isinstance(part, Atom) and part.text in NAMED)]
        if len(inner) != 1 or len(below) != 1:
            return None
        name = f"{name}_{inner[0].text}"
    if name in scribe.names.functions:
        return name
    return FUNCTIONS.get(name)


def _mark(above: tuple[Node, ...]) -> str:
    """The layer's mark, where one may be; for a look ahead."""
    for node in above:
        match node:
            case Fence("[" | "(", (Atom("number", digits),)):
                return digits
    return ""


def put_function(name: str, node: Node, scribe: Scribe) -> None:
    """A function's name and its primes; `f^{(3)}` has three."""
    base, _, above = scripts(node)
    scribe.put(name, base.span if not isinstance(node, Scripted) or above else node.span)
    for mark in _flat(above):
        match mark:
            case Atom(_, "'" | "prime", span):
                scribe.put("'", span)
            case Fence("(", (Atom("number", digits),)) if digits.isdigit() and int(digits) < 10:
                for _ in range(int(digits)):
                    scribe.put("'", mark.span)
            case _:
                fix = f"Write ({name}(z))^{{2}} for a power of its value, {name}'(z) for its derivative."
                scribe.refuse(f"{{}} above the function {name}", mark.span, fix)


def _flat(above: tuple[Node, ...]) -> tuple[Node, ...]:
    """Scripts, with those that stand on nothing, as in `^{'}`, taken down."""
    found: list[Node] = []
    for node in above:
        if isinstance(node, Scripted) and isinstance(node.base, Atom) and node.base.kind == "empty" and not node.below:
            found += _flat(node.above)
        elif isinstance(node, Scripted) and isinstance(node.base, Fence) and not node.below:  # W^{[1]^T}
            found += [node.base, *_flat(node.above)]
        elif isinstance(node, Group) and len(node.items) == 1:
            found += _flat(node.items)
        else:
            found.append(node)
    return tuple(found)


# -------------------------------------------------------------------------------------------------------------- names


def put_name(node: Node, scribe: Scribe, d: Span | None = None) -> None:
    r"""A name, an entry of it, powers and transposes of either; `d` is where the d of an adjoint stands."""
    found = stem_of(node)
    assert found is not None
    stem, below, above = found
    mark, marked, rest = mark_of(_flat(above), stem, scribe)
    what = meant(stem, mark, below, scribe, node.span, d is not None)
    own = (*what.parts, *((marked,) if marked else ()))
    others = (*(part for index in what.indices for part in index), *rest)
    span = _span_of_name(stem, own, others, node, scribe)
    span = d.to(span) if d else span
    scribe.put(what.name, span)
    put_indices(what.indices, span, scribe)
    put_above(rest, scribe, "transpose" if what.known else "prime")


def _span_of_name(stem: Stem, own: tuple[Node, ...], others: tuple[Node, ...], node: Node, scribe: Scribe) -> Span:
    """The letters with those scripts that belong to the name; the whole node where these stand among other scripts."""
    if not own:
        return stem.span if others else node.span
    end = max(part.span.end for part in own)
    following = min((part.span.start for part in others), default=None)
    if following is None or following < end:
        return node.span
    text = scribe.source.text
    if text.count("{", stem.span.start, end) > text.count("}", stem.span.start, end):
        end = text.find("}", end, following) + 1
    return Span(stem.span.start, end) if end else node.span


def put_indices(indices: tuple[tuple[Node, ...], ...], after: Span, scribe: Scribe) -> None:
    """`[i,j]`."""
    if not indices:
        return
    first, last = indices[0][0].span, indices[-1][-1].span
    scribe.put("[", point(max(after.start, first.start)))
    for at, index in enumerate(indices):
        if at:
            scribe.put(",", point(index[0].span.start))
        put_index(index, scribe)
    scribe.put("]", point(last.end))


def put_index(index: tuple[Node, ...], scribe: Scribe) -> None:
    """One index: a letter, a number, or a formula of them, in which letters side by side are a product."""
    scribe.write(scribe, index)


def put_above(
    rest: tuple[Node, ...], scribe: Scribe, mark: Literal["transpose", "prime", "power"] = "transpose"
) -> None:
    """Transposes and a power after an operand.

    What a prime is, `mark` says: behind an unknown name it stays a prime. On a number ("power") a T is a name.
    """
    rest = _flat(rest)
    last: list[Node] = []
    while rest and mark != "power" and _is_transpose(rest[0]):
        _put_transpose(rest[0], scribe, mark)
        rest = rest[1:]
    while rest and mark != "power" and _is_transpose(rest[-1]):
        last.insert(0, rest[-1])
        rest = rest[:-1]
    if rest:
        _power(rest, scribe)
    for node in last:
        _put_transpose(node, scribe, mark)


def _put_transpose(node: Node, scribe: Scribe, mark: str) -> None:
    primed = isinstance(node, Atom) and node.text in ("'", "prime")
    scribe.put("'" if primed and mark == "prime" else TRANSPOSE, node.span)


def _is_transpose(node: Node) -> bool:
    match node:
        case Atom("command" | "letter" | "sign", text):
            return text in TRANSPOSES or text in ("'", "prime")
        case Words(_, text):
            return text.strip() in TRANSPOSES
    return False


def _power(rest: tuple[Node, ...], scribe: Scribe) -> None:
    """`^ 2`, `^ ( n - 1 )`; powers go entry by entry, so that the sign of that is left out."""
    first, *more = rest
    if more and isinstance(first, Atom) and first.text in _ENTRYWISE:
        first, *more = more
    rest = (first, *more)
    for node in rest:
        if _is_transpose(node) or (isinstance(node, Atom) and node.text in ("*", "dagger", "ast", "star")):
            scribe.refuse("{} above has no meaning here", node.span, "Write ^\\top for a transpose, ^{2} for a power.")
    if isinstance(rest[-1], Atom) and rest[-1].text in ("+", "-", "−"):
        scribe.refuse("{} above lacks a number", rest[-1].span, "Write ^{-1} for a power; there are no inverses.")
    start, end = first.span, rest[-1].span
    scribe.put("^", point(start.start))
    if len(rest) == 1 and isinstance(first, Atom) and first.kind == "number":
        scribe.put(first.text, start)
    else:
        scribe.bracketed(rest, start_of(start), end_of(end))


# ------------------------------------------------------------------------------------------------------------ brackets


def put_entry_of_group(fence: Fence, below: tuple[Node, ...], scribe: Scribe) -> bool:
    r"""An entry of what stands in brackets, \((Z_3)_{si}\); False if no single name stands there."""
    items = fence.items
    d = is_d(items[0]) if len(items) == 2 else False
    found = stem_of(items[-1]) if len(items) == 1 + d else None
    if found is None:
        return False
    stem, inner, above = found
    mark, _, rest = mark_of(_flat(above), stem, scribe)
    what = meant(stem, mark, inner, scribe, fence.span, d)
    if rest or what.indices:
        return False
    if what.ranks:
        indices = split(below, what.ranks, scribe)
        scribe.put(what.name, fence.span)
        put_indices(tuple(separate(below) if indices is None else indices), fence.span, scribe)
        return True
    comma = (Atom("sign", ",", point(below[0].span.start)),) if inner else ()
    what = meant(stem, mark, (*inner, *comma, *below), scribe, fence.span, d)
    if not what.known or what.indices:
        return False
    scribe.put(what.name, fence.span.to(below[-1].span))
    return True


def is_d(node: Node) -> bool:
    """Whether a node is a d without scripts, upright or not."""
    return ((isinstance(node, Atom) and node.kind == "letter") or isinstance(node, Words)) and node.text.strip() == "d"
