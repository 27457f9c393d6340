"""Derivations that tests share: each worker derives a model once, whichever tests ask for it and by whatever way.

A derivation is a frozen record that depends on the model and the choices alone, so one that is made again is the same.
That it is, and byte by byte in another process, `test_invariants.py` sees to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from symbackprop.derivation import sweep
from symbackprop.derivation.derivation import Derivation

KEPT = 64
_derived_anew = sweep._sweep


@lru_cache(maxsize=KEPT)
def _derived(*choices: Any) -> Derivation:
    return _derived_anew(*choices, None)


def _remembered(source: Any, model: Any, wrt: Any, scale: Any, checks: bool, progress: Any) -> Derivation:
    if progress is not None:
        return _derived_anew(source, model, wrt, scale, checks, progress)
    return _derived(source, model, None if wrt is None else tuple(wrt), scale, checks)


def remember_derivations() -> None:
    """Puts it in the place of the sweep, for this process."""
    sweep._sweep = _remembered
