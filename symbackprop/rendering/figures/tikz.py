r"""Drawings as TikZ pictures: `\usepackage{tikz}` and `\usetikzlibrary{arrows.meta}` are all that they need."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType

from symbackprop.notation.writing.glyphs import GREEK
from symbackprop.rendering.figures.drawing import (
    Box,
    Circle,
    Curve,
    Drawing,
    Group,
    Ink,
    Label,
    Point,
    Run,
    Shape,
    clusters,
)
from symbackprop.rendering.figures.svg import COLOURS

SCALE = 0.62
"""Points for each unit: a figure of 720 units is 446 points wide."""
_LATIN = 0x180
_SIZES = ((9.4, r"\normalsize"), (8.4, r"\small"), (7.0, r"\footnotesize"), (0.0, r"\scriptsize"))
_ANCHORS = MappingProxyType({"start": "base west", "middle": "base", "end": "base east"})
_MATHS = MappingProxyType(
    {
        **{sign: rf"\{name} " for name, sign in GREEK.items() if name != "omicron"},
        "ο": "o", "−": "-", "×": r"\times ", "⊙": r"\odot ", "·": r"\cdot ", "∂": r"\partial ", "Σ": r"\Sigma ",
        "ᵀ": r"^{\top}", "…": r"\dots ", "′": "'", "√": r"\surd ", "→": r"\to ", "η": r"\eta ", "≥": r"\ge ",
        "≤": r"\le ", "≈": r"\approx ", "–": r"\mbox{--}", " ": r"\,", "\\": r"\backslash ", "^": r"\wedge ",
        "~": r"\sim ", "⋮": r"\vdots ",
        **{sign: rf"\{sign}" for sign in "%#&_{}$"},
        **{below: f"_{digit}" for digit, below in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    }
)  # fmt: skip
_ACCENTS = MappingProxyType({"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde"})
_CAPITALS = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΧ")  # TeX has Latin letters for these


def tikz(drawing: Drawing, *, scale: float = SCALE) -> str:
    """A drawing as a `tikzpicture`, `scale` points for each unit. Nothing in a name can become a command."""
    lines = [rf"\begin{{tikzpicture}}[x={scale:g}pt,y=-{scale:g}pt]"]
    for ink, (_, colour) in COLOURS.items():
        if ink != "none":
            lines.append(rf"\definecolor{{sb{ink}}}{{HTML}}{{{colour[1:].upper()}}}")
    lines.append(rf"\useasboundingbox (0,0) rectangle {_point((drawing.width, drawing.height))};")
    for shape in drawing.shapes:
        lines += _shape(shape, scale)
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _shape(shape: Shape, scale: float) -> list[str]:
    match shape:
        case Group():
            return [line for part in shape.shapes for line in _shape(part, scale)]
        case Label():
            return [_label(shape, scale)]
        case Circle(x, y, radius, stroke, fill):
            return [rf"\path[{_paint(stroke, fill)}] {_point((x, y))} circle[radius={radius * scale:.2f}pt];"]
        case Box():
            return [_box(shape, scale)]
        case Curve():
            return [_curve(shape, scale)]


def _box(box: Box, scale: float) -> str:
    corner = min(box.round, box.width / 2, box.height / 2) * scale
    options = _paint(box.stroke, box.fill) + (f",rounded corners={corner:.2f}pt" if corner else "")
    options += ",dash pattern=on 2pt off 2pt" if box.dashed else ""
    ends = f"{_point((box.x, box.y))} rectangle {_point((box.x + box.width, box.y + box.height))}"
    return rf"\path[{options}] {ends};"


def _curve(curve: Curve, scale: float) -> str:
    options = [f"draw=sb{curve.ink}", f"line width={curve.width * scale:.2f}pt"]
    options += ["dash pattern=on 3pt off 2pt"] if curve.dashed else []
    options += ["-{Stealth[length=4.2pt,width=3.2pt]}"] if curve.head else []
    points = [_point(point) for point in curve.points]
    if curve.straight:
        way = " -- ".join(points)
    else:
        triples = (points[n : n + 3] for n in range(1, len(points), 3))
        way = points[0] + "".join(f" .. controls {a} and {b} .. {c}" for a, b, c in triples)
    return rf"\path[{','.join(options)}] {way};"


def _label(label: Label, scale: float) -> str:
    size = next(name for least, name in _SIZES if label.size * scale >= least)
    bold = r"\bfseries" if label.bold else ""
    options = f"anchor={_ANCHORS[label.anchor]},inner sep=0pt,text=sb{label.ink},font={size}{bold}"
    return rf"\node[{options}] at {_point((label.x, label.y))} {{{_runs(label)}}};"


def _runs(label: Label) -> str:
    return "".join(map(_cluster, clusters(label.text)))


def _cluster(runs: tuple[Run, ...]) -> str:
    run = runs[0]
    if run.level:
        scripts = (f"{'^' if r.level > 0 else '_'}{{{_upright(r.text)}}}" for r in runs)
        return f"${{}}{''.join(scripts)}$"
    return f"${_maths(run.text)}$" if run.math else _plain(run.text)


def _upright(words: str) -> str:
    return rf"\mathrm{{{''.join(map(_sign, words))}}}"


def _maths(words: str) -> str:
    """A formula of letters, or a name of several as one word."""
    signs = [_accented(cluster) for cluster in _accents(words)]
    if len(signs) > 2 and words.replace("_", "").replace(".", "").isalnum():
        return rf"\mathit{{{''.join(signs)}}}"
    return "".join(signs)


def _accents(words: str) -> list[str]:
    """Letters with the accents that stand on them."""
    found: list[str] = []
    for character in unicodedata.normalize("NFD", words):
        if character in _ACCENTS and found:
            found[-1] += character
        else:
            found.append(character)
    return found


def _accented(cluster: str) -> str:
    sign = _sign(cluster[0])
    for accent in cluster[1:]:
        sign = rf"\{_ACCENTS[accent]}{{{sign}}}"
    return sign


def _sign(character: str) -> str:
    """A character within a formula; one that TeX has no sign for is a question mark."""
    if character in _MATHS and character not in _CAPITALS:
        return _MATHS[character]
    if character.isascii() and character.isprintable():
        return character
    return "?"


def _plain(words: str) -> str:
    return "".join(map(_plain_sign, words))


def _plain_sign(character: str) -> str:
    if character == " ":
        return " "
    if character in "%#&_{}$":
        return f"\\{character}"
    if character in _MATHS or character in "<>|":
        return f"${_sign(character)}$"
    return character if character.isprintable() and ord(character) < _LATIN else "?"


def _paint(stroke: Ink, fill: Ink) -> str:
    parts = [f"{word}=sb{ink}" for word, ink in (("draw", stroke), ("fill", fill)) if ink != "none"]
    return ",".join(parts)


def _point(point: Point) -> str:
    return f"({point[0]:.1f},{point[1]:.1f})"
