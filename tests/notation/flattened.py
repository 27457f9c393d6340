"""Formulas in LaTeX and in MathML as sequences of letters, digits and signs, by two readers that share nothing.

Scripts stand behind their base, the lower first; a numerator before its denominator.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from symbackprop.notation.writing.glyphs import GREEK

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_SIGNS = {
    r"\odot": "⊙", r"\ast": "∗", r"\cdot": "⋅", r"\times": "×", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\top": "⊤",
    r"\prime": "′", r"\partial": "∂", r"\nabla": "∇", r"\infty": "∞", r"\sum": "∑", r"\lVert": "‖", r"\rVert": "‖",
    r"\lvert": "|", r"\rvert": "|", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\_": "_", "'": "′", "-": "−",
    r"\cdots": "⋯", r"\vdots": "⋮", r"\ddots": "⋱",
}  # fmt: skip
_NOTHING = {r"\left", r"\right", r"\bigl", r"\bigr", r"\biggl", r"\biggr", r"\big", r"\,", r"\quad", r"\\", "&", "~"}
_WORDS = {r"\exp", r"\log", r"\sin", r"\cos", r"\tan", r"\tanh", r"\sinh", r"\cosh", r"\max"}
_GROUPS = {r"\mathrm", r"\text", r"\mathop", r"\sqrt", r"\hat", r"\bar", r"\tilde"}
_ACCENTS = {r"\hat": "ˆ", r"\bar": "¯", r"\tilde": "˜"}
_ENDS = {"cases": "{", "bmatrix": "["}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mpadded": 1}


def of_latex(source: str) -> str:
    tokens = [token for token in _TOKEN.findall(source) if not token.isspace()]
    text, place = _read(tokens, 0, "")
    assert place == len(tokens)
    return text


def _read(tokens: list[str], place: int, end: str) -> tuple[str, int]:
    text = ""
    while place < len(tokens) and tokens[place] != end:
        item, place = _item(tokens, place)
        below = above = ""
        while place < len(tokens) and tokens[place] in ("_", "^", "'"):
            if tokens[place] == "'":
                above, place = above + "′", place + 1
            elif tokens[place] == "_":
                below, place = _item(tokens, place + 1)
            else:
                above, place = _item(tokens, place + 1)
        text += item + below + above
    return text, place


def _item(tokens: list[str], place: int) -> tuple[str, int]:
    token, place = tokens[place], place + 1
    if token == "{":
        text, place = _read(tokens, place, "}")
        return text, place + 1
    if token == r"\frac":
        top, place = _item(tokens, place)
        bottom, place = _item(tokens, place)
        return top + bottom, place
    if token == r"\mathbf":
        return "𝟏", place + 3
    if token in (r"\begin", r"\end"):
        name, place = _item(tokens, place)
        return _ENDS.get(name, "") if token == r"\begin" else "]" if name == "bmatrix" else "", place
    if token in _GROUPS:
        text, place = _item(tokens, place)
        return text + _ACCENTS.get(token, ""), place
    if token in _NOTHING:
        return "", place
    if token in _WORDS:
        return token[1:], place
    return _SIGNS.get(token) or GREEK.get(token[1:] if token[0] == "\\" else "") or token, place


def of_mathml(source: str) -> str:
    """The signs of MathML, after a check that each element has the children that it must have."""
    return "".join(map(_signs, parsed(source)))


def parsed(source: str) -> list[Element]:
    root = ElementTree.fromstring(f"<math>{source}</math>")
    for element in root.iter():
        wanted = CHILDREN.get(element.tag)
        assert wanted is None or len(element) == wanted, ElementTree.tostring(element)
        assert element.tag != "mrow" or len(element), "an empty mrow"
        assert element.tag in ("mi", "mn", "mo", "mtext", "mspace") or not (element.text or "").strip()
        assert not (element.tail or "").strip()
    return list(root)


def _signs(element: Element) -> str:
    own = re.sub("[\u2061-\u2063\u00a0\\s]", "", element.text or "").replace("″", "′′")
    return own + "".join(map(_signs, element))
