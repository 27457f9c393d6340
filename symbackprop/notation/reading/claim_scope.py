"""What the names in a claim may mean: tensors, adjoints under all their spellings, roots, learning rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sympy import Expr

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import ADJOINT, adjoint, is_adjoint, part_of, size
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.calls import KNOWN
from symbackprop.notation.reading.claim_calls import CLAIM_FUNCTIONS
from symbackprop.notation.reading.lexer import canonical
from symbackprop.notation.reading.scope import Scope, Stated
from symbackprop.notation.reading.scripts import Lexicon
from symbackprop.notation.source import Source
from symbackprop.notation.writing.functions import function_text
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature, parts

LEARNING_RATES = ("eta", "alpha", "gamma", "lr", "learning_rate", "rate")
"""Names that may stand for the learning rate, where the model has no such name."""

_COSTS = ("J", "C", "cost")
_LOSSES = ("L", "l", "ell", "loss", "E", "Loss")
_PLAIN = Conventions()


@dataclass(frozen=True, slots=True)
class Names:
    """The tensors of one model without samples, with every spelling of each and of its adjoint.

    `shapes` are by canonical name: `W1`, `∂W1`, and `∂L∂W1` for each root; `aliases` give the canonical name of a
    spelling, `roots` that of a root.
    """

    shapes: Mapping[str, tuple[Expr, ...]]
    aliases: Mapping[str, str]
    roots: Mapping[str, str]
    sizes: Mapping[str, Expr]


def names_of(model: Model, whole: Model, sampled: frozenset[str]) -> Names:
    """The names in `model`, which is one sample or all samples of `whole`; `sampled` may have capitals."""
    shapes = {t.name: t.shape for t in model.tensors}
    named = nomenclature(_PLAIN, model.space, tensors=model.tensors, root=model.root, sampled=sorted(sampled))
    spelled = {
        name: tuple(s for s in dict.fromkeys(_spellings(name, named, name in sampled)) if s == name or s not in shapes)
        for name in shapes  # a layer l beside a loss L is not called L
    }
    roots = _roots(model, whole)
    aliases: dict[str, str] = {}
    for name in shapes:
        for spelling in spelled[name]:
            aliases.setdefault(spelling, name)
    for name in shapes:
        for spelling in spelled[name]:
            if spelling != name and spelling in shapes:
                continue  # dL is no adjoint of all samples' l where there is an L
            for other in _adjoint_spellings(spelling):
                aliases.setdefault(other, adjoint(name))
    for spelling, name in _deltas(model, named):
        aliases.setdefault(spelling, adjoint(name))
    canonicals = dict(shapes)
    for name, shape in shapes.items():
        canonicals[adjoint(name)] = shape
        for root in dict.fromkeys(roots.values()):
            canonicals[f"{ADJOINT}{root}{ADJOINT}{name}"] = shape
    canonicals |= dict(_parts(model, canonicals))
    for rate in LEARNING_RATES:
        if rate not in aliases and rate not in roots:
            canonicals.setdefault(rate, ())
    sizes = _sizes(model, whole)
    aliases = {spelling: name for spelling, name in aliases.items() if spelling not in canonicals.keys() | sizes.keys()}
    return Names(canonicals, MappingProxyType(aliases), MappingProxyType(roots), sizes)


def _parts(model: Model, shapes: Mapping[str, tuple[Expr, ...]]) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """The parts of adjoints: what each equation that reads a tensor adds to that by it."""
    for equation in model.order:
        for name in tensors_in(model.space.definitions[equation.tensor].expression):
            for whole in (n for n in shapes if is_adjoint(n) and n.rpartition(ADJOINT)[2] == name):
                yield part_of(whole, equation.tensor), shapes[name]


def _sizes(model: Model, whole: Model) -> dict[str, Expr]:
    """Every symbolic size by name."""
    found = {s.name for t in model.tensors for extent in t.shape for s in extent.free_symbols}
    found |= {s.name for fact in whole.size_facts for s in fact.free_symbols}
    if whole.samples is not None:
        found |= {s.name for s in whole.samples.size.free_symbols}
    sizes: dict[str, Expr] = {name: size(name) for name in sorted(found)}
    if whole.samples is not None and whole.samples.size.is_number:
        sizes.setdefault("m", whole.samples.size)
    return sizes


def _roots(model: Model, whole: Model) -> dict[str, str]:
    """Loss and cost by their names, and by the usual ones where these are free, also of the C of all samples' c."""
    roots = {root: root for root in (model.root, whole.loss, whole.root)}
    taken = {t.name for t in whole.tensors}
    if whole.samples is not None:
        taken |= {name.upper() for name in taken if len(name) == 1}
    usual = {**dict.fromkeys(_COSTS, whole.root), **dict.fromkeys(_LOSSES, whole.loss)}
    return roots | {name: root for name, root in usual.items() if name not in taken}


