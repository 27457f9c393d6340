r"""Which tensor a letter with scripts names, and which of its scripts are indices.

\(W^{[1]}_{ij}\), \(W_{1,ij}\) and \((W_1)_{ij}\) are entries of W1; whether \(b_1\) is the vector b1 or the first entry
of b, the tensors that there are decide. Where two readings fit, the letter is refused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbackprop.notation.reading.latex_nodes import Atom, Fence, Group, Macro, Node, Scripted, Words
from symbackprop.notation.reading.latex_scribe import Scribe
from symbackprop.notation.reading.latex_signs import LETTERS
from symbackprop.notation.reading.lexer import canonical
from symbackprop.notation.source import Span

_ACCENTS = {
    "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
}  # fmt: skip
_COMBINING = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
_PLAIN = frozenset({"mathbf", "boldsymbol", "bm", "pmb", "mathnormal", "vec", "underline", "mathop", "boxed"})
_CODE = "\\text{U+"

Indices = list[tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Stem:
    """Letters without their scripts: `W`, `alpha`, `out`; an accent over them."""

    letters: str
    span: Span
    accent: str = ""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a stem with scripts was found to be: a name in text, and the indices that are left.

    `known` if there is such a tensor or size; `parts` are the subscripts that belong to the name, `ranks` the numbers
    of indices that the tensor takes.
    """

    name: str
    indices: tuple[tuple[Node, ...], ...]
    known: bool = True
    parts: tuple[Node, ...] = ()
    ranks: frozenset[int] = frozenset()


def stem_of(node: Node) -> tuple[Stem, tuple[Node, ...], tuple[Node, ...]] | None:
    r"""The letters of a node and its scripts, below and above; fonts mean nothing, \(\mathbf W\) is W."""
    match node:
        case Scripted(base, below, above):
            inner = stem_of(base)
            if inner is None or (below and inner[1]) or (above and inner[2] and not _is_mark(inner[2])):
                return None
            return inner[0], below or inner[1], (*inner[2], *above)
        case Atom("letter", text, span):
            return Stem(canonical(text), span), (), ()
        case Atom("command", text, span) if text in LETTERS:
            return Stem(LETTERS[text], span), (), ()
        case Words(_, text, span) if spelled(text):
            return Stem(spelled(text), span), (), ()
        case Group((inner,), _):
            return stem_of(inner)
        case Macro(command, (Group((inner,), _),), None, span):
            return _accented(command, inner, span)
    return None


def _is_mark(above: tuple[Node, ...]) -> bool:
    """Whether a layer's mark is all that stands above, as within {W^{[1]}}^T."""
    return len(above) == 1 and isinstance(above[0], Fence)


def _accented(command: str, inner: Node, span: Span) -> tuple[Stem, tuple[Node, ...], tuple[Node, ...]] | None:
    found = stem_of(inner)
    if found is None or (command not in _PLAIN and (command not in _ACCENTS or found[0].accent)):
        return None
    stem, below, above = found
    return Stem(stem.letters, span, _ACCENTS.get(command, stem.accent)), below, above


def spelled(text: str) -> str:
    r"""The name that upright letters spell, `\text{U+03A6}` being one letter; empty if they spell none."""
    word = text.strip()
    while _CODE in word:
        before, _, rest = word.partition(_CODE)
        code, _, after = rest.partition("}")
        if not (1 < len(code) < 7) or any(digit not in "0123456789ABCDEF" for digit in code):
            return ""
        word = before + chr(int(code, 16)) + after
    joined = word.replace("_", "").replace(".", "").replace("-", "")
    named = joined and all(letter.isalnum() or unicodedata.combining(letter) for letter in joined)
    return canonical(word.replace("-", "_")) if named and word[0].isalpha() else ""


def meant(stem: Stem, mark: str, below: tuple[Node, ...], scribe: Scribe, span: Span, d: bool = False) -> Meant:
    """The one tensor, adjoint or size that a stem with a layer's mark and subscripts can be.

    A `d` before it or a bar over it makes an adjoint of a tensor. If nothing is known by any of the names that it might
    have, the plainest of them.
    """
    found = _tensor(stem, mark, below, scribe, span, d)
    if stem.accent == "bar" and not found.known:
        found = _tensor(Stem(stem.letters, stem.span), mark, below, scribe, span, True)
        found = replace(found, name=f"{found.name}_bar")
    return replace(found, name=f"d{found.name}") if d else found


