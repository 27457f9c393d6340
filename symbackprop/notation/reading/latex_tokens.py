r"""LaTeX to the tokens that the plain-text lexer makes of the same formula, each with its place in the LaTeX.

\(W^{[1]\top}\) is `W1 ᵀ`, \(a^{[2]}_i\) is `a2 [ i ]`, \(\frac{\partial L}{\partial W_{ij}}\) is `∂ L / ∂ W [ i , j ]`;
what else there is, tokens.py lists. Which letters make a name, and which scripts are indices, the `names` decide that
the formula may use; what could be read in two ways is refused.
"""

from __future__ import annotations

from symbackprop.errors import suggestion
from symbackprop.notation.reading.latex_groups import groups
from symbackprop.notation.reading.latex_letters import letters_of, special
from symbackprop.notation.reading.latex_names import separate, stem_of
from symbackprop.notation.reading.latex_nodes import Atom, Environment, Fence, Group, Macro, Node, Scripted, Words
from symbackprop.notation.reading.latex_operands import (
    function_of,
    is_d,
    put_above,
    put_entry_of_group,
    put_function,
    put_indices,
    put_name,
    scripts,
)
from symbackprop.notation.reading.latex_operators import (
    has_relation,
    is_operand,
    put_big,
    put_cases,
    put_condition,
    put_fraction,
    put_nabla,
    put_norm,
    put_root,
    sign_of,
)
from symbackprop.notation.reading.latex_rows import ALIGNED, statements_in
from symbackprop.notation.reading.latex_scribe import Names, Scribe, end_of, start_of
from symbackprop.notation.reading.latex_signs import BIG, COMMANDS, NAMED, REFUSED, SEPARATORS
from symbackprop.notation.reading.latex_words import letters_from, text_at
from symbackprop.notation.reading.tokens import BY_WAY_OF, DOT, Token
from symbackprop.notation.source import Source, Span

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_SKIPPED = frozenset(
    {"label", "tag", "tag*", "phantom", "hphantom", "vphantom", "hspace", "hspace*", "vspace", "color"}
)
_SECOND = frozenset({"overset", "underset", "stackrel", "textcolor"})
_ACCENTS = frozenset({"hat", "widehat", "bar", "overline", "tilde", "widetilde"})
_PAIRS = {(":", "="): ":=", ("!", "="): "!=", ("<", "="): "<=", (">", "="): ">=", ("=", "="): "==", (".", "."): ".."}
_ADDITIVE = frozenset({"+", "-", ",", "="})
_ROUND = {"(": "(", "[": "(", "{": "("}


def latex_tokens(source: Source, names: Names, span: Span | None = None) -> tuple[tuple[Token, ...], ...]:
    r"""The tokens of each statement in `span` of a source: rows parted by `\\`, chains over several rows joined.

    Raises:
        NotationError: LaTeX that is not well formed, has no meaning here, or has two.
        LimitError: LaTeX that is too long or too deep.
    """
    return tuple(tokens_of(items, source, names) for items in statements_in(groups(source, span), source))


def tokens_of(items: tuple[Node, ...], source: Source, names: Names) -> tuple[Token, ...]:
    """The tokens of one statement, the last of kind `newline`."""
    scribe = Scribe(source, names, write)
    write(scribe, items)
    end = items[-1].span.end if items else 0
    return (*scribe.tokens, Token("newline", "\n", Span(end, end)))


def write(scribe: Scribe, items: tuple[Node, ...]) -> None:
    """Writes the tokens of `items`, from left to right."""
    items = tuple(item for item in items if not (isinstance(item, Atom) and item.kind in ("row", "align")))
    at = 0
    while at < len(items):
        at = _step(scribe, items, at)


