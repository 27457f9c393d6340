r"""Glyphs: how the name of a tensor, a size, an index or a function is shown.

`W1` is \(W^{[1]}\), `alpha` is \(\alpha\), `y_hat` is \(\hat y\), `W_q` is \(W_q\), `a1.W` is \(W^{[1]}\) unless
another tensor is shown so. A scalar `w1_1_2` is \(w^{[1]}_{1,2}\), the name of one entry. Two tensors never look the
same: where they would, the name is shown letter for letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from sympy import Expr, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import is_adjoint, parted, primal
from symbackprop.model.model import Model
from symbackprop.model.records import Samples, Tensor
from symbackprop.model.validation import size_names
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.layout import ByWayOf, Derivative, Entry, Glyph, Layout, Nabla, Name
from symbackprop.notation.writing.letters import Letters, letters_of

GREEK = MappingProxyType(
    dict(
        alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ε", zeta="ζ", eta="η", theta="θ", iota="ι", kappa="κ",
        mu="μ", nu="ν", xi="ξ", omicron="ο", pi="π", rho="ρ", sigma="σ", tau="τ",
        upsilon="υ", phi="φ", chi="χ", psi="ψ", omega="ω",
        Gamma="Γ", Delta="Δ", Theta="Θ", Lambda="Λ", Xi="Ξ", Pi="Π", Sigma="Σ", Phi="Φ", Psi="Ψ", Omega="Ω",
        **{"lambda": "λ"},
    )
)  # fmt: skip
"""Greek letters by name."""

_NAMES = {letter: name for name, letter in GREEK.items()}
_ACCENTS = ("hat", "bar", "tilde")
_MARKS = MappingProxyType(
    {
        "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0306": "breve",
        "\u0307": "dot", "\u0308": "ddot", "\u030c": "check",
    }
)  # fmt: skip
_PARTS = re.compile(r"([^\W\d_]+)(?:_(.+?))?(\d*)")
_ENTRY = re.compile(r"(.*?[^\W_])_(\d+(?:_\d+)*)")


_LAYER = ("l", "r", "q", "s")  # letters for the number of a layer, the usual one first
_MANY = 4  # numbered layers among which several may be alike


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """What names look like in one document: conventions, premises, the root of its adjoints, glyphs of its tensors.

    `roots` names the root of the adjoints that have another one than `root`; `constants` are the tensors that stand
    first in a product: parameters and constants. `letters` are those of each axis, without which indices keep the names
    of their symbols; `indices` are the letters of those in scope. `layer` is that of a general layer, empty where there
    are too few that are numbered.
    """

    conventions: Conventions
    space: Space
    root: str = "L"
    roots: Mapping[str, str] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    glyphs: Mapping[str, Glyph] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    letters: Letters | None = None
    indices: Mapping[Symbol, str] = field(default_factory=dict)
    layer: str = ""

    def index(self, symbol: Symbol) -> Name:
        """The name of an index."""
        return letter(self.indices.get(symbol, symbol.name))

    def binding(self, *bounds: tuple[Symbol, Expr]) -> Nomenclature:
        """These names within a sum over indices with their sizes, which get letters that nothing around them has."""
        if self.letters is None:
            return self
        inner = dict(self.indices)
        for variable, extent in bounds:
            used = [name for symbol, name in inner.items() if symbol != variable]
            inner[variable] = self.letters.of(extent, variable.name, used)
        return replace(self, indices=inner)

    def glyph(self, name: str) -> Glyph:
        """The glyph of a tensor, known or not."""
        return self.glyphs.get(name) or _candidates(name, self.conventions, False)[-2]

    @property
    def has_e(self) -> bool:
        """Whether a tensor looks like the base of exponentials, or its values for all samples do."""
        return any(glyph.letters.lower() == "e" for glyph in self.glyphs.values())

    def place(self, name: str) -> int:
        """Where a tensor stands in the order of declaration; an adjoint stands where its tensor does."""
        return self.places.get(primal(name), len(self.places))

    def root_of(self, name: str) -> str:
        """The tensor of which the adjoint of `name` is a derivative."""
        return self.roots.get(name, self.root)


def nomenclature(
    conventions: Conventions,
    space: Space,
    *,
    tensors: Iterable[Tensor] = (),
    root: str = "L",
    roots: Mapping[str, str] | None = None,
    sampled: Iterable[str] = (),
) -> Nomenclature:
    """The names of one document.

    `tensors` say which are parameters and constants; without them it is guessed from definitions and letters.
    `sampled` are the tensors with one entry per sample, which may get capitals.
    """
    tensors = tuple(tensors)
    shown = tuple(name for name in space.shapes if not is_adjoint(name))
    constants = {t.name for t in tensors if t.role in ("parameter", "constant")} if tensors else _guessed(shown, space)
    return Nomenclature(
        conventions,
        space,
        root,
        MappingProxyType(dict(roots or {})),
        frozenset(constants),
        _distinct(shown, frozenset(sampled), conventions, space),
        MappingProxyType({name: place for place, name in enumerate(shown)}),
    )


def with_letters(names: Nomenclature, model: Model, counted: Samples | None = None) -> Nomenclature:
    """The names with a letter for each axis of `model`: the same for one sample of it and for all.

    `counted` are samples that the model itself does not know.

    No letter is that of a tensor, also where the values of all samples have capitals, of a size or of a function.
    """
    shapes = {tensor.name: tensor.shape for tensor in model.tensors}
    sizes = size_names(model.tensors, model.samples, model.size_facts)
    glyphs = [*names.glyphs.values(), *(_candidates(name, names.conventions, False)[0] for name in shapes)]
    taken = {part for g in glyphs for part in (g.letters, g.subscript, g.mark, *g.plain[:1])}
    taken |= {parts(name)[0] for name in (*sizes, *model.functions)}
    counted = counted or model.samples
    samples = None if counted is None else (counted.index, counted.size)
    arrays = [Array(e.indices, shapes[e.tensor], e.expression) for e in model.equations]
    numbered = {g.mark for g in names.glyphs.values() if g.mark.isdecimal()}
    layer = next((name for name in _LAYER if name not in taken), "") if len(numbered) >= _MANY else ""
    return replace(names, letters=letters_of(arrays, shapes, samples, taken | {layer}), layer=layer)


def _guessed(names: Iterable[str], space: Space) -> set[str]:
    letters = {name: parts(name)[0] for name in names if name not in space.definitions}
    return {n for n, letter in letters.items() if letter[:1].isupper() or letter in ("b", "w", "gamma", "beta")}


def _distinct(
    names: tuple[str, ...], sampled: frozenset[str], conventions: Conventions, space: Space
) -> Mapping[str, Glyph]:
    """A glyph for each name, no two alike: the best candidate that no other name has as its own."""
    sizes = {symbol.name for shape in space.shapes.values() for extent in shape for symbol in extent.free_symbols}
    capital = {name for name in names if name in sampled and len(space.shapes[name]) > 1 and name.upper() not in sizes}
    lone = _lone_owners(names)
    waiting = {
        name: [
            *_bare(name, lone, conventions, name in capital),
            *([] if space.shapes[name] else _entries(name, conventions)),
            *_candidates(name, conventions, name in capital),
        ]
        for name in names
    }
    while True:
        owners: dict[tuple[str, ...], list[str]] = {}
        for name in names:
            for sign in _signs(waiting[name][0], conventions):
                owners.setdefault(sign, []).append(name)
        rivals = {n for group in owners.values() if len(group) > 1 for n in group if len(waiting[n]) > 1}
        if not rivals:
            return MappingProxyType({name: waiting[name][0] for name in names})
        # Those with a fancier glyph than their own name give way first.
        fancy = {n for n in rivals if len(waiting[n]) > 2} or rivals
        for name in sorted(fancy):
            waiting[name].pop(0)


def _lone_owners(names: tuple[str, ...]) -> frozenset[str]:
    """The layers whose tensors need no mark, since no other tensor has the letter of one of them."""
    owned = {name: name.rpartition(".") for name in names}
    owners = {owner for owner, _, _ in owned.values() if owner and not parts(owner)[2]}

    def letters_of_others(owner: str) -> set[str]:
        return {parts(leaf)[0] for other, _, leaf in owned.values() if other != owner}

    def own_letters(owner: str) -> set[str]:
        return {parts(leaf)[0] for other, _, leaf in owned.values() if other == owner}

    return frozenset(owner for owner in owners if not own_letters(owner) & letters_of_others(owner))


def _bare(name: str, lone: frozenset[str], conventions: Conventions, capital: bool) -> tuple[Glyph, ...]:
    """The glyphs of a tensor of a lone layer without that layer's name."""
    owner, _, leaf = name.rpartition(".")
    return _candidates(leaf, conventions, capital)[:-1] if owner in lone else ()


