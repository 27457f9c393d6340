r"""Fractions, derivatives, sums, cases, indicators and norms of a formula in LaTeX, as tokens."""

from __future__ import annotations

from itertools import pairwise

from symbackprop.notation.reading.latex_names import Indices, separate, separated, stem_of
from symbackprop.notation.reading.latex_nodes import Atom, Environment, Fence, Group, Macro, Node, Scripted, Words
from symbackprop.notation.reading.latex_operands import is_d, put_above, put_name, scripts
from symbackprop.notation.reading.latex_scribe import Scribe, end_of, start_of
from symbackprop.notation.reading.latex_signs import CHARACTERS, LETTERS, OPERATORS, RELATIONS
from symbackprop.notation.reading.tokens import Token
from symbackprop.notation.source import Span

_OPPOSITES = {">": "<=", "<=": ">", "<": ">=", ">=": "<", "=": "!=", "!=": "="}


def sign_of(node: Node) -> str:
    """The token of an operator or a sign; empty for all else."""
    if isinstance(node, Atom):
        table = OPERATORS if node.kind == "command" else CHARACTERS if node.kind == "sign" else {}
        return table.get(node.text, "")
    return ""


def has_relation(items: tuple[Node, ...]) -> bool:
    return any(sign_of(node) in RELATIONS for node in items)


# ---------------------------------------------------------------------------------------------------------- fractions


def put_fraction(node: Macro, above: tuple[Node, ...], alone: bool, scribe: Scribe) -> None:
    r"""\(\frac ab\) as `(a)/(b)`, in brackets of its own unless it stands `alone`; a derivative as `∂v/∂u`."""
    top, bottom = node.arguments
    for part in (top, bottom):
        if not part.items:
            scribe.refuse("nothing stands on one side of this fraction", node.span, "Write \\frac{a}{b}.")
    outer = bool(above) or not alone
    if outer:
        scribe.put("(", start_of(node.span))
    derivative = _is_derivative(top, bottom)
    if derivative:
        _put_partial(top, scribe)
    else:
        _put_side(top, scribe)
    scribe.put("/", Span(top.span.end, bottom.span.start))
    if derivative:
        _put_partial(bottom, scribe)
    else:
        _put_side(bottom, scribe)
    if outer:
        scribe.put(")", end_of(node.span))
    put_above(above, scribe)


def _put_side(group: Group, scribe: Scribe) -> None:
    """A numerator or a denominator, in brackets unless it is a number or a single letter."""
    bare = len(group.items) == 1 and isinstance(group.items[0], Atom) and group.items[0].kind in ("number", "letter")
    if bare:
        scribe.write(scribe, group.items)
    else:
        scribe.bracketed(group.items, start_of(group.span), end_of(group.span))


def _is_derivative(top: Group, bottom: Group) -> bool:
    r"""Whether the sides are \(\partial v, \partial u\) or \(dv, du\)."""
    return all(_is_partial(side.items[0]) for side in (top, bottom)) or all(
        len(side.items) == 2 and is_d(side.items[0]) and stem_of(side.items[1]) is not None for side in (top, bottom)
    )


def _is_partial(node: Node) -> bool:
    base = scripts(node)[0]
    return isinstance(base, Atom) and base.text in ("partial", "∂")


def _put_partial(side: Group, scribe: Scribe) -> None:
    """`∂ v`, one side of a derivative."""
    sign, rest = side.items[0], side.items[1:]
    if isinstance(sign, Scripted):
        scribe.refuse("{} is not a first derivative", side.span, "Only first derivatives are read.")
    if not rest:
        scribe.refuse(
            "\\partial without what it is of",
            side.span,
            "Write \\frac{\\partial L}{\\partial W} with both names in the fraction.",
        )
    scribe.put("∂", sign.span)
    scribe.write(scribe, rest)


def put_nabla(node: Node, scribe: Scribe) -> None:
    r"""\(\nabla_W L\) as `∇ _ { W } L`."""
    base, below, above = scripts(node)
    if not below or above:
        scribe.refuse("{} does not say by what", node.span, "Write \\nabla_{W} L.")
    scribe.put("∇", base.span)
    _put_script("_", below, scribe)


def _put_script(sign: str, items: tuple[Node, ...], scribe: Scribe) -> None:
    start, end = items[0].span, items[-1].span
    scribe.put(sign, start_of(start))
    scribe.put("{", start_of(start))
    scribe.write(scribe, items)
    scribe.put("}", end_of(end))


# --------------------------------------------------------------------------------------------------------------- sums