def _step(scribe: Scribe, items: tuple[Node, ...], at: int) -> int:
    """Writes what begins at `items[at]`; where the rest begins."""
    node = items[at]
    following = items[at + 1] if at + 1 < len(items) else None
    base, below, above = scripts(node)
    match base:
        case Atom("empty"):
            scribe.refuse("{} stands on nothing", node.span, "Put the letter before it that it belongs to.")
        case Atom("number", text, span):
            if at and _ends_factor(items[at - 1]):
                scribe.put(DOT, Span(span.start, span.start))  # x_i 2, which cannot be a name x2
            scribe.put(text, span)
            if below:
                scribe.refuse("{} is a number with an index", node.span, "Write \\mathbf{1}_m for m ones.")
            put_above(above, scribe, "power")
            return at + 1
        case Atom("sign", "|", span) if below and at:
            scribe.put(BY_WAY_OF, span)
            write(scribe, below)
            put_above(above, scribe)
            return at + 1
        case Atom("sign"):
            return _sign(scribe, items, at)
        case Fence():
            _fence(base, below, above, node, scribe)
            return at + 1
        case Environment():
            _environment(base, scribe)
            put_above(above, scribe)
            return at + 1
    if isinstance(base, Atom) and base.kind == "letter" and (end := letters_from(scribe, items, at)) is not None:
        return end
    if is_d(node) and following is not None and _is_adjoint(node, following, scribe):
        put_name(following, scribe, node.span)
        return at + 2
    if (end := special(scribe, items, at)) is not None:
        return end
    if isinstance(base, Words) and (end := text_at(scribe, items, at)) is not None:
        return end
    if (name := function_of(node, scribe)) is not None:
        return _function(name, scribe, items, at)
    if stem_of(node) is not None:
        put_name(node, scribe)
        return at + 1
    return _other(scribe, items, at)


def _ends_factor(node: Node) -> bool:
    """Whether a factor ends here that a number may follow: one that is more than a letter."""
    big = letters_of(scripts(node)[0]) in BIG
    return isinstance(node, Scripted | Fence | Macro) and is_operand(node) and not big


def _is_adjoint(d: Node, following: Node, scribe: Scribe) -> bool:
    """Whether a d and a name make an adjoint: the name is known, and a known d is written tight to it."""
    found = stem_of(following)
    if found is None or (isinstance(following, Words) and following.text.strip() in ("if", "and", "or")):
        return False
    if isinstance(d, Words):
        return True
    known = "d" in scribe.names.tensors or "d" in scribe.names.sizes
    return not known or d.span.end == following.span.start


# ----------------------------------------------------------------------------------------------------------- functions


def _function(name: str, scribe: Scribe, items: tuple[Node, ...], at: int) -> int:
    """A function with its argument: in brackets, or for `\\log` and its like the one operand that follows."""
    node = items[at]
    if (power := _power_of_function(node)) is not None:
        base = scripts(node)[0]
        scribe.put("(", start_of(node.span))
        end = _function(name, scribe, (*items[:at], base, *items[at + 1 :]), at)
        scribe.put(")", end_of(items[end - 1].span))
        put_above((power,), scribe)
        return end
    put_function(name, node, scribe)
    following = items[at + 1] if at + 1 < len(items) else None
    fence, below, above = scripts(following) if following is not None else (None, (), ())
    if isinstance(fence, Group) and len(fence.items) == 1 and isinstance(fence.items[0], Fence):
        fence = fence.items[0]
    if isinstance(fence, Fence) and fence.opening in _ROUND:
        scribe.bracketed(fence.items, fence.start, fence.end)
        put_indices(tuple(separate(below)), fence.end, scribe)
        put_above(above, scribe)
        return at + 2
    if isinstance(fence, Group):
        scribe.bracketed(fence.items, start_of(fence.span), end_of(fence.span))
        put_above(above, scribe)
        return at + 2
    base = scripts(node)[0]
    if not (isinstance(base, Atom) and base.kind == "command" and base.text in NAMED) or not is_operand(following):
        return at + 1
    assert following is not None
    return _bare_argument(scribe, items, at + 1)


def _power_of_function(node: Node) -> Atom | None:
    r"""The 2 of \(\tanh^2 z\), which is \((\tanh z)^2\) for all functions that TeX names."""
    match node:
        case Scripted(Atom("command", name), (), (Atom("number", digits) as power,)):
            return power if name in NAMED and digits.isdigit() else None
    return None