def _signs(glyph: Glyph, conventions: Conventions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must differ between two glyphs: how they look in LaTeX, and in plain text."""
    below = (glyph.subscript, glyph.mark) if conventions.layers == "plain" else (glyph.subscript,)
    above = "" if conventions.layers == "plain" else glyph.mark
    look = (glyph.letters, glyph.accent, ",".join(filter(None, (*below, glyph.entry))), above, str(glyph.verbatim))
    return ("latex", *look), ("text", glyph.plain)


@lru_cache(maxsize=4096)
def _candidates(name: str, conventions: Conventions, capital: bool) -> tuple[Glyph, ...]:
    """Glyphs for a tensor from the most wanted to the plainest; the last but one is what its name alone says."""
    owner, _, leaf = name.rpartition(".")
    letters, subscript, mark = parts(leaf)
    letters, own = _accented(letters, conventions)
    is_accent = subscript in _ACCENTS and not (subscript == "bar" and conventions.adjoint == "bar")
    accent = own or (subscript if is_accent else "")
    full = Glyph(letters, unicode_name(name), owner or mark, "" if accent and not own else subscript, accent, name=name)
    if owner and mark:
        full = Glyph(name, unicode_name(name), verbatim=True, name=name)
    wanted = [full]
    owner_mark = parts(owner)[2] if owner else ""
    if owner_mark and not full.verbatim:
        wanted.insert(0, replace(full, mark=owner_mark))
    if capital and conventions.batch == "capital" and len(letters) == 1 and letters.islower() and letters.isascii():
        plain = f"{owner}.{leaf.capitalize()}" if owner else leaf[:1].upper() + leaf[1:]
        wanted = [*(replace(g, letters=letters.upper(), plain=plain) for g in wanted), *wanted]
    return (*wanted, Glyph(name, unicode_name(name), verbatim=True, name=name))


def _accented(letters: str, conventions: Conventions) -> tuple[str, str]:
    """A letter and the accent that its name ends with, or that it bears: `yhat` and `ŷ` are y under a hat."""
    for accent in _ACCENTS:
        stem = letters.removesuffix(accent)
        if stem != letters and (len(stem) == 1 or stem in GREEK) and not (accent == conventions.adjoint == "bar"):
            return _NAMES.get(stem, stem), accent
    letter, mark = _decomposed(letters) if len(letters) == 1 else (letters, "")
    return letter, mark


def _decomposed(letter: str) -> tuple[str, str]:
    """A Latin letter and the command of its accent; the letter itself where it has none that TeX knows."""
    bare, *marks = unicodedata.normalize("NFD", letter)
    known = bare.isascii() and bare.isalpha() and len(marks) == 1 and marks[0] in _MARKS
    return (bare, _MARKS[marks[0]]) if known else (letter, "")


@lru_cache(maxsize=4096)
def _entries(name: str, conventions: Conventions) -> tuple[Glyph, ...]:
    """Glyphs for a scalar whose name is that of one entry: `w1_1_2`; none for another name."""
    match = _ENTRY.fullmatch(name)
    if match is None:
        return ()
    of = _candidates(match[1], conventions, False)[:-1]
    shown = unicode_name(name)
    return tuple(replace(g, plain=shown, entry=match[2].replace("_", ","), name=name) for g in of if not g.verbatim)


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, str, str]:
    """Letters, subscript and number of a name: `W_q1` is W, q, 1. Greek letters go by name."""
    match = _PARTS.fullmatch(name)
    if match is None:
        return name, "", ""
    letters, subscript, number = match.groups()
    return _NAMES.get(letters, letters), subscript or "", number


@lru_cache(maxsize=4096)
def unicode_name(name: str) -> str:
    """A name in plain text: `sigma1` is σ1."""
    owner, dot, leaf = name.rpartition(".")
    letters = parts(leaf)[0]
    if letters in GREEK and leaf.startswith(letters):
        leaf = GREEK[letters] + leaf[len(letters) :]
    return owner + dot + leaf


@lru_cache(maxsize=4096)
def letter(name: str) -> Name:
    r"""The name of an index or a size: digits at its end are a subscript, `n1` is \(n_1\)."""
    letters, subscript, number = parts(name)
    below = ",".join(part for part in (subscript, number) if part)
    return Name(Glyph(letters, unicode_name(name), subscript=below, name=name))


def roman(name: str) -> str:
    """A word in upright letters, in LaTeX that nothing in the word can break."""
    return rf"\mathrm{{{''.join(_safe(character) for character in name)}}}"


def _safe(character: str) -> str:
    if character.isascii() and (character.isalnum() or character == "."):
        return character
    bare, accent = _decomposed(character)
    if accent:
        return rf"\{accent}{{{bare}}}"
    return r"\_" if character == "_" else rf"\text{{U+{ord(character):04X}}}"


def tensor_layout(name: str, indices: tuple[Layout, ...], names: Nomenclature) -> Layout:
    """An entry of a tensor or of an adjoint, or the whole of it if there are no indices."""
    if not is_adjoint(name):
        return _entry(names.glyph(name), indices)
    name, through = parted(name)
    if through:
        return ByWayOf(tensor_layout(name, indices, names), Name(names.glyph(through)))
    of = primal(name)
    glyph, style = names.glyph(of), names.conventions.adjoint
    own = replace(glyph, name=name)
    if style == "delta" and glyph.letters.lower() == "z" and not glyph.subscript and _is_free("delta", glyph, names):
        return _entry(replace(own, letters="delta", plain="δ" + glyph.mark), indices)
    if style == "bar" and not glyph.accent:
        return _entry(replace(own, accent="bar", plain=_barred(glyph.plain)), indices)
    if style == "d" and not _is_shown(("d" + of, "d" + glyph.plain), names):
        return _entry(replace(own, d=True, plain="d" + glyph.plain), indices)
    root = Name(names.glyph(names.root_of(of)))
    by = _entry(glyph, indices)
    return Nabla(by, root, name) if style == "nabla" else Derivative(root, by, name)


def _entry(glyph: Glyph, indices: tuple[Layout, ...]) -> Layout:
    return Entry(Name(glyph), indices) if indices else Name(glyph)


def _is_free(letters: str, like: Glyph, names: Nomenclature) -> bool:
    rivals = [g for g in names.glyphs.values() if g.mark == like.mark and g.letters.lower() in (letters, "z")]
    return len(rivals) == 1


def _is_shown(plain: tuple[str, ...], names: Nomenclature) -> bool:
    return any(name in plain or glyph.plain in plain for name, glyph in names.glyphs.items())


def _barred(plain: str) -> str:
    """`W1` with a bar over its letters' first, also behind the dot of an owner."""
    start = plain.rfind(".") + 1
    return plain[: start + 1] + "\u0304" + plain[start + 1 :]
