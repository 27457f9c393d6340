"""Layers beside PyTorch's own modules, in double precision: the loss and all gradients."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from tests.oracles.draws import draw
from tests.oracles.slopes import disagreement

SCRIPT = Path(__file__).with_name("layers.py")
PYTHON = os.environ.get("SYMBACKPROP_PEERS_PYTHON", sys.executable)
SIZES = {"T": 4, "n": 3, "C": 2, "N": 6, "m": 5}

CALLS: dict[str, tuple[str, str]] = {
    "dense": ("T,n", "dense(x, 4)"),
    "bilinear": ("n", "bilinear(x, u, 4)"),
    "rnn": ("T,n", "rnn(x, 4)"),
    "lstm": ("T,n", "lstm(x, 4)"),
    "gru": ("T,n", "gru(x, 4)"),
    "conv1d": ("C,N", "conv1d(x, 4, 3, stride=2, padding=2, dilation=2)"),
    "conv1d by channel": ("3,N", "conv1d(x, 3, 3, groups=3, padding=1)"),
    "conv1d in groups": ("4,N", "conv1d(x, 6, 3, groups=2)"),
    "conv2d": ("2,5,6", "conv2d(x, 4, [3, 2], stride=[2, 1], padding=[1, 0])"),
    "conv_transpose1d": ("C,N", "conv_transpose1d(x, 4, 3, stride=2, padding=1)"),
    "conv_transpose2d": ("2,3,4", "conv_transpose2d(x, 3, [2, 3], stride=2)"),
    "max_pool1d": ("2,8", "max_pool1d(x, 3, 2)"),
    "max_pool2d": ("2,5,4", "max_pool2d(x, 2)"),
    "avg_pool2d": ("2,4,7", "avg_pool2d(x, [2, 3], stride=[1, 2])"),
    "layer_norm": ("T,n", "layer_norm(x)"),
    "rms_norm": ("T,n", "rms_norm(x)"),
    "batch_norm": ("m,C,N", "batch_norm(x)"),
    "group_norm": ("4,N", "group_norm(x, 2)"),
    "embedding": ("T", "embedding(x, 5, 3)"),
    "attention": ("T,4", "attention(x, heads=2)"),
    "causal attention": ("T,4", "attention(x, heads=2, causal=yes)"),
}


def model_of(shape: str, call: str) -> sb.Model:
    mark = " integer" if call.startswith("embedding") else ""
    second = f"input u[{shape}]\n" if call.startswith("bilinear") else ""
    names = [name for name in SIZES if name in f"{shape},{call}".replace("(", ",").replace(")", ",").split(",")]
    sizes = f"size {', '.join(names)}\n" if names else ""
    return sb.parse(f"{sizes}input x[{shape}]{mark}\n{second}h = {call}\nloss L = sum(h^3)\n")


@pytest.mark.peers
@pytest.mark.parametrize("case", CALLS)
def test_layers_agree_with_torch(case: str, tmp_path: Path) -> None:
    """Value and gradients, the inputs' too, to 1e-12 of the largest entry."""
    model = model_of(*CALLS[case])
    sizes = dict(zip(sb.sizes(" ".join(SIZES)), SIZES.values(), strict=True))
    data = draw(model, sizes, 3, {"x": 5})
    np.savez(tmp_path / "data.npz", **data)
    command = [PYTHON, str(SCRIPT), case, str(tmp_path / "data.npz"), str(tmp_path / "gradients.npz")]
    subprocess.run(command, check=True, timeout=300)
    with np.load(tmp_path / "gradients.npz") as file:
        theirs = dict(file)
    wrt = [t.name for t in model.tensors if t.role in ("parameter", "input") and not t.integer]
    loss, gradients = sb.compile(model, wrt=wrt)(data)
    assert loss == pytest.approx(float(theirs["value"]), rel=1e-12)
    for name in wrt:
        assert disagreement(gradients[name], theirs[f"grad_{name}"]) <= 1e-12, name