def _tensor(stem: Stem, mark: str, below: tuple[Node, ...], scribe: Scribe, span: Span, adjoint: bool) -> Meant:
    found: list[Meant] = []
    nearest: list[Meant] = []
    for name, parts, rest in _candidates(stem, mark, below, scribe):
        if name in scribe.names.tensors:
            ranks = scribe.names.tensors[name]
            indices = split(rest, ranks, scribe)
            if indices is not None and (not indices or len(indices) in ranks):
                found.append(Meant(name, tuple(indices), True, parts, ranks))
            else:
                nearest.append(Meant(name, tuple(separate(rest)), True, parts, ranks))
        elif name in scribe.names.sizes and not rest and not adjoint:
            found.append(Meant(name, (), True, parts))
    different = list({(m.name, len(m.indices)): m for m in found}.values())
    if len(different) > 1:
        shown = [_shown(m, scribe) for m in different]
        scribe.refuse(
            "{} can be read in two ways",
            span,
            f"Write {stem.letters}^{{[1]}} for a layer, or (b)_{{1}} for an entry.",
            because=f"It could be {' or '.join(shown)}.",
        )
    if different:
        return different[0]
    return nearest[0] if nearest else _unknown(stem, mark, below)


def _shown(found: Meant, scribe: Scribe) -> str:
    """`W1[i,j]`."""
    indices = [scribe.written(index[0].span.to(index[-1].span)) for index in found.indices]
    return f"{found.name}[{','.join(indices)}]" if indices else found.name


def _unknown(stem: Stem, mark: str, below: tuple[Node, ...]) -> Meant:
    """A name that nothing declares: a number below belongs to it, all else is indices."""
    letters = f"{stem.letters}_{stem.accent}" if stem.accent else stem.letters
    digits = _text(below)
    if digits.isdigit() and not mark:
        return Meant(letters + digits, (), False, below)
    return Meant(letters + mark, tuple(separate(below)), False)


def _candidates(
    stem: Stem, mark: str, below: tuple[Node, ...], scribe: Scribe
) -> Iterator[tuple[str, tuple[Node, ...], tuple[Node, ...]]]:
    """Known names that the stem with the first of its subscripts may have, those parts, and what is left."""
    seen: set[str] = set()
    for parts, rest in _prefixes(below):
        texts = [_text(part) for part in parts]
        for name in _names(stem, mark, texts, scribe):
            if name not in seen and (name in scribe.names.tensors or name in scribe.names.sizes):
                seen.add(name)
                yield name, tuple(node for part in parts for node in part), rest


def _prefixes(below: tuple[Node, ...]) -> Iterator[tuple[list[tuple[Node, ...]], tuple[Node, ...]]]:
    """Ways to part subscripts into what belongs to the name, piece by piece, and indices."""
    segments = separated(below)
    yield [], below
    if segments and len(segments[0]) > 1 and all(_text((node,)) for node in segments[0]):
        first = segments[0]
        yield [first[:1]], below[1:]  # z_{1i}
    for count in range(1, len(segments) + 1):
        if not _text(segments[count - 1]):
            return
        used = sum(len(segment) for segment in segments[:count]) + count
        yield segments[:count], below[used:]


def _text(part: tuple[Node, ...]) -> str:
    """Letters and digits without scripts; empty if there is anything else."""
    found = ""
    for node in part:
        match node:
            case Atom("letter" | "number", text) if "." not in text:
                found += text
            case Atom("command", text) if text in LETTERS:
                found += LETTERS[text]
            case Words(_, text) if spelled(text):
                found += spelled(text)
            case Group((Atom() | Words() as inner,)):
                found += _text((inner,))
            case _:
                return ""
    return found


def _names(stem: Stem, mark: str, texts: list[str], scribe: Scribe) -> Iterator[str]:
    """The names of tensors that are written so, the likeliest first."""
    words, digits = [t for t in texts if not t.isdigit()], [t for t in texts if t.isdigit()]
    for base in _bases(stem, words):
        if mark and not mark.isdigit():  # a layer by its name
            yield f"{mark}.{base}{''.join(f'_{digit}' for digit in digits)}"
            continue
        number = mark or (digits[0] if digits else "")
        entry = digits if mark else digits[1:]
        tail = "".join(f"_{digit}" for digit in entry)
        yield base + number + tail
        if digits and not mark:
            yield f"{base}_{number}{tail}"
        if mark:
            owned = [t for t in scribe.names.tensors if t.endswith(f".{base}{tail}") and _number(t) == mark]
            if len(owned) == 1:
                yield owned[0]
        elif number and words:
            yield f"{stem.letters}{number}_{'_'.join(words)}"


