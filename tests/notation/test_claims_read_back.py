"""What the text writer writes of a derivation reads back to what it wrote, under every convention, at both levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.matrices.grammar import ForEach, Leaf, Matrix
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.symbols import ADJOINT, Partial, entry, index, indices_of, remade, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Formula, walk
from symbackprop.derivation.sweep import derive
from symbackprop.model.model import Model
from symbackprop.notation.claims.records import Claim, Reading, Side
from symbackprop.notation.conventions import PRESETS, Conventions
from symbackprop.notation.reading.model_text import load, read_model
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.text import text_chain
from tests.notation.claim_cases import ATTENTION, CONVOLUTION, LAYERS, NORM, PLAIN, RECURRENT
from tests.notation.claim_values import Values
from tests.notation.readings import note_of

EXAMPLES = {path.stem: path for path in sorted((Path(__file__).parents[2] / "docs/examples").glob("*.model"))}
INLINE = {
    "plain": PLAIN,
    "recurrent": RECURRENT,
    "layers": LAYERS,
    "attention": ATTENTION,
    "convolution": CONVOLUTION,
    "norm": NORM,
}
SCALES = ("one sample", "all samples")


@lru_cache
def model_of(name: str) -> Model:
    return load(EXAMPLES[name]) if name in EXAMPLES else read_model(INLINE[name])


@lru_cache
def derivation_of(name: str, one_over_m: str, scale: str) -> Derivation | None:
    whole = derive(model_of(name), checks=False, one_over_m=one_over_m)
    if model_of(name).samples is None:
        return whole if scale == "one sample" else None
    return whole.one_sample if scale == "one sample" else whole


@dataclass(frozen=True)
class Written:
    """A line of a document, and the two formulas that it equates."""

    line: str
    left: Formula
    right: Formula


def names_in(derivation: Derivation, conventions: Conventions) -> Nomenclature:
    batch = sorted(derivation.sampled) if derivation.scale != 1 else []
    return nomenclature(
        conventions,
        derivation.space,
        tensors=derivation.model.tensors,
        root=derivation.root,
        roots=dict.fromkeys(batch, derivation.source.loss),
        sampled=sorted(derivation.sampled),
    )


def lines_of(derivation: Derivation, names: Nomenclature) -> Iterator[Written]:
    """Every step, substeps included: its left side with what stands before and after, of one notation each."""
    seen: set[str] = set()
    for step in walk((*derivation.forward, *derivation.steps, *derivation.updates)):
        for right in (step.before, step.after):
            if isinstance(right, Matrix) == isinstance(step.left, Matrix):
                line = text_chain([step.left, right], names)
                if line not in seen:
                    seen.add(line)
                    yield Written(line, _at_each(step.left, right), right)


def _at_each(left: Formula, right: Formula) -> Formula:
    """A whole tensor beside a matrix for each value of some indices: the tensor at these."""
    if not isinstance(right, ForEach) or not isinstance(left, Leaf):
        return left
    return ForEach(right.indices, Leaf(left.name, right.of.shape, right.indices))


class Beside:
    """Compares what was read with what was written, at random values of every name."""

    def __init__(self, derivation: Derivation, names: Nomenclature) -> None:
        self.derivation, self.names = derivation, names
        source = derivation.source
        self.shapes = {tensor.name: tensor.shape for tensor in derivation.model.tensors}
        symbols = sorted({s for shape in self.shapes.values() for n in shape for s in n.free_symbols}, key=str)
        if source.samples is not None:
            symbols += sorted(source.samples.size.free_symbols - set(symbols), key=str)
        sizes = {symbol: 2 + place % 2 for place, symbol in enumerate(symbols)}
        self.values = Values(derivation.model, sizes, roots=tuple(dict.fromkeys((source.loss, source.root))))
        self.random = np.random.default_rng(5)

    def check(self, found: Reading, written: Written) -> None:
        for side, formula in zip(found.sides, (written.left, written.right), strict=True):
            assert side.value is not None, side.error
            self.check_side(side, formula, found, written.line)

    def check_side(self, side: Side, formula: Formula, found: Reading, line: str) -> None:
        assert side.value is not None
        array = side.value.array
        if isinstance(formula, Matrix):
            each = formula.indices if isinstance(formula, ForEach) else ()
            inner = formula.of if isinstance(formula, ForEach) else formula
            at = (*each, index("·r"), index("·c"))
            shape = (*array.shape[: len(each)], *inner.shape)
            wanted = Array(at, shape, lower(formula, at, self.derivation.space))
        else:
            assert found.scope.stated is not None
            free = found.scope.stated.free
            wanted = Array(tuple(map(index, free)), tuple(extent for _, extent in free.values()), formula)
        for place in self._places(wanted):
            there = self._place_in(array, place)
            expected = self.values.entry(self._plain(wanted), place)
            assert self.values.entry(self._plain(array), there) == pytest.approx(expected, rel=1e-9), line

    def _places(self, array: Array) -> list[tuple[int, ...]]:
        shape = [self.values.number(extent) for extent in array.shape]
        return list(dict.fromkeys(tuple(int(self.random.integers(n)) for n in shape) for _ in range(2)))

    def _place_in(self, array: Array, place: tuple[int, ...]) -> tuple[int, ...]:
        """The place in an array that may lack axes of one entry, or be one number for all entries."""
        count = len(array.shape)
        if count in (0, len(place)):
            return place[:count]
        *each, row, column = place
        assert count == len(each) + 1
        assert 0 in (row, column)
        return (*each, max(row, column))

    def _plain(self, array: Array) -> Array:
        return Array(array.indices, array.shape, self._named(array.expression))

    def _named(self, expr: Expr) -> Expr:
        """Each derivative under one name: `∂L∂z1` as `∂z1` where L is the root of z1."""
        if isinstance(expr, Partial):
            of, by = tensor_of(expr.of), tensor_of(expr.by)
            return self._derivative(str(of), str(by), (*indices_of(expr.of), *indices_of(expr.by)))
        name = tensor_of(expr)
        if name is not None:
            of, mark, by = name.removeprefix(ADJOINT).partition(ADJOINT)
            return self._derivative(of, by, indices_of(expr)) if mark else expr
        if isinstance(expr, Indexed) or not expr.args:
            return expr
        return remade(expr, (self._named(a) if isinstance(a, Expr) or a.args else a for a in expr.args))

    def _derivative(self, of: str, by: str, indices: tuple[Expr, ...]) -> Expr:
        of_root = len(indices) == len(self.shapes[by])
        if of_root and of == self.names.root_of(by):
            return entry(ADJOINT + by, *indices)
        local = of in self.values.roots and not of_root
        return entry(f"{of} by {by}" if local else f"{ADJOINT}{of}{ADJOINT}{by}", *indices)


def check_read_back(name: str, preset: str, every: int) -> int:
    """Reads the lines of both scales, one in `every`; how many they were."""
    conventions, count = PRESETS[preset], 0
    for scale in SCALES:
        derivation = derivation_of(name, conventions.one_over_m, scale)
        if derivation is None:
            continue
        names = names_in(derivation, conventions)
        lines = list(lines_of(derivation, names))
        chosen = lines[len(preset) % min(every, len(lines)) :: every]
        text = "\n".join(written.line for written in chosen)
        found = note_of(text, model_of(name), "txt", conventions).lines
        assert len(found) == len(chosen)
        beside = Beside(derivation, names)
        for claim, written in zip(found, chosen, strict=True):
            assert isinstance(claim, Claim), f"{written.line}: {claim}"
            reading = next((r for r in claim.readings if r.scale == scale), None)
            assert reading is not None, written.line
            beside.check(reading, written)
            count += 1
    return count


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        (name, preset)
        for at, name in enumerate((*EXAMPLES, *INLINE))
        for place, preset in enumerate(PRESETS)
        if (at + place) % 2 == 0
    ],
)
def test_some_lines_read_back(name: str, preset: str) -> None:
    """One line in forty of each derivation, other ones under each convention; every second one by turns."""
    assert check_read_back(name, preset, 40)


@pytest.mark.long
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", [*EXAMPLES, *INLINE])
def test_every_line_reads_back(name: str, preset: str) -> None:
    """Every line of each derivation."""
    assert check_read_back(name, preset, 1) > 5
