r"""The names of scalar functions as they are written: `sigmoid` is \(\sigma\), `relu` is \(\mathrm{ReLU}\)."""

from __future__ import annotations

from types import MappingProxyType

from symbackprop.notation.writing.glyphs import GREEK, Nomenclature, parts, roman
from symbackprop.notation.writing.layout import Call, Function, Layout

_WRITTEN = MappingProxyType(
    {
        "sigmoid": "σ", "relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "selu": "SELU", "silu": "SiLU",
        "gelu": "GELU", "gelu_tanh": "GELUₜₐₙₕ",
    }
)  # fmt: skip
OPERATORS = frozenset({r"\exp", r"\log", r"\sin", r"\cos", r"\tan", r"\tanh", r"\sinh", r"\cosh"})
"""Functions that TeX knows by name."""

_BELOW = MappingProxyType({"gelu_tanh": ("GELU", "tanh")})
_LATEX = MappingProxyType({"sigmoid": r"\sigma", "gelu_tanh": r"\mathrm{GELU}_{\tanh}"})


def function_call(name: str, arguments: tuple[Layout, ...], order: int, names: Nomenclature) -> Call:
    """A function at its arguments, or its derivative of some order."""
    known = names.space.functions.get(name)
    latex = _LATEX.get(name) or (known.latex if known else "") or function_latex(name)
    word, below = _BELOW.get(name, (function_text(name), ""))
    return Call(Function(word, latex, function_text(name), below), arguments, order)


def operator(name: str, below: str = "") -> Function:
    """A function of matrices: `diag`, `softmax` of `rows`."""
    if not below:
        return Function(name, rf"\mathrm{{{name}}}", name)
    return Function(name, rf"\mathrm{{{name}}}_{{\mathrm{{{below}}}}}", f"{name}_{below}", below)


def function_text(name: str) -> str:
    """The name in plain text."""
    return _WRITTEN.get(name) or GREEK.get(name, name)


def function_latex(name: str) -> str:
    """The name in LaTeX; GitHub has no `operatorname`."""
    letters, subscript, number = parts(name)
    if f"\\{name}" in OPERATORS or (letters in GREEK and not subscript and not number):
        return f"\\{letters}" if letters in GREEK else f"\\{name}"
    if name in _WRITTEN:
        return roman(_WRITTEN[name])
    return name if len(name) == 1 and name.isascii() else roman(name)
