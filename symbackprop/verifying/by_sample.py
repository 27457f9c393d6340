r"""One sample's loss by a tensor that all samples share: \(\partial L_s / \partial W\), in adjoints of sample s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, Symbol
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import apart, fresh, tensors_in
from symbackprop.algebra.symbols import adjoint, entry, indices_of, is_adjoint, primal, remade, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.records import Samples
from symbackprop.notation.claims.records import rooted


def by_sample(name: str, derivation: Derivation) -> dict[str, Array]:
    """`∂L∂W` over samples and the indices of W, and those of the shared tensors whose adjoints it reads.

    `derivation` is that of all samples, with the adjoints of sampled tensors by each sample's own loss. Empty where it
    has no derivation of one sample, or that does not reach `name`.
    """
    found: dict[str, Array] = {}
    waiting = [name]
    single, samples, loss = derivation.one_sample, derivation.source.samples, derivation.source.loss
    while waiting and single is not None and samples is not None:
        tensor = waiting.pop()
        if tensor not in single.adjoints or tensor in derivation.sampled:
            return {}
        step = single.step(tensor)
        array = replace(single.adjoints[tensor], expression=step.before)  # in the adjoints next to it alone
        found[rooted(loss, tensor)] = _of_each(array, derivation, samples, loss)
        read = {primal(n) for n in tensors_in(array.expression) if is_adjoint(n)} - derivation.sampled - {loss}
        waiting += sorted(tensor for tensor in read if rooted(loss, tensor) not in found)
    return dict(reversed(found.items()))


def _of_each(array: Array, derivation: Derivation, samples: Samples, loss: str) -> Array:
    sizes = {s for extent in (*array.shape, samples.size) for s in extent.free_symbols}
    index = fresh([*array.indices, *sizes], samples.index)
    expression = apart(array.expression, [index, *array.indices])
    indices, shape = (index, *array.indices), (samples.size, *array.shape)
    return Array(indices, shape, _sampled(expression, index, derivation, samples, loss))


def _sampled(expr: Expr, index: Symbol, derivation: Derivation, samples: Samples, loss: str) -> Expr:
    """The formula of one sample as that of sample `index`."""
    name = tensor_of(expr)
    if name is not None:
        at = tuple(_sampled(i, index, derivation, samples, loss) for i in indices_of(expr))
        tensor = primal(name) if is_adjoint(name) else name
        if tensor in derivation.sampled:
            return entry(name, *((index, *at) if samples.side == "rows" else (*at, index)))
        return entry(rooted(loss, tensor), index, *at) if name == adjoint(tensor) else entry(name, *at)
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    return remade(expr, tuple(_parts(expr, index, derivation, samples, loss)))


def _parts(expr: Expr, index: Symbol, derivation: Derivation, samples: Samples, loss: str) -> Iterator[Expr]:
    for part in expr.args:
        inside = isinstance(part, Expr) or part.args
        yield _sampled(part, index, derivation, samples, loss) if inside else part
