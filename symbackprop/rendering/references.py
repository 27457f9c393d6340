"""The labels of equations, by which another text refers to them: `dW1` for the derivative with respect to W1."""

from __future__ import annotations

import re

from symbackprop.derivation.derivation import Derivation

_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


def references(derivation: Derivation) -> dict[str, dict[str, str]]:
    """The label of each step, by the id of its part of the document ("one" or "all") and its number.

    Those of the part that comes first are `dW1`; where one sample comes first, those over all samples are `all:dW1`.
    """
    single = derivation.one_sample
    whole = _of_steps(derivation, "" if single is None else "all:")
    found = {"all" if derivation.sampled else "one": whole}
    if single is not None:
        found["one"] = _of_steps(single, "")
    return found


def _of_steps(derivation: Derivation, front: str) -> dict[str, str]:
    return {step.number: f"{front}d{safe(step.tensor)}" for step in derivation.steps}


def safe(name: str) -> str:
    """A name as part of a label: of other characters than ASCII letters, digits and `_`, the number in Unicode."""
    return _UNSAFE.sub(lambda sign: f"-u{ord(sign[0]):x}-", name)
