r"""symbackprop derives backpropagation symbolically, step by step.

import symbackprop as sb

model = sb.load("two_layer.model")
d = sb.derive(model)
sb.render(d, "two_layer.md")
d.gradient("W1")         # entry by entry, in SymPy
sb.text(d, "W1")         # dW1 = dz1 xᵀ
e = sb.evaluate(d)       # the same in small numbers: e.gradient("W1"), e.loss, e.check
f = sb.compile(model)    # f(x=..., y=..., W1=...) -> (loss, {"W1": array, ...})
r = sb.verify(model, "dz2 = a2 - y")  # a verdict for each line of a hand derivation
"""

from symbackprop import displays as _displays
from symbackprop.compiling.checking import CheckReport
from symbackprop.compiling.compiled import Compiled
from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.derivation.steps import Step, StepKind
from symbackprop.errors import SymbackpropError
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.evaluation.seeded import Values
from symbackprop.exercises.exercise import Exercise
from symbackprop.face import (
    Network,
    build,
    compile,
    contributions,
    derive,
    evaluate,
    exercise,
    latex,
    load,
    parse,
    read_data,
    render,
    scalar_model,
    scalars,
    seeded,
    text,
    train,
    verify,
    verify_function,
)
from symbackprop.model.building import (
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
from symbackprop.model.layers.attention import Attention, Positions, Transformer
from symbackprop.model.layers.convolution import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from symbackprop.model.layers.dense import Bilinear, Dense, Maxout
from symbackprop.model.layers.expansion import layer
from symbackprop.model.layers.lookup import Dropout, Embedding
from symbackprop.model.layers.normalising import BatchNorm, FixedBatchNorm, GroupNorm, LayerNorm, RMSNorm
from symbackprop.model.layers.pooling import AvgPool1d, AvgPool2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d
from symbackprop.model.layers.recurrent import GRU, LSTM, RNN, Concat, Last, Stack
from symbackprop.model.layers.reshaping import Flatten, Reshape
from symbackprop.model.losses import LOSSES, l2_penalty
from symbackprop.model.model import Model
from symbackprop.model.network import Bidirectional, Residual
from symbackprop.model.records import Equation, Samples, Tensor
from symbackprop.model.reductions import log_softmax, logsumexp, max_over, mean, softmax, sum_over
from symbackprop.notation.conventions import Conventions
from symbackprop.training.descent import Trained
from symbackprop.verifying.verdicts import Report, Status, Verdict

__all__ = [
    "GRU",
    "LOSSES",
    "LSTM",
    "RNN",
    "Attention",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm",
    "Bidirectional",
    "Bilinear",
    "BySample",
    "CheckReport",
    "Compiled",
    "Concat",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Conventions",
    "Dense",
    "Derivation",
    "Dropout",
    "Embedding",
    "Equation",
    "Evaluation",
    "Exercise",
    "FixedBatchNorm",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GroupNorm",
    "Last",
    "LayerNorm",
    "MaxPool1d",
    "MaxPool2d",
    "Maxout",
    "Model",
    "Network",
    "Positions",
    "RMSNorm",
    "Report",
    "Reshape",
    "Residual",
    "Samples",
    "ScalarDerivation",
    "Stack",
    "Status",
    "Step",
    "StepKind",
    "SymbackpropError",
    "Tensor",
    "Trained",
    "Transformer",
    "Values",
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
    "evaluate",
    "exercise",
    "gelu",
    "gelu_tanh",
    "indices",
    "input",
    "l2_penalty",
    "latex",
    "layer",
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
    "seeded",
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

_displays.attach()
