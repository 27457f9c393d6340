r"""Samples from a CSV or NPZ file, as the arrays that a model's compiled function takes.

CSV: one row a sample, a header with one column for each entry of what a sample has: `x[0], x[1], y`, also `x1, x2` or
`x_1, x_2`; a tensor with a single entry goes by its name alone, and a one-hot target may be one column of classes,
0, 1, .... Between columns stands a comma, or else a semicolon or a tab. NPZ: the arrays themselves, by name, samples
where the model has them.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
import re
import struct
import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sympy import Integer, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.errors import DataError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Tensor
from symbackprop.notation.source import read_file

Arrays = dict[str, np.ndarray]
MAX_BYTES = 2_000_000_000
DATA_ROLES = ("input", "target", "constant")
MAX_ENTRIES = 100_000_000  # of one array that is made of a few numbers
_COLUMN = re.compile(r"\s*(?P<name>.+?)\s*(?:\[(?P<places>[0-9\s,]+)\]|_?(?P<number>[0-9]{1,18}))?\s*\Z")


def data_tensors(model: Model) -> tuple[Tensor, ...]:
    """What data gives: inputs, targets and constants, as one sample has them."""
    return tuple(tensor for tensor in model.tensors if tensor.role in DATA_ROLES and not model.defines(tensor.name))


def read_data(path: str | Path, model: Model) -> Arrays:
    """The arrays of all samples in the layout of the model's batch.

    Raises:
        DataError: no such file, no CSV or NPZ, columns or arrays that do not fit the model, entries that are not
            finite numbers.
    """
    path = Path(path)
    if path.suffix.lower() == ".npz":
        return _known(read_arrays(path), model, path)
    if path.suffix.lower() == ".csv":
        return _from_rows(*_rows(path), model, path)
    raise DataError(f"{path} is neither CSV nor NPZ", fix="Give a file that ends in .csv or .npz.", name=str(path))


# arrays in NPZ files

_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    lzma.LZMAError,
)
"""What NumPy and its readers of archives raise over bytes that are no archive of arrays, or not all of one."""


def read_arrays(path: Path) -> Arrays:
    """The arrays of an NPZ file; nothing in it is executed.

    Raises:
        DataError: no such file, no NPZ file, or arrays that are not numbers.
    """
    _check_file(path)
    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise DataError(f"{path} holds a single array", fix="Save arrays by name: numpy.savez.", name=str(path))
        with file:
            found = {name: file[name] for name in file.files}
    except _DAMAGE as error:
        raise DataError(
            f"{path} is no NPZ file of numbers",
            because=f"{str(error).rstrip('.') or type(error).__name__}.",
            fix="Write it with numpy.savez.",
            name=str(path),
        ) from None
    for name, array in found.items():
        kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        if getattr(kind, "kind", None) not in tuple("fiub"):
            raise DataError(
                f"{name} in {path} has no real numbers",
                because=f"Its type is {kind}.",
                fix="Save it as float64.",
                name=name,
            )
    return found


def _check_file(path: Path) -> None:
    if not path.is_file():
        what = "is no file" if path.exists() else "is not there"
        raise DataError(f"{path} {what}", fix="Check the path.", name=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path} is too large", because="It may have 2 GB.", fix="Split it.", name=str(path))


def _known(arrays: Arrays, model: Model, path: Path) -> Arrays:
    """The arrays, all of them the model's data and none missing."""
    wanted = [tensor.name for tensor in data_tensors(model)]
    for name in arrays:
        if name not in wanted:
            raise DataError(
                f"{path} has an array {name} that is no data of the model",
                fix=suggestion(name, wanted) or f"Its data are {', '.join(wanted)}.",
                name=name,
            )
    for name in wanted:
        if name not in arrays:
            raise DataError(f"{path} has no array {name}", because=f"It has {', '.join(arrays) or 'none'}.", name=name)
    return {name: arrays[name] for name in wanted}


# tables in CSV files


def _rows(path: Path) -> tuple[list[str], np.ndarray]:
    """The header of a CSV file, and its numbers, a row each."""
    _check_file(path)
    source = read_file(path)
    table = table_of(source.text, path)
    if len(table) < 2:
        raise DataError(
            f"{path} has no samples", fix="Give a header, x[0],x[1],y, and one row for each sample.", name=str(path)
        )
    header = [cell.strip() for cell in table[0]]
    if all(_is_number(cell) for cell in header):
        raise DataError(
            f"{path} has no header",
            because=f"Its first row is {', '.join(header[:6])}.",
            fix="Name the columns in the first row: x[0],x[1],y.",
            name=str(path),
        )
    for name, count in Counter(header).items():
        if count > 1:
            raise DataError(f"{path} has two columns {name!r}", fix="Rename or remove one.", name=name)
    return header, np.array([_numbers(row, number, header, path) for number, row in enumerate(table[1:], start=1)])


