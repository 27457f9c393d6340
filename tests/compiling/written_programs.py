"""Programs written statement by statement, and a run of their code beside the reference interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sympy import Expr, Symbol, sympify

from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import index, size
from symbackprop.compiling.numpy_code import NumpyCode, emit
from symbackprop.compiling.program import Elementwise, Program, Statement
from symbackprop.model.functions import FUNCTIONS
from tests.compiling.interpreter import interpret

a, b, c, d, i, j, k, s, t, u, v = (index(name) for name in "abcdijkstuv")
n, m, h = size("n"), size("m"), size("h")
SIZES: Mapping[Symbol, int] = {n: 3, m: 4, h: 2}

Shape = tuple[Expr | int, ...]


def box(**sizes: Expr | int) -> tuple[tuple[Symbol, Expr], ...]:
    """`box(i=n, j=2)`: indices by name, each with its size."""
    return tuple((index(name), sympify(extent, strict=True)) for name, extent in sizes.items())


def program(
    arguments: Mapping[str, Shape],
    statements: Iterable[Statement],
    made: Mapping[str, Shape],
    results: Iterable[str] | None = None,
    *,
    functions: Mapping[str, ScalarFunction] | None = None,
    numbers: Mapping[str, str] | None = None,
) -> Program:
    """Statements over arguments, with a loss of 0; `results` (default: all that is made) are gradients by name."""
    made = {**made, "L": ()}
    shapes = {name: tuple(sympify(e, strict=True) for e in shape) for name, shape in {**arguments, **made}.items()}
    space = Space(shapes=shapes, functions={**FUNCTIONS, **(functions or {})})
    wanted = [name for name in made if name != "L"] if results is None else list(results)
    statements = (Elementwise("L", (), (), sympify(0)), *statements)
    return Program(tuple(arguments), statements, space, "L", {name: name for name in wanted}, numbers or {})


def data_for(of: Program, seed: int = 0, below: Mapping[str, int] | None = None) -> dict[str, np.ndarray]:
    """An array for each argument: numbers of both signs away from 0; integers below a limit where one is given."""
    random = np.random.default_rng(seed)
    data = {}
    for name in of.arguments:
        extents = of.space.shapes[name]
        others = {s: 2 + sum(map(ord, s.name)) % 3 for extent in extents for s in extent.free_symbols}
        shape = tuple(int(extent.xreplace({**others, **SIZES})) for extent in extents)
        values = random.uniform(0.3, 1.7, shape) * random.choice([-1.0, 1.0], shape)
        is_index = below is not None and name in below
        data[name] = np.asarray(random.integers(0, below[name], shape) if is_index else values)
    return data


def run(code: NumpyCode, of: Program, data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The results of the compiled function by name."""
    values = {symbol.name: value for symbol, value in SIZES.items()}
    loss, found = code.function(*(data[name] for name in of.arguments), *(values[name] for name in code.sizes))
    return {of.loss: loss, **dict(zip(of.gradients, found, strict=True))}


def assert_right(of: Program, below: Mapping[str, int] | None = None) -> NumpyCode:
    """The code gives what the interpreter gives, leaves its arguments alone and shares no memory with them."""
    code, data = emit(of), data_for(of, below=below)
    kept = {name: array.copy() for name, array in data.items()}
    found, wanted = run(code, of, data), interpret(of, SIZES, data)
    assert all(np.array_equal(kept[name], data[name]) for name in data)
    for name, array in found.items():
        tensor = of.gradients.get(name, of.loss)
        value = wanted.get(tensor, data.get(tensor))
        assert np.shape(array) == np.shape(value), f"{name}\n{code.source}"
        np.testing.assert_allclose(array, value, rtol=1e-12, atol=1e-12, err_msg=code.source)
    arrays = [array for array in found.values() if isinstance(array, np.ndarray)]
    for place, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in (*data.values(), *arrays[:place])), code.source
    return code


def lines_of(code: NumpyCode) -> list[str]:
    """The lines of the body of the function in the file, without their common indent."""
    body = code.source[code.source.index("def loss_and_gradients") :].partition('    """\n')[2].partition('    """\n')
    return [line[4:] for line in (body[2] or body[0]).splitlines() if line.strip()]
