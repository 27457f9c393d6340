"""Pages for tests: the third seed with numbers, layer norm, an LSTM, ten layers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import symbackprop as sb
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.rendering.render import document_text

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
SEED = EXAMPLES / "002_two_layer_sigmoid.model"
NETWORKS = EXAMPLES / "networks"
PAGES = ("seed", "layer_norm", "lstm", "ten_layers")
LAYERS = 10


def ten_layers() -> str:
    """A network of ten layers as a model text."""
    sizes = ["n", *["h"] * (LAYERS - 1), "k"]
    lines = ["size n, h, k", "input x[n]", "target y[k] one_hot", "samples m in columns", "a0 = 1 x"]
    for layer in range(1, LAYERS + 1):
        lines += [
            f"parameter W{layer}[{sizes[layer]},{sizes[layer - 1]}], b{layer}[{sizes[layer]}]",
            f"z{layer} = W{layer} a{layer - 1} + b{layer}",
            f"a{layer} = {'softmax' if layer == LAYERS else 'sigmoid'}(z{layer})",
        ]
    return "\n".join([*lines, f"loss L = cross_entropy(a{LAYERS}, y)", "cost J = mean(L)", ""])


@cache
def derivation(name: str) -> sb.Derivation:
    if name == "ten_layers":
        return sb.derive(sb.parse(ten_layers()))
    return sb.derive(sb.load(SEED if name == "seed" else NETWORKS / f"{name}.model"))


@cache
def evaluation(name: str) -> Evaluation:
    """Small numbers; those of the seed are few enough to be moved."""
    return evaluation_for(derivation(name), seed=1, sizes={"n": 2, "h": 3, "m": 4} if name == "seed" else None)


@cache
def page(name: str) -> str:
    return document_text(derivation(name), "html", evaluation=evaluation(name))