def table_of(text: str, path: Path) -> list[list[str]]:
    """The rows of a CSV text that are not empty; what its first line has between columns is what all have.

    Raises:
        DataError: quotes that are never closed, or a cell longer than any number.
    """
    first = next((line for line in text.split("\n") if line.strip()), "")
    between = next((sign for sign in (";", "\t") if sign in first), ",")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True))
    except csv.Error as error:
        raise DataError(
            f"{path} is no CSV file", because=f"{error}.", fix="Check its quotes: each is closed.", name=str(path)
        ) from None
    return [row for row in rows if any(cell.strip() for cell in row)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # which Python reads over: 1_0 for 10


def _numbers(row: Sequence[str], number: int, header: Sequence[str], path: Path) -> list[float]:
    if len(row) != len(header):
        raise DataError(
            f"sample {number} of {path} has {len(row)} columns, the header {len(header)}",
            fix="Give every row one number for each column.",
            name=str(path),
        )
    found = []
    for cell, column in zip(row, header, strict=True):
        value = float(cell) if _is_number(cell) else math.nan
        if not math.isfinite(value):
            raise DataError(
                f"{column} of sample {number} in {path} is no finite number",
                because=f"It is {cell.strip()!r}." if cell.strip() else "It is empty.",
                fix="Fill it in, or leave the sample out.",
                name=column,
            )
        found.append(value)
    return found


def _from_rows(header: list[str], rows: np.ndarray, model: Model, path: Path) -> Arrays:
    """The columns put together to one array for each tensor."""
    if model.samples is None and len(rows) > 1:
        raise DataError(
            f"{path} has {len(rows)} samples, and the model is of one",
            fix="Say where they stand: samples m in rows.",
            name=str(path),
        )
    tensors = {tensor.name: tensor for tensor in data_tensors(model)}
    columns = _columns(header, tensors, path)
    arrays: Arrays = {}
    for name, tensor in tensors.items():
        if name not in columns:
            raise DataError(
                f"{path} has no column for {tensor.role} {name}",
                because=f"Its columns are {', '.join(header)}.",
                fix=f"Name them {name}[0], {name}[1], ...: one for each entry of a sample.",
                name=name,
            )
        places = columns[name]
        samples = _classes(rows, places, tensor, path) if _is_label(tensor, places) else None
        if samples is None:
            samples = _assembled(rows, places, tensor, path)
        arrays[name] = _laid_out(samples, model)
    return arrays


Place = tuple[int, ...] | None


def _columns(header: list[str], tensors: Mapping[str, Tensor], path: Path) -> dict[str, dict[Place, int]]:
    """For each tensor, the position of an entry to the number of its column; None is the tensor by its bare name."""
    found: dict[str, dict[Place, int]] = {}
    for column, title in enumerate(header):
        name, place = _entry(title, tensors)
        if name is None:
            known = ", ".join(tensors)
            raise DataError(
                f"{path} has a column {title!r} that is no data of the model",
                fix=suggestion(title, tensors) or f"The model's data are {known}.",
                name=title,
            )
        entries = found.setdefault(name, {})
        if place in entries:
            raise DataError(
                f"{path} has two columns for one entry of {name}: {header[entries[place]]!r} and {title!r}",
                fix="Remove one of them.",
                name=title,
            )
        entries[place] = column
    return found


def _entry(title: str, tensors: Mapping[str, Tensor]) -> tuple[str | None, Place]:
    """The tensor and the position that a column's title names; numbers outside brackets count from 1."""
    if title in tensors:
        return title, None
    match = _COLUMN.match(title)
    if match is None or match["name"] not in tensors:
        return None, None
    place = places_in(match["places"] or match["number"] or "")
    if place is None:
        return None, None
    return match["name"], place if match["places"] else (place[0] - 1,)


def places_in(text: str) -> Place:
    """The numbers between commas; None where something else stands there, or more digits than any size has."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(map(int, parts)) if all(re.fullmatch("[0-9]{1,18}", part) for part in parts) else None


def _is_label(tensor: Tensor, places: Mapping[Place, int]) -> bool:
    """Whether one column of classes stands for a one-hot vector."""
    vector = len(tensor.shape) == 1 and tensor.shape != (1,)
    return set(places) == {None} and vector and any(fact.kind == "one_hot" for fact in tensor.facts)


def _classes(rows: np.ndarray, places: Mapping[Place, int], tensor: Tensor, path: Path) -> np.ndarray | None:
    """Classes 0, 1, ... as one-hot rows."""
    labels = rows[:, places[None]]
    extent = tensor.shape[-1]
    count = int(extent) if extent.is_Integer else int(labels.max()) + 1
    if count * len(labels) > MAX_ENTRIES:
        raise DataError(
            f"{tensor.name} in {path} has {float(count):,.0f} classes",
            because=f"Samples times classes are up to {MAX_ENTRIES:,}.",
            fix="Number the classes 0, 1, ... without gaps.",
            name=tensor.name,
        )
    wrong = [number for number, label in enumerate(labels, start=1) if label != int(label) or not 0 <= label < count]
    if wrong:
        raise DataError(
            f"{tensor.name} of sample {wrong[0]} in {path} is no class",
            because=f"It is {labels[wrong[0] - 1]:g}; classes are 0 to {count - 1}.",
            fix=f"Give classes 0, 1, ..., or one column for each entry: {tensor.name}[0], {tensor.name}[1], ....",
            name=tensor.name,
        )
    found = np.zeros((len(labels), count))
    found[np.arange(len(labels)), labels.astype(int)] = 1
    return found


def _assembled(rows: np.ndarray, places: Mapping[Place, int], tensor: Tensor, path: Path) -> np.ndarray:
    """An array with one sample along its first axis."""
    if set(places) == {None}:  # the name alone
        places = {(0,) * len(tensor.shape): places[None]}
    name, rank = tensor.name, len(tensor.shape)
    given = [place for place in places if place is not None]
    if None in places or any(len(place) != rank for place in given):
        raise DataError(
            f"the columns of {name} in {path} do not name entries of it",
            because=f"{name} has {rank} {'index' if rank == 1 else 'indices'}.",
            fix=f"Name them {name}[{', '.join('0' * rank)}] and so on.",
            name=name,
        )
    if any(min(place, default=0) < 0 for place in given):
        raise DataError(
            f"{path} has a column {name}0 that is no entry of {name}",
            because=f"Numbers outside brackets count from 1: {name}1 is {name}[0].",
            fix=f"Name the columns {name}1, {name}2, ... or {name}[0], {name}[1], ....",
            name=f"{name}0",
        )
    shape = tuple(1 + max(place[axis] for place in given) for axis in range(rank))
    for axis, extent in enumerate(tensor.shape):
        if extent.is_Integer and int(extent) != shape[axis]:
            raise DataError(
                f"{path} has {shape[axis]} entries of {name} along axis {axis}, the model {extent}",
                fix=f"Give columns {name}[0] to {name}[{extent - 1}].",
                name=name,
            )
    if math.prod(shape) > len(given):
        missing = f"{name}[{', '.join(map(str, first_gap(shape, given)))}]"
        raise DataError(f"{path} has no column {missing}", fix="Add it, or renumber the others.", name=missing)
    array = np.zeros((len(rows), *shape))
    for place in given:
        array[(slice(None), *place)] = rows[:, places[place]]
    return array


def first_gap(shape: tuple[int, ...], given: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """The first position that is not given, the last index fastest; no more are counted than are given."""
    known = set(given)
    for number in range(len(known) + 1):
        place = []
        for extent in reversed(shape):
            number, at = divmod(number, extent)
            place.insert(0, at)
        if tuple(place) not in known:
            return tuple(place)
    raise AssertionError("all positions are given")


def _laid_out(samples: np.ndarray, model: Model) -> np.ndarray:
    """Samples along the first axis to the model's own layout."""
    if model.samples is None:
        return samples[0]
    return samples if model.samples.side == "rows" else np.moveaxis(samples, 0, -1)


def sample_axis(model: Model) -> int:
    """The axis of samples in every array that has one."""
    assert model.samples is not None
    return 0 if model.samples.side == "rows" else -1


def sizes_told(model: Model, arrays: Mapping[str, np.ndarray]) -> dict[str, int]:
    """The sizes that the axes of the arrays tell, by name: plain ones, then those linear in one size, as 2 E is."""
    axes = [
        (extent, length)
        for tensor in model.batched().tensors
        if tensor.name in arrays
        for extent, length in zip(tensor.shape, np.shape(arrays[tensor.name]), strict=False)
    ]
    found: dict[str, int] = {}
    for extent, length in sorted(axes, key=lambda axis: not isinstance(axis[0], Symbol)):
        known = {symbol: Integer(found[symbol.name]) for symbol in extent.free_symbols if symbol.name in found}
        here = substitute(extent, known).expand()
        for symbol in here.free_symbols if len(here.free_symbols) == 1 else ():
            slope, rest = here.coeff(symbol), substitute(here, {symbol: Integer(0)})
            if slope.is_Integer and slope != 0 and rest.is_Integer and (length - int(rest)) % int(slope) == 0:
                found.setdefault(symbol.name, (length - int(rest)) // int(slope))
    return found
