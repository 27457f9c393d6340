"""The formulas of one derivation as strings, in one format and under one set of conventions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from sympy import Expr, Symbol

from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.algebra.space import Premise
from symbackprop.algebra.symbols import Partial, adjoint, entry, indices_of, is_adjoint, part_of, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.rates import LEARNING_RATES, learning_rate
from symbackprop.derivation.steps import Formula, Step, StepKind, of_kind
from symbackprop.model.records import Tensor
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.expressions import expression
from symbackprop.notation.writing.functions import function_call
from symbackprop.notation.writing.glyphs import Nomenclature, letter, nomenclature, tensor_layout, with_letters
from symbackprop.notation.writing.layout import Chain, Crossed, Layout, Row, Sign
from symbackprop.notation.writing.lines import width
from symbackprop.notation.writing.matrix_layout import formula
from symbackprop.notation.writing.spellings import SPELLINGS, Spelling
from symbackprop.notation.writing.typst import plain_number
from symbackprop.rendering.shapes import is_all_scalar, shape_formula

_IN_A_SENTENCE = 30.0  # letters of middle width; a line has about 80


@dataclass(frozen=True, slots=True)
class Formulas:
    """Writes what stands in the steps of `derivation`."""

    derivation: Derivation
    names: Nomenclature
    format: str

    @property
    def spelling(self) -> Spelling:
        return SPELLINGS[self.format]

    def inline(self, math: str) -> str:
        """Mathematics within a sentence."""
        return self.spelling.inline(math)

    def tensor(self, name: str) -> str:
        return self.inline(self.spelling.name(name, self.names))

    def adjoint(self, name: str) -> str:
        return self.tensor(adjoint(name))

    def entry(self, of: Expr) -> str:
        """An entry within a sentence."""
        return self.inline(self.spelling.formula(of, self.names))

    def number(self, written: str) -> str:
        """A number from a table, which has it in LaTeX, within a sentence."""
        return self.inline(plain_number(written) if self.format == "typst" else written)

    def index(self, of: Symbol) -> str:
        """An index within a sentence."""
        return self.inline(self.spelling.layout(self.names.index(of), self.names))

    def function(self, name: str) -> str:
        """The sign or the name of a function within a sentence; empty for none."""
        return self.inline(self.spelling.layout(function_call(name, (), 0, self.names), self.names)) if name else ""

    def hadamard(self) -> str:
        """The sign of products by entries."""
        return self.inline(self.spelling.layout(Row((Sign(self.names.conventions.hadamard),)), self.names).strip())

    def is_wide(self, *formulas: Formula) -> bool:
        """Whether `a = b` is too wide to stand within a sentence, in whatever format: LaTeX says it for all."""
        return width(SPELLINGS["tex"].chain(formulas, self.names)) > _IN_A_SENTENCE

    def line(self, *formulas: Formula, sign: str = "=") -> str:
        """`a = b` on one line."""
        return self.spelling.chain(formulas, self.names, sign)

    def plain(self, words: str) -> str:
        """Words as the format has them."""
        return self.spelling.plain(words)

    def premise(self, premise: Premise) -> str:
        """A premise of a proof in words."""
        if isinstance(premise.subject, Expr):
            subject = self.entry(premise.subject)
        else:
            subject = self.tensor(premise.subject) if premise.subject else ""
        words = {"sums to 1": "the entries sum to 1", "is 0 or 1": "each entry is 0 or 1", "is above 0": "above 0"}
        said = words.get(premise.kind, premise.kind)
        return f"{subject}: {said}" if subject else said

    def layout(self, of: Layout) -> str:
        """A layout within a sentence."""
        return self.inline(self.spelling.layout(of, self.names))

    def letter(self, name: str) -> str:
        """A letter that is neither a tensor nor an index within a sentence."""
        return self.layout(letter(name))

    def name_layout(self, tensor: str) -> Layout:
        """The whole of a tensor."""
        return tensor_layout(tensor, (), self.names)

    def shape_layout(self, shape: Sequence[Expr]) -> Layout:
        """`h × n`; a vector has one size, and a scalar is called so."""
        return Crossed(tuple(expression(size, self.names) for size in shape))

    def shape(self, shape: Sequence[Expr]) -> str:
        return self.inline(self.spelling.shape(shape, self.names))

    def size(self, size: Expr) -> str:
        return self.entry(size)

    def chain(self, *formulas: Formula, sign: str = "=") -> str:
        """`a = b = c`, over several lines where it is long."""
        return self.spelling.lines(list(dict.fromkeys(formulas)), self.names, sign)

    def block(self, equations: Sequence[Sequence[Formula]], sign: str = "=") -> str:
        """Equations under each other, aligned."""
        return self.spelling.block([list(dict.fromkeys(equation)) for equation in equations], self.names, sign)

    def part(self, tensor: str, left: Formula, through: str) -> Formula:
        """The left side of a contribution: of the adjoint of `tensor`, what comes by way of `through`."""
        return entry(part_of(adjoint(tensor), through), *indices_of(left)) if _is_adjoint(left) else left

    def schema(self, step: Step) -> str:
        """The chain rule over whole tensors, a product of partials for each path; empty if only the root reads it."""
        through = [c.through for c in of_kind(step, StepKind.CONTRIBUTION) if c.through is not None]
        if all(self._is_root(name) for name in through):
            return ""
        paths = [part for name in through for part in (Sign("+"), *self._path(name, step.tensor))][1:]
        whole = self.partial(self.names.root_of(step.tensor), step.tensor)
        return self.spelling.layout(Chain((whole, Row(tuple(paths)))), self.names)

    def _path(self, through: str, to: str) -> tuple[Layout, ...]:
        if self._is_root(through):
            return (formula(entry(part_of(adjoint(to), through)), self.names),)
        rest = (self.partial(self.names.root_of(through), through), Sign(""), self.partial(through, to))
        if not self._joins_samples(through, to):
            return rest
        return (formula(self.derivation.scale, self.names), Sign("thin"), *rest)

    def _is_root(self, through: str) -> bool:
        """Whether it is what is differentiated itself: the root, or each sample's own loss."""
        return through in (self.derivation.root, self.names.root_of(through))

    def _joins_samples(self, through: str, to: str) -> bool:
        """Whether the losses of samples, each by itself in `through`, become the cost of all in `to`."""
        sampled = self.derivation.sampled
        return self.derivation.scale != 1 and through in sampled and to not in sampled

    def partial(self, of: str, by: str) -> Layout:
        r"""\(\partial L / \partial W\), of whole tensors."""
        return formula(Partial(entry(of), entry(by)), self.names)

    def matrix(self, steps: Sequence[Step]) -> str:
        """The matrix forms of one tensor as one chain: with derivatives by name first, then folded."""
        chosen = list(steps)
        if self.names.conventions.local_derivatives == "primed":
            chosen = chosen[:1]
        return self.chain(chosen[0].left, *(step.after for step in chosen))

    def shapes(self, step: Step) -> str:
        """The shape check of a matrix form: `(1 × h) = (1 × 1)(1 × h)`; empty where there is but one shape."""
        if not isinstance(step.left, Matrix) or not isinstance(step.after, Matrix):
            return ""
        if is_all_scalar(step.after):
            return ""
        left, right = (shape_formula(side, self.names) for side in (step.left, step.after))
        return self.spelling.layout(Chain((left, right)), self.names) if left != right else ""

    def result(self, step: Step, level: str) -> tuple[Formula, Formula]:
        """The final form of one tensor's adjoint: as matrices where it has such a form, else entry by entry."""
        matrices = of_kind(step, StepKind.MATRIX)
        if not matrices or level == "index":
            return step.left, step.after
        primed = self.names.conventions.local_derivatives == "primed"
        return matrices[0].left, matrices[0 if primed else -1].after


def _is_adjoint(left: Formula) -> TypeGuard[Expr]:
    """Whether a left side is an entry of an adjoint."""
    return isinstance(left, Expr) and is_adjoint(tensor_of(left) or "")


def formulas_of(derivation: Derivation, conventions: Conventions, format: str) -> Formulas:
    """The writer for one derivation; tensors with one entry per sample may get capitals, and have L for their root."""
    batch = derivation.sampled if derivation.scale != 1 else frozenset()
    rates = dict.fromkeys((*LEARNING_RATES, learning_rate(derivation.model)))
    names = nomenclature(
        conventions,
        derivation.space,
        tensors=(*derivation.model.tensors, *(Tensor(name, (), "constant") for name in rates)),
        root=derivation.root,
        roots=dict.fromkeys(sorted(batch), derivation.source.loss),
        sampled=sorted(derivation.sampled),
    )
    return Formulas(derivation, with_letters(names, derivation.source), format)
