"""The symbol table of a model at one scale: tensors under all spellings, roots, sizes, layers, activations.

A spelling is compared by its key: letters and digits without underscores and dots, Greek letters as such, so that
`W_z`, `Wz` and W with z below it are one name, and x with i below it is not the letter ξ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from sympy import Expr, Mul, Pow, Sum, exp
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import array_of
from symbackprop.algebra.binding import apart, fresh, tensors_in
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.symbols import ADJOINT, Apply, adjoint, indices_of, is_adjoint, part_of, size, tensor_of
from symbackprop.model.batching import sampled_tensors
from symbackprop.model.model import Model
from symbackprop.notation.claims.records import Scale
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import GREEK, nomenclature, parts

ONE, ALL = "one sample", "all samples"

LEARNING_RATES = ("eta", "alpha", "gamma", "lr", "learning_rate", "rate", "epsilon", "mu", "lambda", "rho")
"""Names that may stand for the learning rate of an update, where nothing else bears them."""

EARLIER = ("prev", "p", "0", "last")
LATER = ("next", "n")
"""What stands behind the letter of a tensor in the name of that of the step before, or after."""

_COSTS = ("J", "C", "cost")
_LOSSES = ("L", "l", "ell", "loss", "E", "Loss", "err", "NLL")
_PIECES = re.compile(r"[^\W\d_]+|\d+|\.")
_ACCENTS = {"hat": ("hat", "h"), "bar": ("bar", "b"), "tilde": ("tilde", "t")}
_PLAIN = Conventions()


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """What two spellings of one name have in common: `w_mu` and `wμ` are "wμ", `y_hat` and `yhat` are "yhat".

    The dot behind the name of a layer stays: `o.s` is not the o_s that has an index.
    """
    return "".join(_in_greek(piece) for piece in _PIECES.findall(text))


_SHORT = {"eps": "epsilon", "lam": "lambda", "lamda": "lambda"}


def _in_greek(piece: str) -> str:
    """A Greek letter by its sign, also with the name of an accent behind it: `rhohat` is "ρhat"."""
    for accent in ("", *_ACCENTS):
        stem = piece.removesuffix(accent) if accent else piece
        stem = _SHORT.get(stem, stem)
        if stem in GREEK and piece.endswith(accent):
            return GREEK[stem] + accent
    return piece


_LATIN = {"Γ": "G", "Δ": "D"}


def keys(pieces: Iterable[str]) -> Iterator[str]:
    """The keys of a name that is put together of pieces: as such, and with Latin letters for Greek capitals."""
    whole = key("_".join(piece for piece in pieces if piece))
    yield whole
    if whole[:1] in _LATIN:
        yield _LATIN[whole[:1]] + whole[1:]


def accented(accent: str) -> tuple[str, ...]:
    """What may stand for an accent in a name that is spelled out: `yhat`, `yh`."""
    return _ACCENTS.get(accent, (accent,))


@dataclass(frozen=True)
class Symbols:
    """What names mean in `model`, which is one sample or all samples of `whole`.

    `spelled` gives the tensor of a key; `roots` what may be differentiated, by every name that it goes by; `samples`
    the size and the axis (0 or -1) of the samples, None for one sample. `families` gives the tensors of a letter by
    their layers. Shapes are those of tensors; `shapes` has those of adjoints and their parts as well.
    """

    scale: Scale
    model: Model
    whole: Model
    sampled: frozenset[str]
    samples: tuple[Expr, int] | None
    roots: Mapping[str, str]
    sizes: Mapping[str, Expr]
    spelled: Mapping[str, str]
    shapes: Mapping[str, tuple[Expr, ...]] = field(repr=False)

    def tensor(self, spelling: str) -> str | None:
        """The tensor that goes by this spelling."""
        return spelling if spelling in self.tensors else self.spelled.get(key(spelling))

    def named(self, *pieces: str) -> str | None:
        """The tensor whose name is put together of these pieces; capitals may differ in a name of several letters."""
        for spelling in keys(pieces):
            if spelling in self.spelled:
                return self.spelled[spelling]
        lower = key("_".join(piece for piece in pieces if piece)).lower()
        found = self._by_small_letters.get(lower, ()) if len(lower) > 1 else ()
        return found[0] if len(found) == 1 else None

    @cached_property
    def _by_small_letters(self) -> Mapping[str, tuple[str, ...]]:
        """The tensors by the small letters of their keys, names of one letter aside: Z1 is that of all samples."""
        found: dict[str, tuple[str, ...]] = {}
        for spelling, name in self.spelled.items():
            known = found.get(spelling.lower(), ())
            letters = spelling.rstrip("0123456789") if self.whole.samples is not None else spelling
            if len(letters) > 1 and name not in known:
                found[spelling.lower()] = (*known, name)
        return found

    @cached_property
    def owned(self) -> Mapping[tuple[str, str], str]:
        """The tensors of a layer that has a name, by the keys of that and of their own: ("out", "W") is `out.W`.

        The number in the name of a layer is its name too where no other has it: ("1", "W") is `h1.W`.
        """
        found: dict[tuple[str, str], str] = {}
        numbered: dict[tuple[str, str], set[str]] = {}
        for name in self.tensors:
            owner, _, leaf = name.rpartition(".")
            number = parts(owner)[2]
            capital = (key(leaf.capitalize()),) if name in self.sampled else ()
            for own in (key(leaf), *capital) if owner else ():
                found.setdefault((key(owner), own), name)
                if number:
                    numbered.setdefault((number, own), set()).add(name)
        return {place: next(iter(names)) for place, names in numbered.items() if len(names) == 1} | found

    @cached_property
    def variance(self) -> str | None:
        """The one tensor that is a mean of squares, where the model has no σ."""
        if any(key(name).startswith("σ") for name in self.tensors):
            return None
        found = [name for name, array in self.model.space.definitions.items() if _is_mean_of_squares(array.expression)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def tensors(self) -> Mapping[str, tuple[Expr, ...]]:
        return {tensor.name: tensor.shape for tensor in self.model.tensors}

    @cached_property
    def roles(self) -> Mapping[str, str]:
        return {tensor.name: tensor.role for tensor in self.model.tensors}

    def is_given(self, name: str) -> bool:
        """Whether a tensor is no target and computed from no other: a parameter, data, one that is set to a number."""
        computed = self.roles.get(name) == "intermediate" and bool(self.reads.get(name))
        return not computed and self.roles.get(name) != "target"

    @cached_property
    def integers(self) -> frozenset[str]:
        return frozenset(tensor.name for tensor in self.model.tensors if tensor.integer)

    @cached_property
    def families(self) -> Mapping[str, Mapping[int, str]]:
        """The tensors `W1`, `W2` as W: {1: W1, 2: W2}; of `a1.W` likewise."""
        found: dict[str, dict[int, str]] = {}
        for spelling, name in self.spelled.items():
            match = re.fullmatch(r"(.*?\D)(\d+)", spelling)
            if match is not None:
                found.setdefault(match[1], {}).setdefault(int(match[2]), name)
        return found

    @cached_property
    def whole_families(self) -> frozenset[str]:
        """The letters that the whole model has with numbers, also where only one sample is meant."""
        return frozenset(tensor.name.rstrip("0123456789") for tensor in self.whole.tensors)

    def whole_names(self, spelling: str) -> bool:
        """Whether a tensor of the whole model goes by this spelling, its first letter small or a capital."""
        own = {key(tensor.name) for tensor in self.whole.tensors}
        return bool(own & {key(spelling), key(spelling).swapcase()})

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """The numbers of layers: those that a parameter or what is computed bears."""
        own = [name for name, role in self.roles.items() if role in ("parameter", "intermediate", "constant")]
        numbers = {n for family in self.families.values() for n, name in family.items() if name in own}
        return tuple(sorted(numbers))

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """What the equation of each tensor reads."""
        return {name: tensors_in(array.expression) for name, array in self.model.space.definitions.items()}

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """How many sums of products lie between the data and each tensor; of a parameter what its equation has.

        Activations lie where what they are applied to lies.
        """
        found: dict[str, int] = {name: 0 for name in self.activated.values() if not self.model.defines(name)}
        for equation in self.model.order:
            read, before = self.reads[equation.tensor], self.activated.get(equation.tensor)
            given = [name for name in read if name not in found and self.roles.get(name) == "parameter"]
            depth = max((found.get(name, 0) for name in read), default=0)
            found[equation.tensor] = depth if before is not None else depth + 1
            found |= dict.fromkeys(given, found[equation.tensor])
        return found

    def rests_on_data(self, name: str) -> bool:
        """Whether a tensor is an input or a target, or is computed of one."""
        return any(self.roles.get(read) in ("input", "target") for read in (name, *self.below(name)))

    def depends(self, of: str, by: str) -> bool:
        """Whether `of` reads `by`, through whatever stands between them."""
        return of == by or by in self.below(of)

    def below(self, of: str) -> frozenset[str]:
        """All that the equation of a tensor reads, and what the equations of these read."""
        return self._below.get(of, frozenset())

    @cached_property
    def _below(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for equation in self.model.order:
            read = self.reads[equation.tensor]
            found[equation.tensor] = read.union(*(found.get(name, frozenset()) for name in read))
        return found

    @cached_property
    def vectors_are_rows(self) -> bool:
        """Whether vectors stand on the left of the parameters wherever they are multiplied, `x W`.

        Where there are samples, what is said in rows is said of all of them.
        """
        if self.whole.samples is not None:
            return False
        sides = {side for array in self.model.space.definitions.values() for side in self._sides(array.expression)}
        return sides == {0}

    def _sides(self, expression: Expr) -> Iterator[int]:
        """The axes of matrices of parameters over which sums of products with a vector go."""
        for part in expression.atoms(Sum):
            reads = [factor for factor in Mul.make_args(part.function) if isinstance(factor, Indexed)]
            matrices = [
                read for read in reads if len(read.indices) == 2 and self.roles[str(tensor_of(read))] == "parameter"
            ]
            vectors = [indices_of(read) for read in reads if len(read.indices) == 1]
            for matrix in matrices:
                yield from (axis for axis, at in enumerate(indices_of(matrix)) if (at,) in vectors)

    def slope_reads(self, outer: str, inner: str) -> frozenset[str]:
        """What the derivative of the equation of `outer` by `inner` reads."""
        array, shape = self.model.space.definitions[outer], self.tensors[inner]
        at = list(array.indices)
        for variable in array_of(inner, shape).indices:
            at.append(fresh([*at, *(extent for size in shape for extent in size.free_symbols)], variable))
        slope = derivative(apart(array.expression, at), inner, tuple(at[len(array.indices) :]))
        return tensors_in(slope)

    @cached_property
    def activations(self) -> Mapping[str, str]:
        """The function that the model applies to each tensor, entry by entry."""
        found: dict[str, str] = {}
        for array in self.model.space.definitions.values():
            for applied in array.expression.atoms(Apply):
                name = tensor_of(applied.argument)
                if name is not None:
                    found.setdefault(name, applied.name)
        return found

    @cached_property
    def activation_functions(self) -> tuple[str, ...]:
        """The functions that the model applies, each once."""
        found = {a.name: None for array in self.model.space.definitions.values() for a in array.expression.atoms(Apply)}
        return tuple(found)

    @cached_property
    def activated(self) -> Mapping[str, str]:
        """The pre-activation of each tensor that is f(z) of it, entry by entry, or its softmax."""
        found = {name: _activated(array.expression) for name, array in self.model.space.definitions.items()}
        return {name: before for name, before in found.items() if before is not None}

    @cached_property
    def preactivations(self) -> tuple[str, ...]:
        """The tensors that an equation activates and does nothing else, in the order of the model.

        Activated is what a named function is applied to entry by entry, or what is normalised to a distribution.
        """
        activated = set(self.activated.values())
        return tuple(e.tensor for e in self.model.order if e.tensor in activated)

    @cached_property
    def prediction(self) -> str | None:
        """The one tensor that is computed and compared with the target: of its shape, read by the loss."""
        read = self.reads.get(self.whole.loss, frozenset())
        targets = [self.tensors[name] for name in read if self.roles.get(name) == "target"]
        found = [n for n in read if self.model.defines(n) and len(targets) == 1 and self.tensors[n] == targets[0]]
        return found[0] if len(found) == 1 else None

    @cached_property
    def output(self) -> str | None:
        """The one tensor that is computed and that the loss reads."""
        return only(tuple(name for name in self.reads.get(self.whole.loss, ()) if self.model.defines(name)))

    @cached_property
    def logits(self) -> str | None:
        """What is made the prediction by an activation, or is compared with the target without one."""
        return self.activated.get(self.prediction or "") or only(self.affine_outputs)

    @cached_property
    def affine_outputs(self) -> tuple[str, ...]:
        """The tensors that the loss reads and that no function is applied to in between: a parameter times the rest."""
        read = self.reads.get(self.model.root, frozenset()) | self.reads.get(self.whole.loss, frozenset())
        own = [name for name in read if name not in self.preactivations and name not in self.activations.values()]
        learnt = {name for name, role in self.roles.items() if role == "parameter"}
        return tuple(e.tensor for e in self.model.order if e.tensor in own and self.reads[e.tensor] & learnt)

    @cached_property
    def timed(self) -> frozenset[str]:
        """The tensors whose first axis is that of a recurrence."""
        extents = {
            self.tensors[name][0]
            for name, array in self.model.space.definitions.items()
            if self.tensors[name] and any(_shifted(e, name, self._below) for e in array.expression.atoms(Indexed))
        }
        return frozenset(name for name, shape in self.tensors.items() if shape and shape[0] in extents)

    @cached_property
    def is_of_one_step(self) -> bool:
        """Whether the root reads what a recurrence computes at one step alone."""
        root = self.model.root
        later = [name for name in (root, *self.below(root)) if self.model.defines(name) and name not in self.timed]
        steps = {indices_of(read)[0] for name in later for read in self._timed_reads(name)}
        return len(steps) == 1 and not any(
            symbol != size(symbol.name) for step in steps for symbol in step.free_symbols
        )

    def _timed_reads(self, name: str) -> Iterator[Indexed]:
        reads = self.model.space.definitions[name].expression.atoms(Indexed)
        yield from (read for read in reads if str(tensor_of(read)) in self.timed)

    @cached_property
    def is_one_step(self) -> bool:
        """Whether the model is one step of a recurrence: it has `h_prev`, or hp beside h, of another step."""
        own = {key(name) for name in self.tensors}
        ends = [(name, end) for name in own for end in (*EARLIER, *LATER) if name.endswith(end) and name != end]
        return not self.timed and any(len(end) > 1 or name.removesuffix(end) in own for name, end in ends)

    @cached_property
    def network_input(self) -> str | None:
        """The one input that the first affine equation reads, or its one constant where it reads no input."""
        for equation in self.model.order:
            read = self.reads[equation.tensor]
            if any(self.roles.get(name) == "parameter" for name in read):
                data = ([name for name in read if self.roles.get(name) == role] for role in ("input", "constant"))
                found = next((names for names in data if names), [])
                return found[0] if len(found) == 1 else None
        return None

    def sample_axis(self, name: str) -> int | None:
        """The axis over samples of a tensor; None where it has none."""
        if self.samples is None or name not in self.sampled:
            return None
        return 0 if self.samples[1] == 0 else len(self.tensors[name]) - 1


def only(names: tuple[str, ...]) -> str | None:
    """The one name that there is; None for several or none."""
    return names[0] if len(names) == 1 else None


def _activated(expression: Expr) -> str | None:
    """The tensor z of an equation a = f(z), or a = softmax(z)."""
    if isinstance(expression, Apply):
        return tensor_of(expression.argument)
    above, below = expression.as_numer_denom()
    return tensor_of(above.exp) if isinstance(above, exp) and isinstance(below, Sum) and below.has(exp) else None


def _is_mean_of_squares(expression: Expr) -> bool:
    """Whether an expression is the sum of squares over the number of its terms."""
    above, below = expression.as_numer_denom()
    square = isinstance(above, Sum) and isinstance(above.function, Pow) and above.function.exp == 2
    return square and len(above.limits) == 1 and (above.limits[0][2] + 1 - below).expand() == 0


def _shifted(read: Indexed, tensor: str, below: Mapping[str, frozenset[str]]) -> bool:
    """Whether this reads an earlier or a later step of `tensor`, or of what is computed of it."""
    name, indices = str(tensor_of(read)), indices_of(read)
    looped = name == tensor or (name in below and tensor in below[name])
    first = indices[0] if indices else None
    return looped and first is not None and first.is_Add and bool(first.free_symbols)


@lru_cache(maxsize=16)  # a note is read several times beside a model and its likes
def symbols_of(model: Model) -> tuple[Symbols, ...]:
    """The symbol tables of a model: for one sample and, where it has samples, for all of them."""
    if model.samples is None:
        return (_symbols(ONE, model, model, frozenset(), None),)
    sampled = sampled_tensors(model.tensors, model.equations, model.loss)
    axis = 0 if model.samples.side == "rows" else -1
    return (
        _symbols(ONE, model.one_sample(), model, frozenset(), None),
        _symbols(ALL, model.batched(), model, sampled, (model.samples.size, axis)),
    )


def _symbols(
    scale: Scale, model: Model, whole: Model, sampled: frozenset[str], samples: tuple[Expr, int] | None
) -> Symbols:
    roots = _roots(model, whole)
    return Symbols(
        scale, model, whole, sampled, samples, roots, _sizes(model, whole), _spelled(model, whole, sampled),
        _shapes(model, roots),
    )  # fmt: skip


def _shapes(model: Model, roots: Mapping[str, str]) -> dict[str, tuple[Expr, ...]]:
    """The shapes of tensors, of their adjoints with and without the name of a root, and of the parts of these."""
    found = {tensor.name: tensor.shape for tensor in model.tensors}
    for name, shape in tuple(found.items()):
        found[adjoint(name)] = shape
        for root in dict.fromkeys(roots.values()):
            found[f"{ADJOINT}{root}{ADJOINT}{name}"] = shape
    for equation in model.order:
        for name in tensors_in(model.space.definitions[equation.tensor].expression):
            for whole in [n for n in found if is_adjoint(n) and n.rpartition(ADJOINT)[2] == name]:
                found[part_of(whole, equation.tensor)] = found[name]
    return found


def _roots(model: Model, whole: Model) -> dict[str, str]:
    """Loss and cost by their names, and by the usual ones where these are free, also of the C of all samples' c."""
    taken = {t.name for t in whole.tensors}
    capitals = {name.upper() for name in taken if len(name) == 1} if whole.samples is not None else set()
    usual = {**dict.fromkeys(_COSTS, whole.root), **dict.fromkeys(_LOSSES, whole.loss)}
    taken |= capitals | set(_sizes(model, whole))
    free = {name: root for name, root in usual.items() if name not in taken}
    return free | {root: root for root in (model.root, whole.loss, whole.root)}


