r"""symbackprop derives backpropagation symbolically, step by step.

import symbackprop as sb

model = sb.load("two_layer.model")
d = sb.derive(model)
sb.render(d, "two_layer.md")
d.gradient("W1")         # entry by entry, in SymPy
sb.text(d, "W1")         # dW1 = dz1 xᵀ
f = sb.compile(model)    # f(x=..., y=..., W1=...) -> (loss, {"W1": array, ...})
r = sb.verify(model, "dz2 = a2 - y")  # a verdict for each line of a hand derivation
"""

from symbackprop.compiling.checking import CheckReport
from symbackprop.compiling.compiled import Compiled, compile
from symbackprop.derivation.by_sample import BySample, contributions
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.derivation.scalar_derivation import scalar_derivation as scalars
from symbackprop.derivation.scalars import scalar_model
from symbackprop.derivation.steps import Step, StepKind
from symbackprop.derivation.sweep import derive
from symbackprop.errors import SymbackpropError
from symbackprop.face import latex, parse, text
from symbackprop.model.building import (
    build,
    constant,
    equation,
    indices,
    input,
    parameter,
    sizes,
    target,
    tensor,
)
from symbackprop.model.functions import (
    absolute,
    apply,
    custom,
    elu,
    gelu,
    gelu_tanh,
    leaky_relu,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    square,
    tanh,
)
from symbackprop.model.layers import Dense
from symbackprop.model.losses import LOSSES, l2_penalty
from symbackprop.model.model import Model
from symbackprop.model.network import Network
from symbackprop.model.records import Equation, Samples, Tensor
from symbackprop.model.reductions import log_softmax, logsumexp, max_over, mean, softmax, sum_over
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.model_text import load
from symbackprop.rendering.render import render
from symbackprop.training.data import read_data
from symbackprop.training.descent import Trained, train
from symbackprop.verifying.functions import verify_function
from symbackprop.verifying.verdicts import Report, Status, Verdict
from symbackprop.verifying.verify import verify

__all__ = [
    "LOSSES",
    "BySample",
    "CheckReport",
    "Compiled",
    "Conventions",
    "Dense",
    "Derivation",
    "Equation",
    "Model",
    "Network",
    "Report",
    "Samples",
    "ScalarDerivation",
    "Status",
    "Step",
    "StepKind",
    "SymbackpropError",
    "Tensor",
    "Trained",
    "Verdict",
    "absolute",
    "apply",
    "build",
    "compile",
    "constant",
    "contributions",
    "custom",
    "derive",
    "elu",
    "equation",
    "gelu",
    "gelu_tanh",
    "indices",
    "input",
    "l2_penalty",
    "latex",
    "leaky_relu",
    "load",
    "log_softmax",
    "logsumexp",
    "max_over",
    "mean",
    "parameter",
    "parse",
    "read_data",
    "relu",
    "render",
    "scalar_model",
    "scalars",
    "selu",
    "sigmoid",
    "silu",
    "sizes",
    "softmax",
    "softplus",
    "square",
    "sum_over",
    "tanh",
    "target",
    "tensor",
    "text",
    "train",
    "verify",
    "verify_function",
]
