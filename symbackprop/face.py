"""The verbs of the public face, whose arguments are checked: an unknown one is told with those that exist."""

from __future__ import annotations

from symbackprop.calls import checked
from symbackprop.compiling import compiled
from symbackprop.derivation import by_sample, scalar_derivation, sweep
from symbackprop.derivation import scalars as operations
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Formula, StepKind, of_kind
from symbackprop.errors import UsageError
from symbackprop.evaluation import choosing
from symbackprop.evaluation import seeded as small
from symbackprop.exercises import exercise as exercising
from symbackprop.model import building, network
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading import model_text
from symbackprop.notation.writing.latex import latex_chain
from symbackprop.notation.writing.text import text_chain
from symbackprop.rendering import render as rendering
from symbackprop.rendering.formulas import formulas_of
from symbackprop.training import data, descent
from symbackprop.verifying import verify as verifying
from symbackprop.verifying.functions import judging as functions

build = checked(building.build)
compile = checked(compiled.compile)
contributions = checked(by_sample.contributions)
derive = checked(sweep.derive)
exercise = checked(exercising.exercise)
evaluate = checked(choosing.evaluation_for, "evaluate")
load = checked(model_text.load)
Network = checked(network.Network)
read_data = checked(data.read_data)
render = checked(rendering.render)
scalar_model = checked(operations.scalar_model)
scalars = checked(scalar_derivation.scalar_derivation, "scalars")
seeded = checked(small.seeded)
train = checked(descent.train)
verify = checked(verifying.verify)
verify_function = checked(functions.verify_function)


@checked
def parse(text: str, format: str = "model") -> Model:
    """A model from its text, as it stands in a `.model` file.

    Raises:
        UsageError: a format that is not read.
        NotationError, ModelError: text that is no model.
    """
    if format != "model":
        raise UsageError(f"cannot read models in the format {format!r}", because="The formats are: model.", name=format)
    return model_text.read_model(text)


@checked
def latex(derivation: Derivation, name: str, *, level: str = "matrix", conventions: Conventions | None = None) -> str:
    r"""The gradient by the tensor `name` as LaTeX: `dW^{[1]} = dz^{[1]} x^\top`.

    At the level "index", or where there is no matrix form, entry by entry.
    """
    formulas = formulas_of(derivation, conventions or Conventions(), "tex")
    return latex_chain(_sides(derivation, name, level), formulas.names)


@checked
def text(derivation: Derivation, name: str, *, level: str = "matrix", conventions: Conventions | None = None) -> str:
    """The gradient by the tensor `name` as plain text: `dW1 = dz1 xᵀ`."""
    formulas = formulas_of(derivation, conventions or Conventions(), "tex")
    return text_chain(_sides(derivation, name, level), formulas.names)


def _sides(derivation: Derivation, name: str, level: str) -> list[Formula]:
    step = derivation.step(name)
    matrices = of_kind(step, StepKind.MATRIX)
    chosen = matrices[0] if matrices and level == "matrix" else step
    return [chosen.left, chosen.after]
