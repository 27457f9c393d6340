"""Whether every read stays inside its tensor: proved for all sizes, or declared to be 0 outside."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol, floor

from symbackprop.algebra.binding import free_indices, tensors_in
from symbackprop.algebra.ranges import affine_coefficient, is_nonnegative
from symbackprop.algebra.space import Ranges, Space
from symbackprop.algebra.symbols import ArgMax, indices_of, tensor_of
from symbackprop.errors import IndexRangeError
from symbackprop.model.reads import Read
from symbackprop.model.records import Equation, Tensor
from symbackprop.model.words import counted, named_place, ordinal, written


def check_bounds(read: Read, tensors: Mapping[str, Tensor], equation: Equation, space: Space) -> None:
    """The read stays in range at every axis; the entries of integer tensors are taken to be in range.

    Raises:
        IndexRangeError: an index of another size than the axis, or a position that may lie outside.
    """
    tensor = tensors[read.tensor]
    for axis, (position, extent) in enumerate(zip(read.indices, tensor.shape, strict=True)):
        if read.ranges.get(position) == extent or read.tensor in equation.padded or _is_data(position):
            continue
        sides = (position, (extent - 1 - position).expand())
        if all(is_nonnegative(side, read.ranges, space, read.known) for side in sides):
            continue
        if isinstance(position, Symbol) and position in read.ranges:
            raise _two_ranges(read, axis, position, tensor, equation)
        raise _outside(read, axis, position, tensor, equation)


def axis_outside(read: Expr, ranges: Ranges, space: Space) -> int | None:
    """The first axis at which an entry lies outside of its tensor wherever its indices stand, as x[n + 1] does.

    Such an entry is 0 and surely not meant. None for one that is inside somewhere, or would be if a number of entries
    were larger: h[t - 1] is outside at t = 0 alone, but for a single step.
    """
    for axis, (position, extent) in enumerate(zip(indices_of(read), space.shapes[str(tensor_of(read))], strict=True)):
        if extent.is_number and free_indices(position) & ranges.keys():
            continue
        if is_nonnegative(-position - 1, ranges, space) or is_nonnegative(position - extent, ranges, space):
            return axis
    return None


def _is_data(position: Expr) -> bool:
    """Whether a position is an entry of a tensor: data, in range or not, which only its owner can know."""
    return tensor_of(position) is not None


def _two_ranges(read: Read, axis: int, position: Symbol, tensor: Tensor, equation: Equation) -> IndexRangeError:
    extent, other = tensor.shape[axis], read.ranges[position]
    return IndexRangeError(
        f"the index {position} has two ranges in the equation of {equation.tensor}",
        where=named_place(equation.origin, tensor.name),
        because=f"It runs over {other}, and in {written(read.entry)} the {ordinal(axis)} axis of {tensor.name} has "
        f"{counted_size(extent)}.",
        fix=_mend(read, tensor, extent, other),
        name=position.name,
    )


def counted_size(extent: Expr) -> str:
    return counted(int(extent), "entry", "entries") if extent.is_Integer else f"{extent} entries"


def _mend(read: Read, tensor: Tensor, extent: Expr, other: Expr) -> str:
    if len(tensor.shape) == 2 and other in tensor.shape and tensor.shape[0] != tensor.shape[1]:
        return f"Did you mean {tensor.name}[{', '.join(map(written, reversed(read.indices)))}]?"
    if (extent - other).is_number:
        return "Make the two sizes equal, or use two indices."
    return f"Use two indices, make the sizes equal, or declare the size fact {extent} >= {other}."


def _outside(read: Read, axis: int, position: Expr, tensor: Tensor, equation: Equation) -> IndexRangeError:
    extent = tensor.shape[axis]
    least, most = _corner(position, read.ranges, least=True), _corner(position, read.ranges, least=False)
    has = f"the {ordinal(axis)} axis of {tensor.name} has {counted_size(extent)}, counted from 0"
    if least is None or most is None:
        because = f"It is not proved that {written(read.indices[axis])} stays in range: {has}."
    elif least == most:
        because = f"The index is {least}, and {has}."
    else:
        because = f"{written(read.indices[axis])} goes from {least} to {most}, and {has}."
    return IndexRangeError(
        f"{written(read.entry)} may lie outside {tensor.name}, in the equation of {equation.tensor}",
        where=named_place(equation.origin, tensor.name),
        because=because,
        fix=_kept(tensor.name, equation),
        name=tensor.name,
    )


def _kept(name: str, equation: Equation) -> str:
    padded = f"or pad {name}: then it reads 0 outside."
    if name == equation.tensor:
        return f"Give it a value there, in cases: {name}0[i] if t = 0 else {name}[t-1,i]; {padded}"
    return f"Keep the index in range, declare a size fact that does, {padded}"


def _corner(position: Expr, ranges: Ranges, *, least: bool) -> Expr | None:
    """The least or greatest value of an affine position over the boxes, in sizes; None if it is not affine."""
    for variable in sorted(free_indices(position) & set(ranges), key=str):
        slope = affine_coefficient(position, variable)
        if slope is None or not slope.is_number:
            return None
        at = 0 if bool(slope > 0) == least else ranges[variable] - 1
        position = (position - slope * variable + slope * at).expand()
    return None if tensors_in(position) or position.has(ArgMax, floor) else position