def put_big(name: str, node: Node, scribe: Scribe) -> None:
    r"""\(\sum_{j=1}^n\) as `sum _ { j = 1 } ^ { n }`; several indices are parted by commas."""
    base, below, above = scripts(node)
    if not below:
        scribe.refuse("{} does not say which index it runs over", node.span, f"Write \\{name}_{{j}}.")
    scribe.put(name, base.span)
    bounds = _bounds(below, scribe)
    for sign, items in zip("_{", (below, below), strict=True):
        scribe.put(sign, start_of(items[0].span))
    for at, bound in enumerate(bounds):
        if at:
            scribe.put(",", start_of(bound[0].span))
        scribe.write(scribe, bound)
    scribe.put("}", end_of(below[-1].span))
    if above:
        _put_script("^", above, scribe)


def _bounds(below: tuple[Node, ...], scribe: Scribe) -> Indices:
    """The bound indices with what is said of each; letters side by side are one each."""
    for node in below:
        if isinstance(node, Macro) or (isinstance(node, Atom) and node.text in ("in", "substack", "ne", "neq", "∈")):
            span = below[0].span.to(below[-1].span)
            fix = "Write \\sum_{j=1}^{n}, and a condition as a factor: [j \\ne i]."
            scribe.refuse("{} is no range of an index", span, fix)
    return [part for part in (separated(below) if has_relation(below) else separate(below)) if part]


# -------------------------------------------------------------------------------------------------- cases, indicators


def put_cases(node: Environment, scribe: Scribe) -> None:
    r"""`\begin{cases}` as `{ x if p ; y otherwise }`."""
    rows = _rows(node)
    if not rows:
        scribe.refuse("cases without a case", node.span, "Write x & \\text{if } z > 0 in them.")
    begin, end = Span(node.span.start, node.span.start + len("\\begin")), end_of(node.span)
    scribe.put("{", begin)
    conditions: list[tuple[Token, ...]] = []
    for at, (value, condition) in enumerate(rows):
        if at:
            scribe.put(";", start_of(value[0].span))
        scribe.write(scribe, value)
        start = len(scribe.tokens)
        otherwise = not condition or _is_word(condition[0], "otherwise", "else", "sonst")
        if not otherwise:
            scribe.put("if", condition[0].span)
            scribe.write(scribe, condition)
        conditions.append(tuple(scribe.tokens[start + 1 :]))
        if at == len(rows) - 1 and not otherwise and _excluded(conditions):
            del scribe.tokens[start:]
            otherwise = True
        if otherwise:
            scribe.put("otherwise", condition[0].span if condition else end_of(value[-1].span))
    scribe.put("}", end)


def _rows(node: Environment) -> list[tuple[tuple[Node, ...], tuple[Node, ...]]]:
    """Each row's value and condition, without `if` and without commas at their ends."""
    rows: list[tuple[tuple[Node, ...], tuple[Node, ...]]] = []
    for row in parted(node.items, "row"):
        columns = parted(row, "align")
        value = _trimmed(columns[0])
        condition = _trimmed(tuple(part for column in columns[1:] for part in column))
        if len(columns) == 1:
            at = next((at for at, part in enumerate(value) if _is_word(part, "if", "for", "when", "otherwise")), None)
            if at is not None:
                value, condition = _trimmed(value[:at]), value[at:]
        while condition and _is_word(condition[0], "if", "for", "when", ""):
            condition = condition[1:]
        if value:
            rows.append((value, condition))
    return rows


def parted(items: tuple[Node, ...], kind: str) -> list[tuple[Node, ...]]:
    r"""`items` parted at `\\` ("row") or `&` ("align")."""
    parts: list[list[Node]] = [[]]
    for node in items:
        if isinstance(node, Atom) and node.kind == kind:
            parts.append([])
        else:
            parts[-1].append(node)
    return [tuple(part) for part in parts]


