r"""What the adjoints in a note are taken to be: multiples of the canonical ones of a `Truth`.

\(dz\) over all samples may be the derivative of each sample's own loss, with the mean's 1/m at the parameters, or that
of the cost, with 1/m in every adjoint; an author may have the sum of the losses in mind, or half the squared error. All
of these multiply adjoints by numbers, so a claim is judged under each by putting those numbers in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sympy import Add, Expr, Integer, Pow, Rational, S
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import adjoint, entry, indices_of, is_adjoint, parted, primal, remade, tensor_of
from symbackprop.notation.conventions import Stand
from symbackprop.verifying.truths import Truth, direct_name, partial_of

Units = tuple[Expr | None, Expr | None]
"""For a tensor with an entry per sample, and for one without: the multiple of its canonical adjoint; None for none."""

_ONE: Units = (S.One, S.One)
_NONE: Units = (None, None)


class NoMeaningError(ValueError):
    """A name that says nothing under these conventions, such as ∂J/∂W where only one sample is meant."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The units of `∂u`, of `∂L/∂u` and of `∂J/∂u`, and what L and J are multiples of; `words` name a convention.

    `batch` is the size of which a tensor must have an axis to count as one with an entry per sample, in a model whose
    equations are those of a batch; None where the model has samples, or one alone.
    """

    words: str = ""
    plain: Units = _ONE
    loss: Units = _ONE
    cost: Units = _NONE
    loss_value: Expr = S.One
    cost_value: Expr = S.One
    batch: Expr | None = None

    def times(self, factor: Expr, words: str) -> Meaning:
        """The same for a loss that is `factor` times the model's."""

        def scaled(units: Units) -> Units:
            sampled, shared = (None if unit is None else factor * unit for unit in units)
            return sampled, shared

        return Meaning(
            words,
            scaled(self.plain),
            scaled(self.loss),
            scaled(self.cost),
            factor * self.loss_value,
            factor * self.cost_value,
        )


def stated(truth: Truth, one_over_m: Stand) -> Meaning:
    """What is meant under the stated convention."""
    each = truth.each
    if truth.scale == "one sample":
        return Meaning()
    if each is None:
        return Meaning(loss=_NONE, cost=_ONE)
    plain = _ONE if one_over_m == "parameters" else (each, S.One)
    loss: Units = (S.One, None) if truth.cost is not None else _ONE
    return Meaning(plain=plain, loss=loss, cost=(each, S.One))


def others(truth: Truth, one_over_m: Stand) -> tuple[Meaning, ...]:
    """What else may be meant, the likeliest first; each under the words that name it."""
    known = stated(truth, one_over_m)
    found = [*_of_samples(truth, one_over_m, known)]
    if truth.cost is not None and truth.scale == "one sample":
        words = f"{truth.cost} stands for {truth.loss}, the loss of one sample"
        found.append(replace(known, words=words, cost=_ONE))
    found += [_of_batch(size) for size in _batches(truth)]
    if _has_square(truth) and not _has_penalty(truth):
        found += [
            known.times(Rational(1, 2), "with a factor ½ in the squared error, which the model does not have"),
            known.times(Integer(2), "without the factor ½ in the squared error, which the model has"),
        ]
    return tuple(found)


def _of_samples(truth: Truth, one_over_m: Stand, known: Meaning) -> list[Meaning]:
    """Other places of 1/m, the loss for the cost, the sum for the mean and the mean for the sum."""
    each, samples = truth.each, truth.derivation.source.samples
    if truth.scale == "one sample" or each is None or samples is None or truth.cost is None:
        return []
    loss_for_cost = replace(known, words=f"{truth.loss} stands for the cost {truth.cost}", loss=known.plain)
    if _has_penalty(truth) and each == 1:
        return [loss_for_cost]
    if each == 1:
        mean: Units = (1 / samples.size, 1 / samples.size)
        words = f"{truth.cost} is the mean of the losses; the model has their sum"
        at_parameters = Meaning(words, (S.One, mean[1]), (S.One, mean[1]), mean, S.One, mean[1])
        return [loss_for_cost, at_parameters, replace(at_parameters, plain=mean)]
    there, here = "in every adjoint, not at the parameters alone", "at the parameters alone, not in every adjoint"
    place = there if one_over_m == "parameters" else here
    moved = stated(truth, "adjoints" if one_over_m == "parameters" else "parameters")
    shared: Units = (S.One, 1 / each)
    words = f"{truth.cost} is the sum of the losses; the model has their mean"
    summed = Meaning(words, shared, shared, shared, S.One, 1 / each)
    found = [replace(moved, words=f"with 1/{samples.size} {place}"), loss_for_cost]
    return found if _has_penalty(truth) else [*found, summed]