def _bare_argument(scribe: Scribe, items: tuple[Node, ...], at: int) -> int:
    r"""The operand of `\log p`: one factor, or a sum with its body; more factors could belong to it or not."""
    first = items[at]
    scribe.put("(", start_of(first.span))
    if letters_of(scripts(first)[0]) in BIG:
        end = next((i for i in range(at, len(items)) if sign_of(items[i]) in _ADDITIVE), len(items))
        write(scribe, items[at:end])
    else:
        end = _step(scribe, items, at)
    scribe.put(")", end_of(items[end - 1].span))
    after = items[end] if end < len(items) else None
    if is_operand(after) and not _begins_factor(after, scribe):
        span = items[at - 1].span.to(items[end].span)
        scribe.refuse("{} can be read in two ways", span, "Put the argument in brackets.")
    return end


def _begins_factor(node: Node | None, scribe: Scribe) -> bool:
    """Whether a node cannot belong to the argument before it: a function, a sum, words."""
    if node is None or isinstance(node, Words):
        return True
    base = scripts(node)[0]
    return (isinstance(base, Atom) and base.text in (*NAMED, *BIG)) or function_of(node, scribe) is not None


# --------------------------------------------------------------------------------------------------- signs, brackets


def _sign(scribe: Scribe, items: tuple[Node, ...], at: int) -> int:
    base, below, above = scripts(items[at])
    assert isinstance(base, Atom)
    following = items[at + 1] if at + 1 < len(items) else None
    if isinstance(following, Atom) and not below and not above and following.span.start == base.span.end:
        pair = _PAIRS.get((base.text, following.text))
        if pair:
            scribe.put(pair, base.span.to(following.span))
            return at + 2
    token = sign_of(base)
    if not token:
        shown = base.text if base.text.isprintable() else f"U+{ord(base.text[0]):04X}"
        scribe.refuse(f"the sign {shown} has no meaning here", base.span, _SIGN_FIXES.get(base.text, "Remove it."))
    if below or above:
        scribe.refuse("{} has scripts", items[at].span, "Write the sign alone.")
    scribe.put(token, base.span)
    return at + 1


_SIGN_FIXES = {
    "!": "Write \\ne for unequal.",
    ":": "Write := for a definition, letters for indices.",
    ";": "Write one statement to a line, parted by \\\\.",
    ".": "Write 0.5 or 1.0 for a decimal.",
    "#": "Write numbers in digits.",
    "√": "Write \\sqrt{x}.",
    "∇": "Write \\nabla_{W} L.",
}


def _fence(fence: Fence, below: tuple[Node, ...], above: tuple[Node, ...], node: Node, scribe: Scribe) -> None:
    if fence.opening in ("|", "‖"):
        _bars(fence, below, above, scribe)
        return
    if fence.opening == "⌊":
        scribe.put("floor", start_of(fence.start))
        scribe.bracketed(fence.items, fence.start, fence.end)
    elif fence.opening not in _ROUND:
        scribe.refuse("{} are no brackets that have a meaning here", fence.span, "Write ( ).")
    elif not fence.items:
        scribe.refuse("nothing stands in these brackets", fence.span, "Fill them, or remove them.")
    elif fence.opening == "[" and has_relation(fence.items):
        put_condition(fence.items, fence.start, fence.end, scribe)
    elif fence.opening == "(" and below and put_entry_of_group(fence, below, scribe):
        put_above(above, scribe)
        return
    else:
        scribe.bracketed(fence.items, fence.start, fence.end)
    put_indices(tuple(separate(below)), node.span, scribe)
    put_above(above, scribe)


def _bars(fence: Fence, below: tuple[Node, ...], above: tuple[Node, ...], scribe: Scribe) -> None:
    if fence.opening == "‖":
        put_norm(fence, below, above, scribe)
        return
    if below:
        scribe.refuse("{} has no meaning here", fence.span.to(below[-1].span), "Write |x| for an absolute value.")
    scribe.put("|", fence.start)
    write(scribe, fence.items)
    scribe.put("|", fence.end)
    put_above(above, scribe)


def _environment(node: Environment, scribe: Scribe) -> None:
    if node.name.rstrip("*") in ("cases", "dcases"):
        put_cases(node, scribe)
    elif node.name.rstrip("*") in ALIGNED:
        write(scribe, node.items)
    else:
        fix = "Write a formula with names: tensors, sums, products."
        scribe.refuse(f"\\begin{{{node.name}}} has no meaning here", start_of(node.span), fix)


# ----------------------------------------------------------------------------------------------------------- the rest


