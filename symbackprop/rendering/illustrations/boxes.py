"""The products of matrices as boxes to scale, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.algebra.matrices.grammar import Matrix, leaves
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import StepKind, of_kind
from symbackprop.rendering.figures.boxes import parts_of, product_boxes
from symbackprop.rendering.illustrations.subject import Illustration, Subject, sizes_told

_MOST = 8  # products that are shown without being asked for


def illustration(subject: Subject) -> Illustration | None:
    """Every product of tensors; None where there is none, or where there are many and nobody asked."""
    formulas, sizes = subject.whole, subject.sizes()
    found = [parts_of(left, right, formulas.names, sizes) for left, right in _equations(formulas.derivation)]
    products = list(dict.fromkeys(parts for parts in found if parts))
    if not products or (len(products) > _MOST and not subject.asked):
        return None
    letters = {s.name for e in formulas.derivation.model.tensors for extent in e.shape for s in extent.free_symbols}
    facts = {"sizes": sizes_told(formulas, sizes, letters), "one": len(products) == 1}
    return Illustration("boxes", product_boxes(products), facts)


def _equations(derivation: Derivation) -> Iterator[tuple[Matrix, Matrix]]:
    for step in (*derivation.forward, *derivation.steps):
        for form in of_kind(step, StepKind.MATRIX)[-1:]:
            if not isinstance(form.left, Matrix) or not isinstance(form.after, Matrix):
                continue
            if not all(leaf.is_scalar for leaf in leaves(form.after)):  # numbers have no dimensions
                yield form.left, form.after
