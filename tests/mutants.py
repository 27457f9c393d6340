"""Texts with a few small mistakes, as a slip of the hand makes them."""

from __future__ import annotations

import random

_PIECES = [
    *"()[]{}=,+-*/^_.:;<>|0123456789\n \t'\"\\#",
    *(
        "sum",
        "softmax",
        "if",
        "size",
        "in",
        "mean",
        "^T",
        "∂",
        "σ",
        " x",
        "²",
        "1e400",
        "99999999",
        "10^400",
        "-1",
        "\0",
    ),
]


def mutant(text: str, chance: random.Random) -> str:
    """The text with one to three characters or lines left out, doubled, exchanged or put in."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        text = chance.choice((_characters, _characters, _pieces, _lines))(text, chance)
    return text


def _characters(text: str, chance: random.Random) -> str:
    at = chance.randrange(max(1, len(text)))
    here, following = text[at : at + 1], text[at + 1 : at + 2]
    return text[:at] + chance.choice(("", here * 2 + following, following + here)) + text[at + 2 :]


def _pieces(text: str, chance: random.Random) -> str:
    at = chance.randrange(max(1, len(text)))
    return text[:at] + chance.choice(_PIECES) + text[at + chance.randrange(2) :]


def _lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            lines.pop(one)
        case 1:
            lines.insert(other, lines[one])
        case _:
            lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)
