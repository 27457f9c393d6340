r"""Letters and numbers that mean more than a name: sums, ones, the identity, Kronecker's delta, e to a power."""

from __future__ import annotations

from symbackprop.notation.reading.latex_names import separate, stem_of
from symbackprop.notation.reading.latex_nodes import Atom, Fence, Group, Macro, Node, Words
from symbackprop.notation.reading.latex_operands import scripts
from symbackprop.notation.reading.latex_operators import has_relation, put_big, put_exponential, put_ones, put_unit
from symbackprop.notation.reading.latex_scribe import Scribe, end_of, start_of
from symbackprop.notation.reading.latex_signs import BIG, NAMED, TRANSPOSES


def special(scribe: Scribe, items: tuple[Node, ...], at: int) -> int | None:
    """What letters and numbers mean beside being names: sums, ones, deltas, e to a power; None if nothing."""
    node = items[at]
    following = items[at + 1] if at + 1 < len(items) else None
    base, below, above = scripts(node)
    if isinstance(base, Atom) and base.kind == "command" and base.text == "arg" and following is not None:
        put_big("argmax", following, scribe)
        return at + 2
    big = letters_of(base)
    if big in BIG and (below or big == "sum") and not (big == "sum" and isinstance(base, Words | Macro)):
        put_big(BIG[big], node, scribe)
        return at + 1
    if isinstance(base, Words) and base.command in ("mathbb", "mathds") and base.text.strip() in ("E", "P", "R"):
        fix = "Write \\frac{1}{m} \\sum_{s=1}^{m} for a mean."
        scribe.refuse("{} has no meaning here", node.span, fix)
    if _is_bold_one(base):
        return at + 1 + put_ones(node, following, scribe)
    known = big in scribe.names.tensors or big in scribe.names.sizes
    if big == "I" and not known and not any(isinstance(part, Fence) for part in above):  # I^{[h]} is a layer's own
        return _unit(scribe, node, following, at)
    if big == "e" and above and not isinstance(above[0], Fence) and not _is_transposed(above):
        if known and not isinstance(base, Words):
            fix = "Write \\exp(z) for the exponential, \\mathrm{e}^{z} too."
            scribe.refuse("{} could be a power of e or of the tensor e", node.span, fix)
        put_exponential(node, above, scribe)
        return at + 1
    if big == "delta" and below and not above and isinstance(base, Atom):
        return _delta(scribe, node, below, at)
    return None


def letters_of(base: Node) -> str:
    """The letters of a base, or the name of its command; empty if there are none."""
    if isinstance(base, Atom) and base.kind == "command" and (base.text in BIG or base.text in NAMED):
        return base.text
    if isinstance(base, Group) and len(base.items) == 1:
        return letters_of(base.items[0])
    found = stem_of(base)
    return found[0].letters if found and not found[0].accent else ""


def _is_transposed(above: tuple[Node, ...]) -> bool:
    return len(above) == 1 and isinstance(above[0], Atom) and above[0].text in TRANSPOSES


def _is_bold_one(base: Node) -> bool:
    match base:
        case Macro(command, (Group((Atom("number", "1"),)),)):
            return command in ("mathbf", "boldsymbol", "bm", "pmb")
        case Words(command, text):
            return text.strip() == "1" and command in ("mathbb", "mathbbm", "mathds", "textbf")
        case Atom("letter", "𝟙" | "𝟏"):
            return True
    return False


def _unit(scribe: Scribe, node: Node, following: Node | None, at: int) -> int | None:
    """The identity matrix or, before a condition, an indicator."""
    _, below, _ = scripts(node)
    fence = scripts(following)[0] if following is not None else None
    if (below and has_relation(below)) or (not below and isinstance(fence, Fence) and has_relation(fence.items)):
        return at + 1 + put_ones(node, following, scribe)
    if not below:
        return None
    put_unit(node, scribe)
    return at + 1


def _delta(scribe: Scribe, node: Node, below: tuple[Node, ...], at: int) -> int | None:
    """Kronecker's delta of two indices, unless there is a tensor of that name."""
    indices = separate(below)
    if len(indices) != 2 or "delta" in scribe.names.tensors:
        if len(indices) == 2 and scribe.names.delta and 2 in scribe.names.tensors["delta"]:
            fix = "Write \\frac{\\partial L}{\\partial z_{ij}} for the adjoint."
            scribe.refuse("{} could be Kronecker's delta or an adjoint", node.span, fix)
        return None
    base = scripts(node)[0]
    scribe.put("delta", base.span)
    scribe.put("(", start_of(below[0].span))
    for place, index in enumerate(indices):
        if place:
            scribe.put(",", start_of(index[0].span))
        scribe.write(scribe, index)
    scribe.put(")", end_of(below[-1].span))
    return at + 1