def _sizes(model: Model, whole: Model) -> dict[str, Expr]:
    """Every symbolic size by name; the number of samples as m where it is a number."""
    found = {s.name for t in model.tensors for extent in t.shape for s in extent.free_symbols}
    found |= {s.name for fact in whole.size_facts for s in fact.free_symbols}
    for equation in model.order:
        found |= {s.name for s in model.space.definitions[equation.tensor].expression.free_symbols if s == size(s.name)}
    if whole.samples is not None:
        found |= {s.name for s in whole.samples.size.free_symbols}
    sizes: dict[str, Expr] = {name: size(name) for name in sorted(found)}
    if whole.samples is not None and whole.samples.size.is_number:
        sizes.setdefault("m", whole.samples.size)
    return sizes


def _spelled(model: Model, whole: Model, sampled: frozenset[str]) -> dict[str, str]:
    """The tensor of each key: of its own name, then of its other spellings, unless two share one or a size has it."""
    shapes = {tensor.name: tensor.shape for tensor in model.tensors}
    named = nomenclature(_PLAIN, model.space, tensors=model.tensors, root=model.root, sampled=sorted(sampled))
    own = {key(name): name for name in shapes}
    sizes = set(map(key, _sizes(model, whole)))
    found: dict[str, str] = {}
    for rank in (_other_spellings, _entries_letter):
        added: dict[str, set[str]] = {}
        for name in shapes:
            if rank is _entries_letter and not shapes[name]:
                continue
            for spelling in rank(name, named.glyph(name), name in sampled):
                if key(spelling) not in own and key(spelling) not in found and key(spelling) not in sizes:
                    added.setdefault(key(spelling), set()).add(name)
        found |= {spelling: next(iter(names)) for spelling, names in added.items() if len(names) == 1}
    return own | found


def _other_spellings(name: str, glyph, sampled: bool) -> Iterator[str]:
    """How the tensor is shown, and `Z1` for the z1 of all samples."""
    yield glyph.plain
    letters, _, _ = parts(name.rpartition(".")[2])
    if "." in name and glyph.mark.isdigit() and not glyph.verbatim:
        yield from (f"{glyph.letters}{glyph.mark}", f"{letters}{glyph.mark}")
    if sampled and "." not in name and len(letters) == 1 and letters.islower() and letters.isascii():
        yield letters.upper() + name[1:]
    if name.endswith(("hat", "bar", "tilde")) and sampled and len(name.partition("_")[0].rstrip("hatbrilde")) == 1:
        yield name[0].upper() + name[1:]


def _entries_letter(name: str, _glyph, sampled: bool) -> Iterator[str]:
    """The entries of W are w."""
    letters, _, _ = parts(name.rpartition(".")[2])
    if not sampled and len(letters) == 1 and letters.isupper() and "." not in name:
        yield letters.lower() + name[1:]
