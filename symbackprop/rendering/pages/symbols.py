"""What the symbols of a page mean, in plain words, for who points at one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symbackprop.algebra.symbols import adjoint
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.notation.writing.text import text
from symbackprop.rendering.environment import environment
from symbackprop.rendering.formulas import Formulas
from symbackprop.rendering.reasons import readings
from symbackprop.rendering.roles import Role, roles

Meanings = dict[str, dict[str, str]]
"""By the name of a symbol in the formulas: its formula, what it is, and its shape."""


def meanings(formulas: Formulas) -> Meanings:
    """The meaning of every tensor and every adjoint of a derivation, by `math`, `what` and `shape`."""
    d, names = formulas.derivation, formulas.names
    words: Any = environment().get_template("words.jinja").module
    told = roles(d, {step.tensor: readings(d, step) for step in d.steps})
    found: Meanings = {}
    for tensor in d.model.tensors:
        name, root = names.glyph(tensor.name).plain, names.glyph(names.root_of(tensor.name)).plain
        shape = " × ".join(text(size, names=names) for size in tensor.shape)
        found[tensor.name] = {
            "math": formulas.tensor(tensor.name),
            "what": _one_line(words.kind(_plain(told[tensor.name], names))),
            "shape": shape,
        }
        found[adjoint(tensor.name)] = {
            "math": formulas.adjoint(tensor.name),
            "what": _one_line(words.derivative_of(root, name)),
            "shape": shape,
        }
    return found


def _plain(role: Role, names: Nomenclature) -> Role:
    return replace(role, of=tuple(names.glyph(name).plain for name in role.of))


def _one_line(words: object) -> str:
    return " ".join(str(words).split())