def _other(scribe: Scribe, items: tuple[Node, ...], at: int) -> int:
    """Groups, commands with arguments, operators."""
    node = items[at]
    base, below, above = scripts(node)
    if isinstance(base, Group):
        if not base.items and at and not below:  # a^{[1]}{}^T
            put_above(above, scribe)
            return at + 1
        if below or above:
            scribe.refuse("{} has scripts on several things", node.span, "Put them in brackets: (a b)^{2}.")
        write(scribe, base.items)
    elif isinstance(base, Macro):
        _macro(base, below, above, scribe, _stands_alone(items, at))
    elif isinstance(base, Atom) and base.text == "nabla":
        put_nabla(node, scribe)
    elif isinstance(base, Atom) and base.kind == "command" and base.text in NAMED and below:
        scribe.refuse("{} has a subscript", node.span, "Write \\log, the natural logarithm, or \\max_{k}.")
    elif isinstance(base, Atom) and base.text == "partial":
        if below or above:
            scribe.refuse("{} does not say what it is of", node.span, "Write \\frac{\\partial L}{\\partial W}.")
        scribe.put("∂", base.span)
    elif isinstance(base, Atom) and sign_of(base):
        scribe.put(sign_of(base), base.span)
    elif not (isinstance(base, Atom) and base.text in SEPARATORS):
        _refuse_command(base, scribe)
    return at + 1


def _macro(base: Macro, below: tuple[Node, ...], above: tuple[Node, ...], scribe: Scribe, alone: bool) -> None:
    if base.command in REFUSED:
        _refuse_command(Atom("command", base.command, base.span), scribe)
    if base.command in _SKIPPED:
        return
    if base.command in _FRACTIONS:
        if not alone:
            _part(scribe, base.span)
        put_fraction(base, above, alone, scribe)
    elif base.command == "sqrt":
        put_root(base, above, scribe)
    elif base.command == "underset" and letters_of(base.arguments[1]) in BIG:
        sign, index = base.arguments[1], base.arguments[0].items
        put_big(BIG[letters_of(sign)], Scripted(sign.items[0], index, (), base.span), scribe)
    elif base.command in ("underbrace", "overbrace"):
        items = base.arguments[0].items
        if alone and not above:
            write(scribe, items)
        else:
            _part(scribe, base.span)
            scribe.bracketed(items, start_of(base.span), end_of(base.span))
    elif base.command in _ACCENTS:
        scribe.refuse("{} has an accent over more than a name", base.span, "Write \\hat{y}, \\bar{W}_1.")
    else:
        inner = base.arguments[1 if base.command in _SECOND else 0].items
        if above and len(inner) != 1:
            scribe.refuse("{} has scripts on several things", base.span, "Put them in brackets.")
        write(scribe, inner)
        put_above(above, scribe)


def _stands_alone(items: tuple[Node, ...], at: int) -> bool:
    """Whether only sums, equations and the ends are beside a node."""
    sides = ((at == 0 or items[at - 1]), (at + 1 == len(items) or items[at + 1]))
    return all(side is True or sign_of(side) in ("+", "-", "=", ",") for side in sides)


def _part(scribe: Scribe, span: Span) -> None:
    """A dot between a letter that could be a function and a bracket that is none."""
    last = scribe.tokens[-1] if scribe.tokens else None
    if last is None or last.kind != "name" or last.text in ("and", "or", "if", "else"):
        return
    primal = last.text.removeprefix("d").removesuffix("_bar")
    if last.text not in scribe.names.tensors and primal not in scribe.names.tensors:
        scribe.put(DOT, Span(span.start, span.start))


def _refuse_command(base: Node, scribe: Scribe) -> None:
    if not isinstance(base, Atom):
        scribe.refuse("{} has no meaning here", base.span, "Write it as text without formulas around it.")
    if base.text in REFUSED:
        scribe.refuse(f"\\{base.text} has no meaning here", base.span, REFUSED[base.text])
    if base.text in COMMANDS:
        scribe.refuse(f"\\{base.text} has no meaning here", base.span, "Remove it, or put it where it belongs.")
    near = suggestion(base.text, COMMANDS)
    fix = near.replace("Did you mean ", "Did you mean \\") if near else "Only common mathematics is read."
    scribe.refuse(f"unknown command \\{base.text}", base.span, fix)
