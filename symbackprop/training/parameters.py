"""Parameters from a file: NPZ arrays by name, or CSV with one entry a row.

    entry,value
    W1[0,0],0.15
    b1[0],-0.2

In brackets positions count from 0; `w1_1_2` and `W1_1_2` count from 1. A tensor with a single entry goes by its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from symbackprop.algebra.symbols import size
from symbackprop.derivation.graph import extents
from symbackprop.errors import DataError, suggestion
from symbackprop.model.model import Model
from symbackprop.notation.source import read_file
from symbackprop.training.data import Arrays, first_gap, places_in, read_arrays, sizes_told, table_of

_ENTRY = re.compile(r"(?P<name>.+?)(?:\[(?P<places>[0-9\s,]+)\]|_(?P<numbers>[0-9]+(?:_[0-9]+)*))?")


_MOST = 10**4  # of a size that entries tell


def read_parameters(path: Path, model: Model, sizes: Mapping[str, int]) -> Arrays:
    """The arrays of an NPZ or CSV file for tensors that no equation defines, at the given sizes.

    Sizes that are not given are those that the entries in a CSV file tell: the last one of each axis.

    Raises:
        DataError: no such file, or entries that do not fit the model.
    """
    if path.suffix.lower() == ".npz":
        return read_arrays(path)
    if path.suffix.lower() != ".csv":
        raise DataError(f"{path} is neither CSV nor NPZ", fix="Give a file that ends in .csv or .npz.", name=str(path))
    if not path.is_file():
        raise DataError(f"{path} is not there", fix="Check the path.", name=str(path))
    rows = _rows(path)
    shapes = _shapes(model, {**_told(model, [written for written, _ in rows]), **sizes})
    entries: dict[str, dict[tuple[int, ...], float]] = {}
    for written, value in rows:
        name, place = _entry(written, shapes, path)
        known = entries.setdefault(name, {})
        if place in known:
            raise DataError(f"{path} gives {written} twice", fix="Remove one of the rows.", name=written)
        known[place] = value
    for name, known in entries.items():
        if len(known) < math.prod(shapes[name]):
            where = ",".join(map(str, first_gap(shapes[name], known)))
            raise DataError(
                f"{path} has no value for {name}[{where}]", fix="Give every entry of a tensor a row.", name=name
            )
    return {name: _array(shapes[name], known) for name, known in entries.items()}


def _array(shape: tuple[int, ...], entries: Mapping[tuple[int, ...], float]) -> np.ndarray:
    array = np.zeros(shape)
    for place, value in entries.items():
        array[place] = value
    return array


def _shapes(model: Model, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The shapes that are numbers, of the tensors that no equation defines."""
    known = {size(name): value for name, value in sizes.items()}
    plain = [tensor for tensor in model.tensors if not model.defines(tensor.name)]
    return {
        tensor.name: extents(model, tensor.name, known)
        for tensor in plain
        if {s for extent in tensor.shape for s in extent.free_symbols} <= set(known)
    }


def _told(model: Model, written: list[str]) -> dict[str, int]:
    """The sizes that entries tell by the largest position along each axis."""
    ranks = {t.name: len(t.shape) for t in model.tensors if not model.defines(t.name)}
    names = _names(ranks)
    last: dict[str, list[int]] = {}
    for match in (_ENTRY.fullmatch(entry) for entry in written if entry not in names):
        of = names.get(match["name"]) if match is not None else None
        place = _place(match) if match is not None else ()
        if of is not None and len(place) == ranks[of] and all(0 <= p < _MOST for p in place):
            last[of] = [max(pair) for pair in zip(last.get(of, place), place, strict=True)]
    shaped = {of: np.broadcast_to(0.0, [p + 1 for p in place]) for of, place in last.items()}
    return sizes_told(model, shaped)


def _rows(path: Path) -> list[tuple[str, float]]:
    rows = table_of(read_file(path).text, path)
    found = []
    for number, row in enumerate(rows):
        cells = [",".join(row[:-1]).strip(), row[-1].strip()]
        try:
            value = float(cells[1])
        except ValueError:
            if number == 0:
                continue  # the header
            value = math.nan
        if len(row) < 2 or not math.isfinite(value):
            raise DataError(
                f"row {number + 1} of {path} is no entry with its value",
                because=f"It reads {','.join(row)!r}.",
                fix="Write the name of an entry, a comma and a number: W1[0,0],0.15.",
                name=str(path),
            )
        found.append((cells[0], value))
    if not found:
        raise DataError(
            f"{path} gives no entry", fix="Write a row for each: its name, a comma and a number.", name=str(path)
        )
    return found


def _entry(written: str, shapes: Mapping[str, tuple[int, ...]], path: Path) -> tuple[str, tuple[int, ...]]:
    """The tensor and the position that a row names."""
    names = _names(shapes)
    match = None if written in names else _ENTRY.fullmatch(written)
    of = names.get(written if match is None else match["name"])
    if of is None:
        raise DataError(
            f"{path} has an entry {written!r} of no tensor of the model",
            fix=suggestion(written.partition("[")[0], names) or f"Its tensors are {', '.join(shapes)}.",
            name=written,
        )
    shape = shapes[of]
    place = _place(match) if match is not None else (0,) * len(shape)
    inside = len(place) == len(shape) and all(0 <= p < extent for p, extent in zip(place, shape, strict=True))
    if not inside or (match is None and math.prod(shape) > 1):
        shown = " × ".join(map(str, shape)) or "a single number"
        raise DataError(f"{path} has {written!r}, which is no entry of {of}", because=f"{of} is {shown}.", name=of)
    return of, place


def _names(known: Iterable[str]) -> dict[str, str]:
    """What a row may call a tensor: by its name, or by that with a small first letter."""
    return {name[:1].lower() + name[1:]: name for name in known} | {name: name for name in known}


def _place(match: re.Match[str]) -> tuple[int, ...]:
    if match["places"] is not None:
        return places_in(match["places"]) or (-1,)
    found = places_in((match["numbers"] or "").replace("_", ","))
    return tuple(place - 1 for place in found or (0,))
