r"""What a claim should have said, as text in the names of the model: the derivation's own form of its subject."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.display import display
from symbackprop.algebra.elimination import put_in
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.symbols import Partial, entry, indices_of, is_adjoint, parted, remade, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Formula, Step, StepKind, of_kind
from symbackprop.notation.claims.records import rooted
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.text import text_chain
from symbackprop.verifying.claims.judging import Basis
from symbackprop.verifying.truths import Truth, direct_name, partial_of

LONGEST = 400  # parts of a formula that is shown


def names_of(derivation: Derivation, conventions: Conventions) -> Nomenclature:
    """How tensors and adjoints are called in the text of a verdict; samples get no capitals."""
    batch = derivation.sampled if derivation.scale != 1 else frozenset()
    return nomenclature(
        conventions,
        derivation.space,
        tensors=derivation.model.tensors,
        root=derivation.root,
        roots=dict.fromkeys(sorted(batch), derivation.source.loss),
    )


def expected(subject: Subject, basis: Basis, derivation: Derivation, conventions: Conventions) -> str:
    """The formula of what a claim is about, as matrices where the claim names a whole tensor; empty for expressions.

    `basis` is what the claim was judged by, `derivation` the one at its scale that has 1/m where the convention says.
    """
    names = names_of(derivation, conventions)
    if subject.kind == "adjoint" and subject.name in derivation.adjoints:
        return text_chain(_sides(derivation.step(subject.name), subject), names)
    if subject.kind == "tensor":
        step = next((s for s in derivation.forward if s.tensor == subject.name), None)
        return "" if step is None else text_chain(_sides(step, subject), names)
    if subject.kind == "local derivative":
        return _local(subject, basis, names)
    return ""


def _sides(step: Step, subject: Subject) -> list[Formula]:
    matrices = of_kind(step, StepKind.MATRIX)
    chosen = matrices[-1] if matrices and not subject.indices else step
    return [chosen.left, chosen.after]


def _local(subject: Subject, basis: Basis, names: Nomenclature) -> str:
    """The derivative of one tensor by another as the note means it, in values of the forward pass."""
    truth, of, by = basis.truth, subject.of, subject.name
    if of not in truth.space.shapes or by not in truth.space.shapes:
        return ""
    name = direct_name(of, by) if rooted(of, by) in basis.partials.held else rooted(of, by)
    known = truth if truth.knows(name) else truth.with_partials((name,))
    array = known.space.definitions.get(name)
    if array is None:
        return ""
    rank = len(truth.space.shapes[of])
    left: Expr = Partial(entry(of, *array.indices[:rank]), entry(by, *array.indices[rank:]))
    return text_chain([left, as_partials(_in_values(array, known).expression, truth)], names)


def as_partials(expr: Expr, truth: Truth) -> Expr:
    """The expression with each entry of ∂v/∂u as the derivative that it is."""
    name = tensor_of(expr)
    of, by = partial_of(name) or ("", "") if name is not None else ("", "")
    if by:
        at, rank = indices_of(expr), len(truth.space.shapes.get(of, ()))
        return Partial(entry(of, *at[:rank]), entry(by, *at[rank:]))
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    return remade(expr, (as_partials(a, truth) if isinstance(a, Expr) or a.args else a for a in expr.args))


def _in_values(array: Array, truth: Truth) -> Array:
    """The formula with the derivatives of tensors by tensors in it put in, as far as it stays short."""
    space, ranges = truth.space, dict(zip(array.indices, array.shape, strict=True))
    expression = array.expression
    known = {name for name in space.definitions if _is_derivative(name)} - truth.recurrent
    while inner := [name for name in tensors_in(expression) if name in known]:
        expression = display(put_in(expression, inner, ranges, space), ranges, space)
        if size_of(expression) > LONGEST:
            return array
    return replace(array, expression=expression)


def _is_derivative(name: str) -> bool:
    """Whether a name is that of the derivative of a tensor by another, over all paths or not."""
    return partial_of(name) is not None or (not is_adjoint(name) and parted(name)[1] != "")
