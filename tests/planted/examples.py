"""The models over which errors are planted: those of docs/examples."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import symbackprop as sb

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES = tuple(sorted(path.stem for path in FOLDER.glob("*.model")))


RESIDUAL = """# A node with two consumers, tanh, and a penalty on the weights.
size n
constant c
input x[n]
target y[n]
samples m in columns
parameter W[n,n], V[n,n]
z = W x
h = tanh(z)
u = V h
o = u + h
loss L = half_squared_error(o, y)
cost J = mean(L) + c/2 sum(W^2)
"""


@lru_cache(maxsize=64)
def load(name: str) -> sb.Model:
    """The model of an example, or the one with two paths."""
    return sb.parse(RESIDUAL) if name == "residual" else sb.load(FOLDER / f"{name}.model")
