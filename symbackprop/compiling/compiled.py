"""A model's loss and gradients as a function of arrays by name, checked at each call.

    f = compile(model)
    loss, gradients = f(x=x, y=y, W1=W1, b1=b1)
    gradients["W1"]

Arrays have the model's own layout, samples in rows or columns as it says. What the model says of data (one-hot, binary)
is checked at each call, and compiled code rests on it only where the caller says `assume_facts=True`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.calls import checked
from symbackprop.compiling.arguments import Argument, Signature, fitted, signature_of
from symbackprop.compiling.checking import CheckReport
from symbackprop.compiling.checking import check as check_gradients
from symbackprop.compiling.equations import Computation, computation_of
from symbackprop.compiling.lowering import lower
from symbackprop.compiling.numpy_code import NumpyCode, emit
from symbackprop.compiling.program import Program
from symbackprop.compiling.sources.listing import Listing
from symbackprop.errors import ArgumentError, DerivationError, UsageError, suggestion
from symbackprop.files import ending_of, write_whole
from symbackprop.model.model import Model
from symbackprop.model.words import bracketed

BACKENDS = ("numpy",)
FORMATS = ("py",)
"""The endings of files that source is written to."""


@dataclass(frozen=True, slots=True, repr=False)
class Compiled:
    """A function from arrays by name to the loss and the gradients by name; see `compile`.

    The arrays given stay as they are, and those returned belong to the caller. `gradients` names the tensors that the
    loss is derived by.
    """

    model: Model
    computation: Computation
    program: Program
    code: NumpyCode
    signature: Signature
    gradients: tuple[str, ...]
    check_facts: bool = field(default=True)

    def __call__(self, given: Mapping[str, Any] | None = None, /, **arrays: Any) -> tuple[float, dict[str, np.ndarray]]:
        """The loss and its gradients; the arrays are given by name, or in one mapping.

        Raises:
            ArgumentError: an argument that is missing, unknown, or does not fit; which, and why.
        """
        fitting = fitted(self.signature, _merged(given, arrays), check_facts=self.check_facts)
        unknown = [name for name in self.code.sizes if name not in fitting.sizes]
        if unknown:
            raise ArgumentError(
                f"no array tells the size {unknown[0]}",
                fix=f"Give it beside the arrays: {unknown[0]}=3.",
                name=unknown[0],
            )
        loss, found = self.code.function(*fitting.arrays, *(fitting.sizes[name] for name in self.code.sizes))
        return float(loss), dict(zip(self.gradients, map(np.asarray, found), strict=True))

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What the function takes, in the order in which `function` takes it."""
        return self.signature.arguments

    @property
    def function(self) -> Callable[..., Any]:
        """The bare function: arrays of doubles by position, then the sizes in `sizes`; nothing is checked.

        It returns the loss, and the gradients in the order of `gradients`.
        """
        return self.code.function

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes that `function` takes after the arrays, because no array tells them."""
        return self.code.sizes

    @property
    def source(self) -> str:
        """The same program as the text of a Python file that needs NumPy alone."""
        return self.code.source

    @property
    def listing(self) -> Listing:
        """The lines of the function by the steps of the derivation that they compute."""
        return self.code.listing

    @checked
    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes `source` to a file that ends in .py, whole or not at all.

        Raises:
            WriteError: another ending, or a file that cannot be written.
        """
        target = Path(path)
        ending_of(target, FORMATS)
        write_whole(target, self.source)

    def check(self, points: int = 3, **given: Any) -> CheckReport:
        """Compares with complex steps of the model's own equations at some points; arrays and sizes given stay so.

        Raises:
            UsageError: no point was found at which the loss has a value.
        """
        return check_gradients(self.model, self.signature, self, self.gradients, points, given)

    def __repr__(self) -> str:
        taken = ", ".join(f"{a.name}{bracketed(a.shape)}" for a in self.arguments)
        sizes = "".join(f", {name}" for name in self.sizes)
        loss = self.computation.loss
        made = ", ".join(f"d{loss}/d{name}" for name in self.gradients)
        return f"<compiled {self.model.name}: ({taken}{sizes}) -> {loss}, {{{made}}}>"


def compile(
    model: Model,
    backend: str = "numpy",
    wrt: Iterable[str] | None = None,
    *,
    assume_facts: bool = False,
    check_facts: bool = True,
    check: bool = False,
) -> Compiled:
    """The model's loss over all samples and its gradients by all parameters, or by the tensors in `wrt`, as a function.

    With `check_facts`, each call checks that data are what the model says (one-hot, binary, ...). The gradients hold
    for any data all the same, unless `assume_facts` lets the code rest on it: p - y for p Σy - y. `check` compares the
    function with complex steps at once.

    Raises:
        UsageError: an unknown backend, or `wrt` that makes no sense.
        UnknownNameError: a name in `wrt` that no tensor has.
        DerivationError: code whose gradients differ from complex steps, where `check` asks.
    """
    if backend not in BACKENDS:
        known = suggestion(backend, BACKENDS) or f"The backends are: {', '.join(BACKENDS)}."
        raise UsageError(f"there is no backend {backend!r}", fix=known, name=str(backend))
    if isinstance(wrt, str):
        raise UsageError(f"wrt is the string {wrt!r}", fix=f"Give names: wrt=[{wrt!r}].", name="wrt")
    computation = computation_of(model, wrt, assume_facts=assume_facts)
    program = lower(computation)
    made = Compiled(
        model=model,
        computation=computation,
        program=program,
        code=emit(program, model.name, {t.name: t.role for t in model.tensors}),
        signature=signature_of(model),
        gradients=tuple(computation.gradients),
        check_facts=check_facts,
    )
    if check:
        report = made.check()
        if not report.ok:
            raise DerivationError(
                f"the compiled gradients of {model.name} are wrong",
                because=str(report),
                fix="This is a defect of symbackprop; please report the model.",
            )
    return made


def _merged(given: Mapping[str, Any] | None, arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    if given is None:
        return arrays
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"arrays are given by name, and the first argument is {type(given).__name__}",
            fix="Write f(x=x, W1=W1), or f({'x': x, 'W1': W1}).",
        )
    twice = [name for name in arrays if name in given]
    if twice:
        raise ArgumentError(f"{twice[0]} is given twice", name=twice[0])
    return {**given, **arrays}
