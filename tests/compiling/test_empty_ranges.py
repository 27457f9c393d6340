"""Losses with sums over ranges that may be empty, and their gradients, beside plain loops at the smallest sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.compiling.compiled import compile
from symbackprop.notation.reading.model_text import read_model

Loop = Callable[[int, Any, Any], Any]

CASES: dict[str, Loop] = {
    "sum(j = 2..n-1, c)": lambda n, w, c: sum(c for _ in range(2, n)),
    "sum(j = 2..n-1, sum(k = 3..n-1, c))": lambda n, w, c: sum(c for _ in range(2, n) for _ in range(3, n)),
    "sum(j = 2..n-1, c)^2": lambda n, w, c: sum(c for _ in range(2, n)) ** 2,
    "exp(sum(j = 3..n-1, c w[0]))": lambda n, w, c: np.exp(sum(c * w[0] for _ in range(3, n))),
    "sum(j = 2..n-1, log(c))": lambda n, w, c: sum(np.log(c) for _ in range(2, n)),
    "sum(i, w[i]^2 sum(j = 2..n-1, w[i]))": lambda n, w, c: sum(w[i] ** 3 for i in range(n) for _ in range(2, n)),
    "sum(i, sum(j = 0..i-1, w[i] c))": lambda n, w, c: sum(w[i] * c for i in range(n) for _ in range(i)),
    "sum(i, sum(j = 2..i-1, w[i] c))": lambda n, w, c: sum(w[i] * c for i in range(n) for _ in range(2, i)),
    "sum(i, w[i] sum(j = i+2..n-1, c))": lambda n, w, c: sum(w[i] * c for i in range(n) for _ in range(i + 2, n)),
    "sum(j = 2..n-1, w[j] w[j-2] + c)": lambda n, w, c: sum(w[j] * w[j - 2] + c for j in range(2, n)),
}


@pytest.mark.parametrize("loss", CASES)
def test_empty_ranges_count_nothing(loss: str) -> None:
    """The loss and its slopes by complex steps, at sizes where the range is empty and where it is not."""
    compiled = compile(read_model(f"size n\nparameter w[n], c\nloss L = {loss} + w[0] + c"))
    for n in (1, 2, 3, 5):
        random = np.random.default_rng(n)
        w, c = random.normal(size=n), random.uniform(0.5, 1)

        def by_hand(w: Any, c: Any, n: int = n) -> Any:
            return CASES[loss](n, w, c) + w[0] + c

        value, slopes = compiled(w=w, c=c)
        np.testing.assert_allclose(value, by_hand(w, c), rtol=1e-13)
        np.testing.assert_allclose(slopes["c"], np.imag(by_hand(w, c + 1e-30j)) / 1e-30, rtol=1e-13)
        steps = [np.imag(by_hand(w + 1e-30j * np.eye(n)[i], c)) / 1e-30 for i in range(n)]
        np.testing.assert_allclose(slopes["w"], steps, rtol=1e-13)
