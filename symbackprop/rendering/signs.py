"""The signs of a document that want a word, each as it stands where it is met first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType

from symbackprop.derivation.steps import Formula
from symbackprop.notation.writing import layout as lay
from symbackprop.notation.writing.layout import Layout
from symbackprop.notation.writing.matrix_layout import formula
from symbackprop.rendering.formulas import Formulas

_LAYOUTS: Mapping[type[Layout], str] = MappingProxyType(
    {
        lay.Transposed: "transposed",
        lay.Hadamard: "hadamard",
        lay.NormSquared: "norm",
        lay.Ones: "ones",
        lay.Delta: "delta",
        lay.Indicator: "indicator",
        lay.Iverson: "indicator",
    }
)
_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {"sum": "sum", "rowsum": "rowsum", "colsum": "colsum", "diag": "diag", "log": "log", "tr": "trace"}
)


def signs(formulas: Formulas, shown: Iterable[Formula]) -> dict[str, str]:
    """By its kind, each sign that stands in the formulas, as the format writes its first place."""
    found: dict[str, str] = {}
    for side in shown:
        for part in _parts(formula(side, formulas.names)):
            kind = _kind(part)
            if kind and kind not in found:
                found[kind] = formulas.inline(formulas.spelling.layout(part, formulas.names))
    return found


def _kind(part: Layout) -> str:
    if isinstance(part, lay.Call) and isinstance(part.function, lay.Function):
        return _FUNCTIONS.get(part.function.plain, "")
    if isinstance(part, lay.Raised):
        return "power" if part.elementwise else ""
    return _LAYOUTS.get(type(part), "")


def _parts(layout: object) -> Iterator[Layout]:
    """A layout and all that stands in it, from the outside in."""
    if isinstance(layout, Layout):
        yield layout
        for field in fields(layout):
            yield from _parts(getattr(layout, field.name))
    elif isinstance(layout, tuple):
        for part in layout:
            yield from _parts(part)