def _number(name: str) -> str:
    """The digits at the end of a tensor's owner: 1 of `a1.W`."""
    owner = name.rpartition(".")[0]
    return owner[len(owner.rstrip("0123456789")) :]


def _bases(stem: Stem, words: list[str]) -> Iterator[str]:
    letters = stem.letters
    spellings = [letters]
    if stem.accent:
        spellings = [f"{letters}_{stem.accent}", letters + stem.accent]
        if len(letters) == 1:
            spellings.append(canonical(letters + _COMBINING[stem.accent]))  # ŷ as one letter
    for spelling in dict.fromkeys(spellings):
        if words:
            yield f"{spelling}_{'_'.join(words)}"
            yield spelling + "".join(words)
        else:
            yield spelling


# ------------------------------------------------------------------------------------------------------------ indices


def separated(below: tuple[Node, ...]) -> Indices:
    """Subscripts parted at their commas."""
    parts: list[list[Node]] = [[]]
    for node in below:
        if isinstance(node, Atom) and node.kind == "sign" and node.text == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return [tuple(part) for part in parts] if below else []


def separate(below: tuple[Node, ...]) -> Indices:
    """Subscripts as indices where no tensor says how many there are: letters side by side are one each."""
    found: Indices = []
    for part in separated(below):
        found += [(node,) for node in part] if _all_letters(part) else [part]
    return [part for part in found if part]


def split(below: tuple[Node, ...], ranks: frozenset[int], scribe: Scribe) -> Indices | None:
    """Subscripts as the indices of a tensor of one of these ranks; None if they do not fit.

    Raises:
        NotationError: they fit two ranks.
    """
    parts = [part for part in separated(below) if part]
    if not parts:
        return []
    singly: Indices = []
    for part in parts:
        singly += _singly(part)
    if len(singly) == len(parts):
        return parts if len(parts) in ranks else None
    if len(singly) in ranks and len(parts) in ranks and not all(map(_all_letters, parts)):
        span = below[0].span.to(below[-1].span)
        written = scribe.written(span)
        fix = f"Write {written[0]},{written[1:]} for two of them."
        scribe.refuse("the indices {} can be read in two ways", span, fix)
    if len(singly) in ranks:
        return singly
    side_by_side = any(len(part) > 1 and _all_letters(part) for part in parts)
    return parts if len(parts) in ranks and not side_by_side else None


def _singly(part: tuple[Node, ...]) -> Indices:
    """Each letter of `ij`, each of `1j`, each digit of `12` by itself; what has an operator stays as it is."""
    if len(part) == 1 and isinstance(part[0], Atom) and part[0].kind == "number" and part[0].text.isdigit():
        start = part[0].span.start
        digits = enumerate(part[0].text)
        return [(Atom("number", digit, Span(start + at, start + at + 1)),) for at, digit in digits]
    if all(_is_index(node) for node in part):
        return [(node,) for node in part]
    return [part]


def _is_index(node: Node) -> bool:
    base = node.base if isinstance(node, Scripted) else node
    return (isinstance(base, Atom) and base.kind in ("letter", "number")) or isinstance(base, Words | Group)


def _all_letters(part: tuple[Node, ...]) -> bool:
    return all(isinstance(node, Atom) and node.kind == "letter" for node in part)


def _owns(mark: str, scribe: Scribe) -> bool:
    """Whether a layer bears the name that stands above a letter: the h of `h.W`."""
    return bool(mark) and any(name.startswith(f"{mark}.") for name in scribe.names.tensors)


def mark_of(above: tuple[Node, ...], stem: Stem, scribe: Scribe) -> tuple[str, Node | None, tuple[Node, ...]]:
    """The layer's mark among what stands above, `[1]` or `(1)`, or `[h]` for a layer of that name, and the rest.

    Raises:
        NotationError: a layer or a sample that is a letter.
    """
    for at, node in enumerate(above):
        match node:
            case Fence("[" | "(", (Atom("number", digits),)) if digits.isdigit():
                return digits, node, above[:at] + above[at + 1 :]
            case Fence("[", items) if _owns(_text(items), scribe):
                return _text(items), node, above[:at] + above[at + 1 :]
            case Fence("[", _):
                fix = f"Write a line for each layer: {stem.letters}^{{[1]}}."
                scribe.refuse("the layer {} is left open", node.span, fix)
            case Fence("(", (Atom("letter", letter),)):
                what = "{} above a letter could be a sample, a layer or a power"
                fix = f"Write {stem.letters}_{letter} for an entry, {stem.letters}^{{[1]}} for a layer."
                scribe.refuse(what, node.span, fix)
    return "", None, above
