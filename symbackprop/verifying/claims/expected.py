r"""What a claim should have said, as text in the names of the model: the derivation's own form of its subject."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.symbols import Partial, adjoint, entry
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Formula, Step, StepKind, of_kind
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.subjects import Subject
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature
from symbackprop.notation.writing.text import text_chain
from symbackprop.verifying.truths import Truth


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


def expected(subject: Subject, truth: Truth, derivation: Derivation, conventions: Conventions) -> str:
    """The formula of what a claim is about, as matrices where the claim names a whole tensor; empty for expressions.

    `derivation` is the one at the claim's scale that has 1/m where the convention says.
    """
    names = names_of(derivation, conventions)
    if subject.kind == "adjoint" and subject.name in derivation.adjoints:
        return text_chain(_sides(derivation.step(subject.name), subject), names)
    if subject.kind == "tensor":
        step = next((s for s in derivation.forward if s.tensor == subject.name), None)
        return "" if step is None else text_chain(_sides(step, subject), names)
    if subject.kind == "local derivative":
        return _local(subject, truth, names)
    return ""


def _sides(step: Step, subject: Subject) -> list[Formula]:
    matrices = of_kind(step, StepKind.MATRIX)
    chosen = matrices[-1] if matrices and not subject.indices else step
    return [chosen.left, chosen.after]


def _local(subject: Subject, truth: Truth, names: Nomenclature) -> str:
    of, by = subject.of, subject.name
    if of not in truth.space.definitions or by not in truth.space.shapes:
        return ""
    array: Array = truth.local(of, by)
    rank = len(truth.space.shapes[of])
    left: Expr = Partial(entry(of, *array.indices[:rank]), entry(by, *array.indices[rank:]))
    return text_chain([left, array.expression], names)


def adjoint_name(name: str, names: Nomenclature) -> str:
    """`dW1` or `∂L/∂W1`, as the convention has it."""
    return text_chain([entry(adjoint(name))], names)