def _spellings(name: str, named: Nomenclature, sampled: bool) -> Iterator[str]:
    """How the tensor may be written: `W1`, `W_1`, `Z1` for the z1 of all samples."""
    yield name
    glyph = named.glyph(name)
    yield canonical(glyph.plain)
    letters, subscript, number = parts(name.rpartition(".")[2])
    if "." not in name and number:
        stem = canonical(name[: -len(number)]).removesuffix("_")
        yield from (f"{stem}{number}", f"{stem}_{number}")
        if sampled and len(letters) == 1 and not subscript:
            yield from (f"{letters.upper()}{number}", f"{letters.upper()}_{number}")
    elif "." in name and glyph.mark.isdigit() and not glyph.verbatim:
        for letter in dict.fromkeys((glyph.letters, letters)):
            yield from (f"{letter}{glyph.mark}", f"{letter}_{glyph.mark}")
    if sampled and len(name) == 1 and name.islower() and name.isascii():
        yield name.upper()
    if not sampled and len(letters) == 1 and letters.isupper() and "." not in name and not subscript:
        yield f"{letters.lower()}{number}"  # the entries of W are w
        if number:
            yield f"{letters.lower()}_{number}"
    for accent in ("hat", "bar", "tilde"):
        stem = name.removesuffix(accent).removesuffix("_")
        if stem and stem != name:
            yield from (f"{stem}_{accent}", f"{stem}{accent}")
            if sampled and len(stem) == 1:
                yield from (f"{stem.upper()}_{accent}", f"{stem.upper()}{accent}")


def _adjoint_spellings(spelling: str) -> Iterator[str]:
    """`dW1`, `grad_W1`, `W1_bar`, `W_bar1`."""
    yield f"d{spelling}"
    yield f"d_{spelling}"
    yield f"{spelling}_bar"
    yield f"grad_{spelling}"
    yield f"{ADJOINT}{spelling}"
    _, subscript, number = parts(spelling)
    if number and not subscript:
        yield from (f"{spelling[: -len(number)]}_bar{number}", f"{spelling[: -len(number)]}_bar_{number}")


def _deltas(model: Model, named: Nomenclature) -> Iterator[tuple[str, str]]:
    """δ for the adjoints of pre-activations, by the mark of their layer."""
    for tensor in model.tensors:
        glyph = named.glyph(tensor.name)
        if glyph.letters.lower() == "z" and not glyph.subscript:
            yield f"delta{glyph.mark}", tensor.name
            yield f"δ{glyph.mark}", tensor.name
            if glyph.mark:
                yield f"delta_{glyph.mark}", tensor.name


def scope_of(model: Model, names: Names, source: Source, stated: Stated) -> Scope:
    """The symbol table of one reading."""
    integers = frozenset(t.name for t in model.tensors if t.integer)
    return Scope(source, names.sizes, names.shapes, {**FUNCTIONS, **model.functions}, {}, KNOWN, integers, stated)


def lexicon_of(names: tuple[Names, ...], model: Model, conventions: Conventions) -> Lexicon:
    """What a parser needs to know: the names of all scales together."""
    ranks: dict[str, int] = {}
    derivable: set[str] = set()
    for known in names:
        for name, shape in known.shapes.items():
            ranks[name] = max(ranks.get(name, 0), len(shape))
        for spelling, name in known.aliases.items():
            ranks[spelling] = max(ranks.get(spelling, 0), len(known.shapes[name]))
            if ADJOINT not in name:
                derivable.add(spelling)
        derivable |= {name for name in known.shapes if ADJOINT not in name and name not in LEARNING_RATES}
        derivable |= set(known.roots)
    own = set(model.functions) | {function_text(name) for name in model.functions}
    functions = {*KNOWN, *own, *CLAIM_FUNCTIONS} | {canonical(name) for name in own}
    functions |= {name.upper() for name in CLAIM_FUNCTIONS} | {name.capitalize() for name in CLAIM_FUNCTIONS}
    functions |= {"LeakyReLU", "SoftMax", "SoftPlus"}
    roots = frozenset(root for known in names for root in known.roots)
    sizes = frozenset(name for known in names for name in known.sizes)
    free = frozenset(name for name in functions if name not in ranks and name not in sizes)
    return Lexicon(MappingProxyType(ranks), sizes, free, roots, frozenset(derivable), conventions.layers)
