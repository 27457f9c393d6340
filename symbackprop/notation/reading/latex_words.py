r"""Letters side by side and words in a formula: names of several letters, conditions, remarks."""

from __future__ import annotations

from symbackprop.notation.reading.latex_names import spelled
from symbackprop.notation.reading.latex_nodes import Atom, Fence, Group, Node, Scripted, Words
from symbackprop.notation.reading.latex_operands import put_name, scripts
from symbackprop.notation.reading.latex_scribe import Scribe
from symbackprop.notation.reading.latex_signs import FUNCTIONS, SEPARATORS
from symbackprop.notation.reading.lexer import canonical
from symbackprop.notation.source import Span

_TEXT = frozenset({"text", "textrm", "textup", "textnormal", "mbox", "textit", "textsf", "textbf"})
_LOGIC = frozenset({"and", "or"})
_CONDITIONS = ("if", "for", "when", "where", "unless", "provided", "with", "except", "only")


def letters_from(scribe: Scribe, items: tuple[Node, ...], at: int) -> int | None:
    """Writes the longest known name of several letters that begins at `items[at]`; where the rest begins.

    None if there is none: then each letter is a name by itself. A name counts only if it is written without spaces;
    one that its letters could also make as a product is refused.
    """
    run = _run(items, at)
    for length in range(len(run), 1, -1):
        word = canonical("".join(run[:length]))
        after = items[at + length] if at + length < len(items) else None
        if not _is_known(word, after, scribe):
            continue
        last = items[at + length - 1]
        span = items[at].span.to(scripts(last)[0].span)
        if all(letter in scribe.names.tensors or letter in scribe.names.sizes for letter in run[:length]):
            scribe.refuse(f"{{}} could be {word} or a product", span, f"Write \\mathrm{{{word}}}, or \\cdot between.")
        _put_word(word, last, span, scribe)
        return at + length
    return None


def _run(items: tuple[Node, ...], at: int) -> list[str]:
    """Letters and digits from `items[at]` on that stand tight; only the last may have scripts."""
    run: list[str] = []
    end = items[at].span.start
    for node in items[at:]:
        base = scripts(node)[0]
        if not (isinstance(base, Atom) and base.kind in ("letter", "number") and base.span.start == end):
            break
        run.append(base.text)
        end = base.span.end
        if isinstance(node, Scripted):
            break
    return run


def _is_known(word: str, after: Node | None, scribe: Scribe) -> bool:
    names = scribe.names
    if word in names.tensors or word in names.sizes or (word[0] == "d" and word[1:] in names.tensors and len(word) > 2):
        return True
    fence = scripts(after)[0] if after is not None else None
    return isinstance(fence, Fence | Group) and (word in FUNCTIONS or word in names.functions)


def _put_word(word: str, last: Node, span: Span, scribe: Scribe) -> None:
    """The word with the scripts of its last letter."""
    whole = Words("mathrm", word, span)
    _, below, above = scripts(last)
    if word in FUNCTIONS and word not in scribe.names.tensors:
        scribe.put(FUNCTIONS[word], span)
    elif word in scribe.names.functions and word not in scribe.names.tensors:
        scribe.put(word, span)
    elif word[0] == "d" and word not in scribe.names.tensors and word[1:] in scribe.names.tensors:
        inner = Words("mathrm", word[1:], Span(span.start + 1, span.end))
        node = Scripted(inner, below, above, inner.span.to(last.span)) if below or above else inner
        put_name(node, scribe, Span(span.start, span.start + 1))
    else:
        put_name(Scripted(whole, below, above, span.to(last.span)) if below or above else whole, scribe)


def text_at(scribe: Scribe, items: tuple[Node, ...], at: int) -> int | None:
    r"""Writes words that are no name: and, or, `for each`; leaves out a remark at the end. None if it is a name.

    Raises:
        NotationError: words in the middle of a formula, or a condition that would be lost.
    """
    node = items[at]
    base = scripts(node)[0]
    assert isinstance(base, Words)
    words = base.text.strip().strip(",.;:()[] ").lower()
    if words in _LOGIC:
        scribe.put(words, base.span)
        return at + 1
    if words in ("for each", "for every", "for all"):
        start = base.span.start
        scribe.put("for", Span(start, base.span.end))
        scribe.put("each", Span(base.span.end, base.span.end))
        return at + 1
    name = spelled(base.text)
    known = name in scribe.names.tensors or name in scribe.names.sizes or name in FUNCTIONS
    known = known or name in scribe.names.functions or (name[:1] == "d" and name[1:] in scribe.names.tensors)
    if known or (base.command not in _TEXT and name) or (name and len(name) == 1):
        return _named(name, node, base, scribe, items, at)
    if base.text.strip() and words.split(" ")[0] in _CONDITIONS:
        scribe.refuse("the condition {} is not read", base.span, "Write cases, or an indicator: \\mathbf{1}[z > 0].")
    if not words or all(_is_remark(part) for part in items[at:]):
        return len(items) if words else at + 1
    scribe.refuse("the words {} are no part of a formula", base.span, "Write them outside of the formula.")


def _named(name: str, node: Node, base: Words, scribe: Scribe, items: tuple[Node, ...], at: int) -> int | None:
    r"""\(\mathrm{dW}\) is an adjoint; other names are written as all names are."""
    if name[:1] == "d" and name not in scribe.names.tensors and name[1:] in scribe.names.tensors:
        inner = Words(base.command, name[1:], Span(base.span.end - len(name), base.span.end))
        _, below, above = scripts(node)
        put_name(Scripted(inner, below, above, node.span) if below or above else inner, scribe, base.span)
        return at + 1
    return None


def _is_remark(node: Node) -> bool:
    """What may stand after the end of a formula: words, spaces, punctuation."""
    if isinstance(node, Atom):
        return node.kind in ("align", "row") or node.text in (*SEPARATORS, ",", ".", ";")
    return isinstance(node, Words)
