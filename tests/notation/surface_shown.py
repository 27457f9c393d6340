"""Surface trees as short texts, to be read beside the formulas that they belong to.

<a b ⊙c>            a product; each factor behind its joint       (sum +a -b)         a sum
(scr x _i ^2 ')     scripts, below, above, primes                 (frac a b)          a built-up fraction
(!x) [!i]           brackets that are tight                       {a b}               braces that nobody sees
(rel a = b < c)     a chain                                       (list a , b)        a listing
(sum i n : x)       a big operator, its limits, its body; ~ is none, as in (slice ~ k)
'words'  … _        prose, dots, nothing
a ,│ b row│ c       pieces, each behind its lead
"""

from __future__ import annotations

from symbackprop.notation.surface.tokens import CLOSING
from symbackprop.notation.surface.tree import (
    Accent,
    Big,
    Braced,
    Dots,
    Empty,
    Fence,
    Listing,
    Logic,
    Node,
    Number,
    Piece,
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


def shown(node: Node | None) -> str:
    match node:
        case None:
            return "~"
        case Number():
            return node.written
        case Word():
            return f"{node.text}:{node.font}" if node.font else node.text
        case Accent():
            return f"({node.kind} {shown(node.base)})"
        case Scripted():
            below, above = (f" _{shown(part)}" for part in node.below), (f" ^{shown(part)}" for part in node.above)
            return (
                f"(scr {shown(node.base)}{''.join((*below, *above))}{' ' * (node.primes > 0)}{node.primes * chr(39)})"
            )
        case Fence():
            opening, closing = node.opening or "{", node.closing or CLOSING[node.opening] or "}"
            return f"{opening}{'!' * node.tight}{shown(node.body)}{closing}"
        case Quotient():
            return f"(frac {shown(node.above)} {shown(node.below)})"
        case Root():
            return f"(root {shown(node.body)}{' ' + shown(node.degree) if node.degree else ''})"
        case Big():
            return f"({node.operator} {shown(node.below)} {shown(node.above)} : {shown(node.body)})"
        case Product():
            return f"<{' '.join(joint + shown(factor) for joint, factor in node.factors)}>"
        case Sum():
            return f"(sum {' '.join(sign + shown(term) for sign, term in node.terms)})"
        case Relation():
            return f"(rel {_chain(node.operands, node.signs)})"
        case Logic():
            return f"({node.word} {' '.join(shown(part) for part in node.operands)})"
        case Listing():
            return f"(list {_chain(node.items, node.separators)})"
        case Range():
            return f"{shown(node.low)}..{shown(node.high)}"
        case Slice():
            return f"(slice {shown(node.low)} {shown(node.high)})"
        case Rows():
            return f"({node.kind} {' ; '.join(' & '.join(shown(cell) for cell in row) for row in node.rows)})"
        case Text():
            return repr(node.text)
        case Braced():
            return f"(brace {shown(node.body)} {shown(node.remark)})"
        case Dots():
            return "…"
        case Empty():
            return "_"


def _chain(parts: tuple[Node, ...], between: tuple[str, ...]) -> str:
    return " ".join(word for pair in zip(("", *between), map(shown, parts), strict=True) for word in pair if word)


def shown_pieces(pieces: tuple[Piece, ...]) -> str:
    return " ".join(f"{piece.lead}│ {shown(piece.node)}" if piece.lead else shown(piece.node) for piece in pieces)