def _of_batch(size: Expr) -> Meaning:
    return Meaning(f"with 1/{size} at the parameters alone, not in every adjoint", (size, S.One), batch=size)


def _batches(truth: Truth) -> Iterator[Expr]:
    """The sizes m by which the loss of a whole batch divides a sum over tensors with m entries along an axis."""
    if truth.derivation.source.samples is not None or truth.loss not in truth.space.definitions:
        return
    shapes = truth.space.shapes
    for term in Add.make_args(truth.space.definitions[truth.loss].expression):
        axes = {size for name in tensors_in(term) for size in shapes[name] if size.is_Symbol}
        yield from sorted((size for size in axes if term.as_powers_dict().get(size) == -1), key=str)


def _has_penalty(truth: Truth) -> bool:
    """Whether the cost has terms of its own, which do not grow with the losses."""
    cost = truth.derivation.source.cost
    return cost is not None and bool(tensors_in(cost.expression) - {truth.loss})


def _has_square(truth: Truth) -> bool:
    loss = truth.space.definitions.get(truth.loss)
    return loss is not None and any(power.exp == 2 for power in loss.expression.atoms(Pow))


# putting it in


def in_units(array: Array, meaning: Meaning, truth: Truth, direct: Collection[str] = ()) -> Array:
    """The array with each adjoint and partial derivative as a multiple of the canonical one.

    Derivatives of one tensor by another go over all paths, those in `direct` by the equation of the former alone.

    Raises:
        NoMeaningError: a derivative that has no meaning, or that the model lacks.
    """
    return replace(array, expression=_in_units(array.expression, meaning, truth, direct))


def _in_units(expr: Expr, meaning: Meaning, truth: Truth, direct: Collection[str]) -> Expr:
    name = tensor_of(expr)
    if name is not None:
        return _unit(name, indices_of(expr), meaning, truth, direct)
    if isinstance(expr, Indexed) or not expr.args:
        return expr
    parts = (_in_units(a, meaning, truth, direct) if isinstance(a, Expr) or a.args else a for a in expr.args)
    return remade(expr, parts)


def _unit(name: str, indices: tuple[Expr, ...], meaning: Meaning, truth: Truth, direct: Collection[str]) -> Expr:
    """One name as a multiple of a canonical one."""
    if not is_adjoint(name):
        return _value_unit(name, meaning, truth) * entry(name, *indices)
    parts = partial_of(name)
    if parts is None and name in direct:
        parts = truth.derivation.root, primal(name)
    if parts is None:
        return _multiple(meaning.plain, primal(name), indices, name, truth, meaning.batch)
    of, by = parts
    if name in direct:
        return _value_unit(of, meaning, truth) * entry(direct_name(of, by), *indices)
    if of == truth.cost and truth.knows(adjoint(by)):
        return _multiple(meaning.cost, by, indices, name, truth, meaning.batch)
    if of == truth.loss and truth.knows(adjoint(by)) and len(indices) == len(truth.space.shapes[adjoint(by)]):
        return _multiple(meaning.loss, by, indices, name, truth, meaning.batch)
    if not truth.knows(name) or not _is_one_step(of, by, indices, truth):
        raise NoMeaningError(name)
    return entry(name, *indices)


def _is_one_step(of: str, by: str, indices: tuple[Expr, ...], truth: Truth) -> bool:
    """Whether the derivative of a recurrence by itself, which is over the paths of one step, is asked for that step."""
    direct = by in truth.reads[of] and of != by
    if direct or by not in truth.recurrent or not truth.is_endless(of, by):
        return True
    step = truth.by_one_step(of, by)
    later, earlier = indices[0], indices[len(truth.space.shapes[of])]
    return step is not None and (later - earlier - step[1]).expand() == 0


def _value_unit(name: str, meaning: Meaning, truth: Truth) -> Expr:
    """What the value of a tensor is a multiple of: that of the model but for loss and cost."""
    return {truth.loss: meaning.loss_value, truth.cost: meaning.cost_value}.get(name, S.One)


def _is_sampled(tensor: str, batch: Expr | None, truth: Truth) -> bool:
    """Whether a tensor has an entry for each sample."""
    if batch is None:
        return tensor in truth.derivation.sampled
    return batch in truth.space.shapes[tensor]


def _multiple(
    units: Units, tensor: str, indices: tuple[Expr, ...], name: str, truth: Truth, batch: Expr | None
) -> Expr:
    unit = units[0] if _is_sampled(parted(tensor)[0], batch, truth) else units[1]
    if unit is None or not truth.knows(adjoint(tensor)):
        raise NoMeaningError(name)
    return unit * entry(adjoint(tensor), *indices)