def _trimmed(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Without punctuation and mere space at the end."""
    while items and isinstance(items[-1], Atom) and items[-1].text in (",", ".", ";", "quad", "qquad"):
        items = items[:-1]
    while items and isinstance(items[0], Atom) and items[0].text in ("quad", "qquad"):
        items = items[1:]
    return items


def _is_word(node: Node, *words: str) -> bool:
    return isinstance(node, Words) and node.text.strip().strip(",.;:").lower() in words


def _excluded(conditions: list[tuple[Token, ...]]) -> bool:
    """Whether the last of two conditions is what the first leaves over: z > 0, z <= 0."""
    if len(conditions) != 2 or len(conditions[0]) != len(conditions[1]):
        return False
    differing = [(a.text, b.text) for a, b in zip(*conditions, strict=True) if a.text != b.text]
    signs = sum(1 for token in conditions[0] if token.text in _OPPOSITES)
    return signs == 1 and len(differing) == 1 and _OPPOSITES.get(differing[0][0]) == differing[0][1]


def put_condition(items: tuple[Node, ...], start: Span, end: Span, scribe: Scribe, one: Span | None = None) -> None:
    """`[p]`, or `1 [p]` where a 1 was written."""
    if one is not None:
        scribe.put("1", one)
    scribe.put("[", start)
    scribe.write(scribe, items)
    scribe.put("]", end)


def put_ones(node: Node, following: Node | None, scribe: Scribe) -> bool:
    r"""A bold 1: an indicator, \(\mathbf 1[z > 0]\) or \(\mathbf 1_{z > 0}\), which may take the node after it (True);
    or ones, \(\mathbf 1_m\)."""
    base, below, above = scripts(node)
    if below and not has_relation(_opened(below)):
        _put_sized("1", base.span, below, scribe)
        put_above(above, scribe)
        return False
    if below:
        inner = _opened(below)
        put_condition(inner, start_of(below[0].span), end_of(below[-1].span), scribe, base.span)
        put_above(above, scribe)
        return False
    fence, under, over = scripts(following) if following is not None else (None, (), ())
    if not isinstance(fence, Fence) or not has_relation(fence.items) or under or above:
        fix = "Write \\mathbf{1}_m for m ones, \\mathbf{1}[z > 0] for an indicator."
        scribe.refuse("{} does not say how many ones there are", node.span, fix)
    put_condition(fence.items, fence.start, fence.end, scribe, base.span)
    put_above(over, scribe)
    return True


def _opened(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """What stands in the brackets, if all of it does."""
    while len(items) == 1 and isinstance(items[0], Fence | Group):
        items = items[0].items
    return items


def put_unit(node: Node, scribe: Scribe) -> None:
    """The identity matrix of a size."""
    base, below, above = scripts(node)
    _put_sized("I", base.span, below, scribe)
    put_above(above, scribe)


def _put_sized(text: str, span: Span, below: tuple[Node, ...], scribe: Scribe) -> None:
    """`1 _ m`, `1 _ { h * m }`."""
    scribe.put(text, span)
    if len(below) == 1 and isinstance(below[0], Atom):
        scribe.put("_", start_of(below[0].span))
        scribe.write(scribe, below)
    else:
        _put_script("_", below, scribe)


# ----------------------------------------------------------------------------------------------------- bars and roots


def put_norm(node: Fence, below: tuple[Node, ...], above: tuple[Node, ...], scribe: Scribe) -> None:
    r"""`‖ W ‖`; the subscripts 2 and F say what is meant anyway."""
    if below and not (len(below) == 1 and isinstance(below[0], Atom) and below[0].text in ("2", "F")):
        scribe.refuse("{} is no norm that is known", node.span.to(below[-1].span), "Only \\lVert x \\rVert is read.")
    scribe.put("‖", node.start)
    scribe.write(scribe, node.items)
    scribe.put("‖", node.end)
    put_above(above, scribe)


def put_root(node: Macro, above: tuple[Node, ...], scribe: Scribe) -> None:
    r"""\(\sqrt x\)."""
    if node.option is not None:
        scribe.refuse("only square roots are read", node.span, "Write x^{1/3} for a third root.")
    group = node.arguments[0]
    scribe.put("sqrt", Span(node.span.start, node.span.start + len("\\sqrt")))
    scribe.bracketed(group.items, start_of(group.span), end_of(group.span))
    put_above(above, scribe)


def put_exponential(node: Node, above: tuple[Node, ...], scribe: Scribe) -> None:
    r"""\(e^{-z}\) as `exp ( - z )`."""
    scribe.put("exp", start_of(node.span))
    scribe.bracketed(above, start_of(above[0].span), end_of(above[-1].span))


def is_operand(node: Node | None) -> bool:
    """Whether a node, by what it begins with, can be a factor."""
    if node is None:
        return False
    base = scripts(node)[0]
    if isinstance(base, Atom):
        if base.kind == "command":
            return base.text in LETTERS or base.text in ("partial", "nabla", "sum", "log", "exp", "tanh", "max", "ln")
        return base.kind in ("letter", "number")
    return True


def tight(items: tuple[Node, ...]) -> bool:
    return all(a.span.end == b.span.start for a, b in pairwise(items))


def put_d(node: Node, of: Node, scribe: Scribe) -> None:
    """An adjoint: d and a name."""
    put_name(of, scribe, node.span)
